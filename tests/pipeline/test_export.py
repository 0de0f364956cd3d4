"""Exports come back as they were written, and say what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gem_sim
from gem_sim.cli import run
from gem_sim.errors import InputError
from gem_sim.pipeline.export import FORMAT_NAMES, export
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from tests.conftest import CASES


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    synthesize([CASES / "pipeline" / "texts.jsonl"], folder, Offline())
    return folder


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_row_is_read_back(name: str, workspace: Path, tmp_path: Path) -> None:
    if name == "verl":
        pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    exported = export(workspace, tmp_path, format=name)
    originals = [
        trajectory
        for path in sorted((workspace / "environments").glob("*/trajectories.jsonl"))
        for trajectory in gem_sim.read_trajectories(path)
    ]
    found = list(gem_sim.read_trajectories(tmp_path / "train.jsonl"))
    assert exported.rows == len(found) == len(originals)
    for one, other in zip(found, originals, strict=True):
        assert [call.call.arguments for call in one.calls()] == [call.call.arguments for call in other.calls()]
        assert [tool.name for tool in one.tools] == [tool.name for tool in other.tools]


def test_rows_have_one_shape_and_tools_without_bodies(workspace: Path, tmp_path: Path) -> None:
    export(workspace, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert len({tuple(sorted(row)) for row in rows}) == 1
    for row in rows:
        assert row["licence"] == "MIT"
        specs = [tool["function"] for tool in json.loads(row["tools"])]
        assert all(set(spec) == {"name", "description", "parameters"} for spec in specs)


def test_the_card_counts_what_is_there(workspace: Path, tmp_path: Path) -> None:
    exported = export(workspace, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert f"{exported.rows} trajectories in 3 environments" in text
    assert f"| MIT | {exported.rows} |" in text


def test_what_does_not_pass_any_more_is_left_out_and_named(workspace: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    path = next((copy / "environments").glob("*/trajectories.jsonl"))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    answer = next(message for message in rows[0]["messages"] if message["role"] == "tool")
    answer["content"] = '{"made up": true}'
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    exported = export(copy, tmp_path / "out")
    assert list(exported.rejected) == [rows[0]["id"]]
    assert rows[0]["id"] not in (tmp_path / "out" / "train.jsonl").read_text()
    assert run(["export", str(copy), "--out", str(tmp_path / "out")]) == 1


def test_an_empty_workspace_and_an_unknown_format_are_refused(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no trajectory that passes"):
        export(tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="use one of openai"):
        export(workspace, tmp_path / "out", format="xml")


def test_parquet_has_the_same_rows(workspace: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    exported = export(workspace, tmp_path, parquet=True)
    assert parquet.read_table(tmp_path / "train.parquet").num_rows == exported.rows
