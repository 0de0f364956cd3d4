"""Records of files in, trajectories to files out."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from pathlib import Path

import pytest

from gem_sim.errors import FormatError, InputError
from gem_sim.formats import FORMATS, atomic_text, read_records, read_trajectories, write_trajectories
from gem_sim.message import Message
from gem_sim.trajectory import Trajectory

CASES = Path(__file__).resolve().parent.parent / "cases" / "formats"
ROW = {"messages": [{"role": "user", "content": "hi"}]}


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def greeting(identity: str = "t", content: str = "hé") -> Trajectory:
    return Trajectory(id=identity, messages=(Message(role="user", content=content),))


def test_each_row_is_recognised_by_its_content(tmp_path):
    path = tmp_path / "mixed.jsonl"
    names = ["gem", "hermes", "sharegpt"]
    lines = [(CASES / f"{name}.jsonl").read_text().splitlines()[0] for name in names]
    path.write_text("\n".join([*lines, json.dumps(ROW)]))
    records = list(read_records(path))
    assert [record.error for record in records] == [None] * 4
    found = [next(known.name for known in FORMATS if known.recognise(record.row)) for record in records]
    assert found == [*names, "openai"]


@pytest.mark.parametrize("identity", [{}, {"id": None}, {"id": ""}])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".json", ""])
def test_a_missing_id_names_file_and_line(tmp_path, identity, suffix):
    path = tmp_path / f"talk.v2{suffix}" if suffix else tmp_path / "talk"
    path.write_text("\n" + json.dumps(ROW | identity))
    (record,) = read_records(path)
    assert record.trajectory is not None
    assert record.trajectory.id == ("talk.v2:2" if suffix else "talk:2")


def test_a_bad_record_costs_itself_and_names_its_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([json.dumps(ROW | {"id": "x"}), '{"n": 1}', "{", json.dumps(ROW | {"id": "x"})]))
    records = list(read_records(path))
    assert [record.line for record in records] == [1, 2, 3, 4]
    assert [record.trajectory and record.trajectory.id for record in records] == ["x", None, None, "x"]
    assert [record.row is None for record in records] == [False, False, True, False]
    for record in records[1:3]:
        assert str(record.error).startswith(f"{path}:{record.line}: ")
    with pytest.raises(FormatError) as caught:
        list(read_trajectories(path))
    assert (caught.value.file, caught.value.line) == (str(path), 2)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.jsonl.gz", "a.json.gz", "a"])
@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_written_is_read(tmp_path, name, known, count):
    path = tmp_path / name
    written = [greeting(f"t{number}", "é\ud800\u2028\n") for number in range(count)]
    assert write_trajectories(path, written, format=known.name) == count
    assert list(read_trajectories(path)) == written
    first = path.read_bytes()
    write_trajectories(path, iter(written), format=known.name)
    assert path.read_bytes() == first
    assert names_in(tmp_path) == [name]
    text = (gzip.decompress(first) if name.endswith(".gz") else first).decode()
    if ".json" in name.removesuffix(".gz") and ".jsonl" not in name:
        assert len(json.loads(text)) == count
    else:
        assert text.count("\n") == count
    assert count == 0 or ("é" in text and "\\ud800" in text)


def test_an_exception_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    def failing():
        yield greeting()
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_trajectories(path, failing())
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.jsonl"]


def test_a_file_can_be_rewritten_while_it_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    write_trajectories(path, [greeting("a"), greeting("b")])
    assert write_trajectories(path, read_trajectories(path), format="hermes") == 2
    assert [trajectory.id for trajectory in read_trajectories(path)] == ["a", "b"]


def test_a_written_file_has_ordinary_rights_and_keeps_links(tmp_path):
    target = tmp_path / "target.jsonl"
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)
    write_trajectories(link, [greeting()])
    assert link.is_symlink()
    plain = tmp_path / "plain"
    plain.touch()
    assert target.stat().st_mode == plain.stat().st_mode


def test_a_device_is_written_directly():
    assert write_trajectories(os.devnull, [greeting()]) == 1
    assert not Path(os.devnull).is_file()


def test_what_cannot_be_written_says_so(tmp_path):
    for path in (tmp_path / "none" / "a.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be written") as caught:
            write_trajectories(path, [greeting()])
        assert caught.value.file == str(path)
    with pytest.raises(InputError, match="unknown format 'xml'; use one of gem, hermes, sharegpt, openai"):
        write_trajectories(tmp_path / "a", [], format="xml")
    assert names_in(tmp_path) == []


def test_standard_output_takes_bytes_in_utf8(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert write_trajectories("-", [greeting()]) == 1
    sys.stdout.write("more")
    sys.stdout.flush()
    assert '"hé"' in raw.getvalue().decode()
    assert raw.getvalue().endswith(b"more")


def test_atomic_text_appears_only_when_done(tmp_path):
    path = tmp_path / "report.html"
    with atomic_text(path) as stream:
        stream.write("half\r\n")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half\r\n"
