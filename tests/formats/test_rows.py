"""Files of JSON objects: what is read of good, broken and hostile ones."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
import tracemalloc
from pathlib import Path

import pytest

from gem_sim.errors import FormatError, InputError
from gem_sim.formats import Row, read_rows


def rows_of(tmp_path: Path, data: bytes | str, name: str = "rows.jsonl", **limits: int) -> list[Row]:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_rows(path, **limits))


def shape(rows: list[Row]) -> list[tuple[int, object]]:
    return [(line, "error" if isinstance(value, FormatError) else value) for line, value in rows]


def error_of(row: Row) -> str:
    assert isinstance(row.value, FormatError)
    text = str(row.value)
    assert "\n" not in text
    assert f":{row.line}: " in text
    assert "; " in text, "no cure"
    return text


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt", "a.gz"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}\n\n  \n{"a": 2}', [(1, {"a": 1}), (4, {"a": 2})]),
        ('{"a": 1}\r\n{"a": 2}\r\n', [(1, {"a": 1}), (2, {"a": 2})]),
        ('[{"a": 1}, {"a": 2}]', [(1, {"a": 1}), (1, {"a": 2})]),
        ('\n[\n  {"a": "],[{"},\n  {"a":\n 2}\n]\n', [(3, {"a": "],[{"}), (4, {"a": 2})]),
        ('{\n  "a": [\n    {"b": 1}\n  ]\n}\n', [(1, {"a": [{"b": 1}]})]),
        ('{"a": [\n{"b": 1}\n]}', [(1, {"a": [{"b": 1}]})]),
        ('{\n"a": 1\n}\n{\n"a": 2\n}\n', [(1, {"a": 1}), (4, {"a": 2})]),
        ('{"a": 1}', [(1, {"a": 1})]),
        ("", []),
        (" \n\n", []),
        ("[]", []),
    ],
)
def test_content_decides_how_a_file_is_read(tmp_path, name, text, expected):
    data = text.encode()
    assert shape(rows_of(tmp_path, data, name)) == expected
    assert shape(rows_of(tmp_path, gzip.compress(data), name)) == expected
    assert shape(rows_of(tmp_path, codecs.BOM_UTF8 + data, name)) == expected


BAD_LINES = [
    ('{"a": ', "not JSON"),
    ('{"a": [', "not JSON"),
    ('{"a": "x', "not JSON"),
    ("nonsense", "not JSON"),
    ('{"a": NaN}', "NaN"),
    ('{"a": -Infinity}', "Infinity"),
    ('{"a": 1e999}', "too large"),
    ('{"a": 1' + "0" * 5000 + "}", "4096 bits"),
    ('{"a": 1' + "0" * 1300 + "}", "4096 bits"),
    ('{"a": 1, "a": 2}', "twice"),
    ('{"a": ' * 70 + "1" + "}" * 70, "nested"),
    ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
    ("[1, 2]", "a list, not a JSON object"),
    ('"text"', "a string"),
    ("null", "null"),
    ('{"a": 1} {"a": 2}', "Extra data"),
]


# A file that starts with a bracket is an array, so that a bad list comes second or third.
@pytest.mark.parametrize(
    ("bad", "reason", "place"),
    [(*bad, place) for bad in BAD_LINES for place in (0, 1, 2) if place or not bad[0].startswith("[")],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_line_costs_that_line_only(tmp_path, bad, reason, place):
    good = ['{"a": 1}', '{"a": 2}', '{"a": 3}']
    lines = [*good[:place], bad, *good[place:]]
    rows = rows_of(tmp_path, "\n".join(lines))
    assert [row.line for row in rows] == [1, 2, 3, 4]
    assert [row.value for row in rows if isinstance(row.value, dict)] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert reason in error_of(rows[place])


def test_two_bad_lines_at_the_start_cost_two(tmp_path):
    for first, second in [('{"a": [', "nonsense"), ('{"a": 1', '{"b": 2'), ('{"a": [', '{"b": [')]:
        rows = rows_of(tmp_path, f'{first}\n{second}\n{{"a": 1}}\n{{"a": 2}}\n')
        assert shape(rows) == [(1, "error"), (2, "error"), (3, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize("item", ['{"a": NaN}', '{"a": 1,, }', "17", '{"a": 1, "a": 2}', "[1, 2]", '"x"'])
def test_a_bad_item_costs_that_item_only(tmp_path, item):
    rows = rows_of(tmp_path, f'[\n{{"a": 1}},\n{item},\n{{"a": 2}}\n]')
    assert shape(rows) == [(2, {"a": 1}), (3, "error"), (4, {"a": 2})]
    error_of(rows[1])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[\n{"a": 1},\n{"a": 2},\n{"a": "lost', 4),
        ('[\n{"a": 1},\n{"a": 2},\n{"a": [\n1,', 4),
        ('[\n{"a": 1},\n{"a": 2},\n', 4),
        ('[\n{"a": 1},\n{"a": 2}', 3),
    ],
)
def test_items_before_a_break_are_salvaged(tmp_path, text, line):
    rows = rows_of(tmp_path, text, "a.json")
    assert shape(rows) == [(2, {"a": 1}), (3, {"a": 2}), (line, "error")]
    error_of(rows[-1])


def test_a_cut_off_object_over_many_lines_is_one_error(tmp_path):
    whole = json.dumps({"messages": [{"role": "user", "content": "x"}] * 3, "n": {"a": [1, 2]}}, indent=2)
    for cut in range(3, len(whole) - 1):
        rows = rows_of(tmp_path, whole[:cut])
        assert shape(rows) == [(1, "error")], whole[:cut]


def test_a_line_over_the_limit_costs_that_line_only(tmp_path):
    text = '{"a": 1}\n{"a": "' + "x" * 500 + '"}\n{"a": 2}\n'
    rows = rows_of(tmp_path, text, max_record_bytes=100)
    assert shape(rows) == [(1, {"a": 1}), (2, "error"), (3, {"a": 2})]
    assert "longer than 100 bytes" in error_of(rows[1])


def test_a_huge_line_is_never_held(tmp_path):
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as stream:
        stream.write(b'{"a": 1}\n{"a": "')
        for _ in range(40):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n{"a": 2}\n')
    tracemalloc.start()
    rows = list(read_rows(path, max_record_bytes=4_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shape(rows) == [(1, {"a": 1}), (2, "error"), (3, {"a": 2})]
    assert peak < 16_000_000


def test_a_gzip_bomb_is_never_held(tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(b'{"a": "')
        for _ in range(40):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n{"a": 2}\n')
    tracemalloc.start()
    rows = list(read_rows(path, max_record_bytes=4_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shape(rows) == [(1, "error"), (2, {"a": 2})]
    assert peak < 16_000_000


def test_a_document_over_the_limit_is_an_error(tmp_path):
    rows = rows_of(tmp_path, json.dumps([{"a": 1}] * 50), max_document_bytes=100)
    assert shape(rows) == [(1, "error")]
    assert "JSON lines" in error_of(rows[0])


def test_invalid_utf8_costs_one_line_and_names_the_byte(tmp_path):
    rows = rows_of(tmp_path, b'{"a": 1}\n{"a": "\xff"}\n{"a": "\xc3\xa9"}\n')
    assert shape(rows) == [(1, {"a": 1}), (2, "error"), (3, {"a": "é"})]
    assert "0xff at byte 8" in error_of(rows[1])
    assert "UTF-8" in error_of(rows[1])


def test_invalid_utf8_in_an_array_spares_what_precedes(tmp_path):
    rows = rows_of(tmp_path, b'[{"a": 1},\n{"a": "\xff"}]')
    assert shape(rows) == [(1, {"a": 1}), (2, "error")]
    assert "0xff at byte 8" in error_of(rows[1])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_a_file_in_utf16_or_utf32_is_unusable(tmp_path, encoding):
    with pytest.raises(InputError, match=r"UTF-.*save it as UTF-8") as caught:
        rows_of(tmp_path, '{"a": 1}\n{"a": 2}\n'.encode(encoding))
    assert not isinstance(caught.value, FormatError)
    assert caught.value.file == str(tmp_path / "rows.jsonl")
    assert caught.value.line == 1


@pytest.mark.parametrize("data", [b"PAR1\x00\x01", b"PK\x03\x04...", b"\x89PNG\r\n\x1a\n\0\0\0", b"BZh91AY"])
def test_a_binary_file_is_unusable(tmp_path, data):
    with pytest.raises(InputError, match="the file is"):
        rows_of(tmp_path, data)


def test_a_missing_file_and_a_folder_are_unusable(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be read") as caught:
            list(read_rows(path))
        assert caught.value.file == str(path)
        assert caught.value.cure


def test_truncated_gzip_yields_the_records_before_the_break(tmp_path):
    text = "".join(
        json.dumps({"a": number, "b": number * 2654435761 % 4294967291}) + "\n" for number in range(5000)
    ).encode()
    packed = gzip.compress(text)
    rows = rows_of(tmp_path, packed[: len(packed) // 2])
    assert 1000 < len(rows) < 4000
    assert [row.value["a"] for row in rows[:-1] if isinstance(row.value, dict)] == list(range(len(rows) - 1))
    assert "gzip" in error_of(rows[-1])


def test_truncated_gzip_of_an_array_yields_the_items_before_the_break(tmp_path):
    packed = gzip.compress(json.dumps([{"a": number * 2654435761 % 4294967291} for number in range(5000)]).encode())
    rows = rows_of(tmp_path, packed[: len(packed) // 2])
    assert len(rows) > 1000
    assert all(isinstance(row.value, dict) for row in rows[:-1])
    assert "gzip" in error_of(rows[-1])


def test_corrupt_gzip_is_unusable(tmp_path):
    packed = bytearray(gzip.compress(b'{"a": 1}\n' * 1000))
    packed[-6] ^= 0xFF
    with pytest.raises(InputError, match="corrupt"):
        rows_of(tmp_path, bytes(packed))
    with pytest.raises(InputError, match="corrupt"):
        rows_of(tmp_path, b"\x1f\x8bnot gzip at all")


def test_gzip_of_several_members_is_one_file(tmp_path):
    packed = gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n') + b"\0" * 10
    assert shape(rows_of(tmp_path, packed)) == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read_and_named(monkeypatch, pack):
    data = pack(b'{"a": 1}\nnonsense\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    rows = list(read_rows("-"))
    assert shape(rows) == [(1, {"a": 1}), (2, "error")]
    assert error_of(rows[1]).startswith("<stdin>:2: ")


def test_lone_surrogates_are_read(tmp_path):
    assert shape(rows_of(tmp_path, '{"\\ud800": "\\udfff"}')) == [(1, {"\ud800": "\udfff"})]
    rows = rows_of(tmp_path, '{"\\ud800": 1, "\\ud800": 2}\n')
    error_of(rows[0]).encode()


def test_lines_are_streamed(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text('{"a": "' + "x" * 1000 + '"}\n' + "broken\n" * 10)
    reading = read_rows(path)
    assert next(reading).line == 1
    reading.close()
