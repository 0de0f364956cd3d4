"""Rows by number: each comes back as a first reading gave it, whatever the file is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gem_sim.errors import FormatError, InputError
from gem_sim.formats import read_records
from gem_sim.formats.paged import PagedRows, files_in

ROWS: list[dict[str, Any]] = [{"id": f"r{n}", "text": "ü\n" * n, "more": {"n": [n, 7]}} for n in range(700)]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def check(files: list[Path], wanted: list[dict[str, Any]]) -> None:
    paged = PagedRows(files)
    scanned = list(paged.scan())
    assert [row for _, row in scanned] == wanted
    assert len(paged) == len(wanted)
    for number in (0, len(wanted) - 1, len(wanted) // 2, 1, 0):
        place, row = paged.row(number)
        assert row == wanted[number]
        assert place == scanned[number][0]
    texts = list(paged.texts())
    assert len(texts) == len(wanted)
    assert all(row["id"] in text for row, text in zip(wanted, texts, strict=True))


def test_json_lines_packed_ones_and_an_array(tmp_path: Path) -> None:
    plain, packed, array = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", tmp_path / "c.json"
    plain.write_bytes(b"\n" + lines(ROWS[:300]) + b"\n\n")
    packed.write_bytes(gzip.compress(lines(ROWS[300:500])))
    array.write_text(json.dumps(ROWS[500:], indent=1))
    check([plain], ROWS[:300])
    check([plain, packed, array], ROWS)
    assert files_in(tmp_path) == [str(plain), str(packed), str(array)]


@pytest.mark.parametrize("group", [50, 10_000])
def test_parquet_in_groups_small_and_large(tmp_path: Path, group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("gem_sim.formats.paged._HELD", 100)
    path = tmp_path / "rows.parquet"
    parquet.write_table(arrow.Table.from_pylist([ROWS[0], {"id": "r1"}, *ROWS[2:]]), path, row_group_size=group)
    check([path], [ROWS[0], {"id": "r1"}, *ROWS[2:]])


def test_a_line_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(ROWS[:2]) + b'{"id": \n' + lines(ROWS[2:3]))
    paged = PagedRows([path])
    found = [row for _, row in paged.scan()]
    assert [row for row in found if not isinstance(row, FormatError)] == ROWS[:3]
    (error,) = [row for row in found if isinstance(row, FormatError)]
    assert (error.file, error.line) == (str(path), 3)
    assert paged.row(2) == ((str(path), 4), ROWS[2])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blank=st.lists(st.booleans(), min_size=3, max_size=3), text=st.text(max_size=20))
def test_blank_lines_and_any_text_do_not_shift_rows(tmp_path: Path, blank: list[bool], text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    rows = [{"id": f"r{n}", "text": text} for n in range(3)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join((b" \n" if gap else b"") + lines([row]) for gap, row in zip(blank, rows, strict=True)))
    check([path], rows)


def test_a_trajectory_without_an_id_has_the_one_that_a_reading_gives(tmp_path: Path) -> None:
    path = tmp_path / "some.name.jsonl"
    path.write_text('\n{"messages": [{"role": "user", "content": "Hi"}]}\n')
    paged = PagedRows([path])
    (place, _), *_ = paged.scan()
    (record,) = read_records(path)
    assert record.trajectory is not None
    assert place.fallback_id == record.trajectory.id


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        files_in(tmp_path / "nothing")
    with pytest.raises(InputError, match="holds no file of rows"):
        files_in(tmp_path)
