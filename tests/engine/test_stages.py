"""Filter, refine, induce and the pipeline's stages: an engine gives what this process gives, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gem_sim.cli import run
from gem_sim.pipeline.ledger import Ledger
from tests.conftest import CASES, ROOT
from tests.pipeline.test_offline import files

TEXTS = CASES / "pipeline" / "texts.jsonl"
SHOP = ROOT / "environments" / "frame_shop"


def both(arguments: list[str], tmp_path: Path, name: str) -> tuple[Path, Path]:
    """Run a command in this process and in a pool; return what each wrote."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "pooled").mkdir()
    alone, pooled = tmp_path / "alone" / name, tmp_path / "pooled" / name
    assert run([*arguments, "--out", str(alone)]) in (0, 3)
    assert run([*arguments, "--out", str(pooled), "--workers", "2"]) in (0, 3)
    return alone, pooled


def test_the_filter_drops_the_same_texts_and_names_the_same_twins(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    given = [{**row, "id": f"{row['id']}-{n}"} for n in range(20) for row in rows]
    source = tmp_path / "texts"
    source.mkdir()
    (source / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given))
    (source / "b.md").write_text(str(rows[0]["text"]) * 3)
    alone, pooled = both(["filter", str(source)], tmp_path, "out.jsonl")
    assert pooled.read_bytes() == alone.read_bytes()
    judged = [json.loads(line) for line in alone.read_text().splitlines()]
    assert sum(row["keep"] for row in judged) <= len(rows) + 1
    assert any("nearly the same as" in row.get("reason", "") for row in judged)


def test_the_filter_writes_shards_that_join_to_the_whole_and_are_resumed(tmp_path: Path) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole.jsonl"
    run(["filter", str(TEXTS), "--out", str(whole)])
    for _ in range(2):
        assert run(["filter", str(TEXTS), "--out", str(out), "--shard-rows", "3"]) == 0
        parts = sorted(out.glob("part-*.jsonl"))
        assert len(parts) == 2
        assert b"".join(part.read_bytes() for part in parts) == whole.read_bytes()


def test_refined_trajectories_are_the_same(tmp_path: Path) -> None:
    alone, pooled = both(["refine", str(SHOP / "trajectories.jsonl"), "--env", "frame_shop"], tmp_path, "harder.jsonl")
    assert pooled.read_bytes() == alone.read_bytes()
    assert len(alone.read_text().splitlines()) == 5


def test_an_induced_environment_is_the_same(tmp_path: Path) -> None:
    alone, pooled = both(["induce", str(SHOP / "trajectories.jsonl")], tmp_path, "shop")
    assert {path.name: path.read_bytes() for path in alone.iterdir()} == {
        path.name: path.read_bytes() for path in pooled.iterdir()
    }


def test_a_workspace_is_the_same_and_nothing_is_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone, pooled = both(["synthesize", str(TEXTS), "--no-refine"], tmp_path, "workspace")
    assert files(pooled) == files(alone)
    assert any(name.endswith("trajectories.jsonl") for name in files(alone))
    told = []
    for folder in (alone, pooled):
        with Ledger(folder) as ledger:
            told.append((list(ledger.outcomes()), [total.attempts for total in ledger.totals()]))
    assert told[0] == told[1]
    capsys.readouterr()
    assert run(["synthesize", str(TEXTS), "--out", str(pooled), "--workers", "2", "--no-refine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["worked"] == 0


def test_a_workspace_goes_on_in_a_pool_where_it_ended(tmp_path: Path) -> None:
    whole, broken, text = tmp_path / "whole", tmp_path / "broken", tmp_path / "one.jsonl"
    text.write_text(TEXTS.read_text().splitlines(keepends=True)[0])
    assert run(["synthesize", str(text), "--out", str(whole)]) == 0
    assert run(["extract", str(text), "--out", str(broken)]) == 0
    assert run(["validate", str(broken), "--workers", "2"]) == 0
    assert any(b"-harder" in data for data in files(broken).values())
    assert files(broken) == files(whole)


def test_a_model_is_not_asked_from_several_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["synthesize", str(TEXTS), "--out", str(tmp_path / "w"), "--model", "any", "--workers", "2"]
    assert run([*command, "--base-url", "http://127.0.0.1:9/v1"]) == 2
    assert "raise --concurrency" in capsys.readouterr().err
