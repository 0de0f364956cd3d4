"""The export: verified pairs only, split by document, counted, and described as they are."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.errors import InputError
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.synthesizer.dataset import SPLITS, split_of, write_dataset
from gem_sim.synthesizer.howtos import howto_pairs, howtos
from gem_sim.synthesizer.judging import judge_text
from gem_sim.synthesizer.recipe import FOLDER, load_recipe, recipe_names
from tests.conftest import CASES


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    synthesize([CASES / "pipeline" / "texts.jsonl"], folder, Offline(), harder=True)
    return folder


def rows_in(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    return [
        (split, json.loads(line)) for split in SPLITS for line in (folder / f"{split}.jsonl").read_text().splitlines()
    ]


def test_every_row_is_a_pair_that_passes(workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["synthesizer", "export", str(workspace), "--out", str(tmp_path), "--trusted", "--rows", "2", "--json"]
    assert run(given) == 0
    done = json.loads(capsys.readouterr().out)
    rows = [row for _, row in rows_in(tmp_path)]
    assert len(rows) == sum(done["rows"].values()) > 10
    assert done["tokens"] == sum(row["tokens"] for row in rows)
    for number, row in enumerate(rows):
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        passage, text = (row["messages"][place]["content"] for place in (1, 2))
        assert judge_text(text, passage, tmp_path / f"try{number}", trusted=True).passed
    assert {row["licence"] for row in rows} == {"MIT"}
    assert any(row["id"].endswith("-harder") for row in rows)
    assert f"| MIT | {len(rows)} |" in (tmp_path / "README.md").read_text()
    described = json.loads((tmp_path / "dataset_info.json").read_text())
    assert described["synthesizer_train"]["file_name"] == "train.jsonl"


def test_what_does_not_pass_is_left_out_and_counted(workspace: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    path = sorted((copy / "environments").glob("*/trajectories.jsonl"))[0]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    next(message for message in rows[0]["messages"] if message["role"] == "tool")["content"] = '{"made": "up"}'
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = ["synthesizer", "export", str(copy), "--out", str(tmp_path / "out"), "--trusted", "--per-text", "1"]
    assert run([*given, "--rows", "2"]) == 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- 1 not verified: replay differs" in card
    assert "beyond the number for each text" in card
    assert rows[0]["id"].partition("/")[2] not in "".join(row["id"] for _, row in rows_in(tmp_path / "out"))


def test_documents_are_split_not_rows(tmp_path: Path) -> None:
    found = list(howto_pairs(howtos(12, seed=31), Counter()))
    # Two names for one passage, and two passages of one document.
    twin = found[0]._replace(document="another", id="another/one")
    same = found[2]._replace(document=found[1].document)
    write_dataset([*found, twin, same], tmp_path, Counter(), valid=0.3, test=0.3)
    placed = rows_in(tmp_path)
    assert len(placed) == 14
    splits: dict[str, set[str]] = {}
    for split, row in placed:
        splits.setdefault(row["document"], set()).add(split)
        splits.setdefault(row["messages"][1]["content"], set()).add(split)
    assert all(len(found_in) == 1 for found_in in splits.values())
    assert splits[twin.document] == splits[found[0].document]
    assert splits[found[1].document] == splits[found[2].pair.passage]
    assert {split for split, _ in placed} == set(SPLITS)


def test_a_document_stays_in_its_split_whatever_else_there_is() -> None:
    keys = [f"document {number}" for number in range(2000)]
    placed = Counter(split_of(key, 0.1, 0.05) for key in keys)
    assert 160 < placed["valid"] < 240 and 70 < placed["test"] < 130
    assert all(split_of(key, 0.0, 0.0) == "train" for key in keys[:50])


def test_what_is_too_long_is_left_out_and_nothing_to_export_is_said_so(tmp_path: Path) -> None:
    assert run(["synthesizer", "export", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    found = list(howto_pairs(howtos(4, seed=31), Counter()))
    write_dataset(found, tmp_path, Counter(), valid=0.0, test=0.0)
    lengths = sorted(row["tokens"] for _, row in rows_in(tmp_path))
    done = write_dataset(found, tmp_path, Counter(), valid=0.0, test=0.0, most_tokens=lengths[-1] - 1)
    assert (done.rows["train"], done.dropped) == (3, {f"longer than {lengths[-1] - 1} tokens": 1})
    assert f"- 1 longer than {lengths[-1] - 1} tokens" in (tmp_path / "README.md").read_text()
    with pytest.raises(InputError, match="longer than 10 tokens"):
        write_dataset(found, tmp_path, Counter(), most_tokens=10)


def test_the_recipes_are_there_and_the_paper_s_is_the_paper_s() -> None:
    assert recipe_names() == ["qwen3-8b-full", "qwen3-8b-lora", "tiny"]
    recipe = load_recipe("qwen3-8b-full")
    assert (recipe.learning_rate, recipe.epochs, recipe.warmup, recipe.weight_decay) == (5e-6, 2, 0.1, 0.05)
    assert (recipe.most_tokens, recipe.batch, recipe.schedule, recipe.adapter) == (32_768, 64, "cosine", None)
    factory = (FOLDER / "llama-factory-qwen3-8b.yaml").read_text()
    for line in ("learning_rate: 5.0e-6", "num_train_epochs: 2.0", "warmup_ratio: 0.1", "weight_decay: 0.05",
                 "cutoff_len: 32768", "lr_scheduler_type: cosine", "finetuning_type: full"):  # fmt: skip
        assert f"\n{line}\n" in factory
    assert recipe.accumulation(8) == 8
    with pytest.raises(InputError, match="cannot be divided among 7 devices"):
        recipe.accumulation(7)
    for name in recipe_names():
        launch = load_recipe(name).launch
        assert not launch or (FOLDER / launch).is_file()


def test_a_recipe_with_a_wrong_line_is_refused_by_name(tmp_path: Path) -> None:
    text = (FOLDER / "tiny.toml").read_text()
    (tmp_path / "odd.toml").write_text(text.replace("epochs = 4", "epoch = 4"))
    with pytest.raises(InputError, match=r"odd.toml: epochs: Field required; mend the recipe"):
        load_recipe(str(tmp_path / "odd.toml"))
    with pytest.raises(InputError, match="there is no recipe 'huge'"):
        load_recipe("huge")
