"""Shards: together they are the input, whatever its kind; Parquet in and out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.cli import run
from gem_sim.errors import FormatError, InputError
from gem_sim.formats import read_records, read_rows
from gem_sim.formats.shards import files_of, plan, rows_of
from tests.conftest import ROOT

SHOP = ROOT / "environments" / "frame_shop"


def same(path: Path, size: int, spool: Path) -> int:
    """Assert that the shards of a file have its rows under its lines; return how many shards there are."""
    shards = list(plan([str(path)], size, spool))
    found = [(line, str(value)) for shard in shards for line, value in rows_of(shard)]
    assert found == [(line, str(value)) for line, value in read_rows(path)]
    assert [shard.number for shard in shards] == list(range(len(shards)))
    return len(shards)


@given(
    st.lists(st.sampled_from(['{"a": 1}', "", '{"b": "\\u00e9\\n"}', "{broken", "  ", '{"c": [1, {"d": 2}]}', "7"])),
    st.integers(min_value=1, max_value=5),
    st.booleans(),
)
def test_lines_cut_anywhere_are_the_lines_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], size: int, ended: bool
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    path = folder / "t.jsonl"
    path.write_text("\n".join(lines) + ("\n" if ended and lines else ""))
    same(path, size, folder)


def test_what_cannot_be_cut_is_written_out_with_its_lines(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "é\u2028\ud83d"} for n in range(7)]
    packed, array, pretty = tmp_path / "a.jsonl.gz", tmp_path / "b.json", tmp_path / "c.json"
    packed.write_bytes(gzip.compress("".join(json.dumps(row) + "\n{bad\n" for row in rows).encode()))
    array.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    pretty.write_text(json.dumps(rows[0], indent=2))
    assert same(packed, 3, tmp_path) == 5
    assert same(array, 3, tmp_path) == 3
    assert same(pretty, 3, tmp_path) == 1


def test_digests_tell_contents_apart_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"n": {n}}}\n' for n in range(9)))
    first = [shard.digest for shard in plan([str(path)], 3, tmp_path)]
    path.write_text(path.read_text().replace('"n": 4', '"n": 5') + '{"n": 9}\n')
    second = [shard.digest for shard in plan([str(path)], 3, tmp_path)]
    assert [one == other for one, other in zip(first, second, strict=False)] == [True, False, True]
    assert len(second) == 4


def test_a_folder_is_its_data_files_by_name(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.parquet", "_manifest.json", ".c.jsonl", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [Path(file).name for file in files_of([str(tmp_path), "-"])] == ["a.parquet", "b.jsonl", "-"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no data file"):
        files_of([str(tmp_path / "empty")])


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(plan([str(tmp_path / "none.jsonl")], 3, tmp_path))


def test_trajectories_in_parquet_are_read_as_they_were_written(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [row.value for row in read_rows(SHOP / "trajectories.jsonl")]
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=2)
    wanted = [record.trajectory for record in read_records(SHOP / "trajectories.jsonl")]
    assert [record.trajectory for record in read_records(path)] == wanted
    assert same(path, 2, tmp_path) == 3
    assert run(["verify", str(path), "--env", "frame_shop"]) == 0


def test_what_has_no_form_in_json_costs_its_row(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": ["a", "b"], "blob": [b"x", None]}), tmp_path / "t.parquet")
    first, second = [row.value for row in read_rows(tmp_path / "t.parquet")]
    assert isinstance(first, FormatError) and "t.parquet:1" in str(first)
    assert second == {"id": "b"}


def test_verdicts_in_parquet_are_those_in_json_lines(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    command = ["verify", str(SHOP / "known_bad.jsonl"), "--env", "frame_shop", "--shard-rows", "3", "--out"]
    assert run([*command, str(tmp_path / "v.parquet")]) == 1
    assert run([*command, str(tmp_path / "v.jsonl")]) == 1
    parts = sorted((tmp_path / "v.parquet").glob("part-*.parquet"))
    assert len(parts) == 3
    rows = [row for part in parts for row in parquet.read_table(part).to_pylist()]
    wanted = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    found = [{**row, "findings": json.loads(row["findings"])} for row in rows]
    assert [{key: row[key] for key in wanted[0]} for row in found] == wanted
    assert all(set(row["codes"].split()) == {f["code"] for f in row["findings"]} for row in found)
