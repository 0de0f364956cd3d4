"""Web archives are read as streams of documents."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.errors import InputError
from gem_sim.pipeline.documents import Document, read_documents

needed = pytest.mark.skipif("not __import__('importlib').util.find_spec('warcio')", reason="no extra `warc`")

PAGE = "<html><head><title>t</title></head><body><nav>menu</nav><ol><li>Open the door.</li></ol></body></html>"


def archive(path: Path, *records: tuple[str, str, str, str, bytes], packed: bool = True) -> Path:
    """Write an archive of records: kind, address, status, content type, body."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        for kind, url, status, content_type, body in records:
            headers = StatusAndHeaders(status, [("Content-Type", content_type)], protocol="HTTP/1.1")
            http: Any = {"http_headers": headers} if kind in ("response", "request") else {}
            extra: Any = {} if http else {"warc_content_type": content_type}
            writer.write_record(writer.create_warc_record(url, kind, payload=io.BytesIO(body), **http, **extra))
    return path


def documents(path: Path) -> list[Document]:
    return list(read_documents([path]))


@needed
@pytest.mark.parametrize(("name", "packed"), [("a.warc.gz", True), ("a.warc", False), ("a.warc.wet.gz", True)])
def test_pages_and_texts_become_documents(name: str, packed: bool, tmp_path: Path) -> None:
    path = archive(
        tmp_path / name,
        ("response", "https://a.org/1", "200 OK", "text/html; charset=utf-8", PAGE.encode()),
        ("conversion", "https://a.org/2", "", "text/plain", "Close the ä door.".encode()),
        packed=packed,
    )
    first, second = documents(path)
    assert first.text.strip() == "1. Open the door."
    assert second.text == "Close the ä door."
    assert first.row["url"] == "https://a.org/1"
    assert (first.line, second.line) == (1, 2)
    assert first.id != second.id


@needed
def test_what_is_no_page_is_passed_over(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.warc.gz",
        ("request", "https://a.org/1", "GET / HTTP/1.1", "text/html", b""),
        ("response", "https://a.org/1", "404 Not Found", "text/html", PAGE.encode()),
        ("response", "https://a.org/2", "200 OK", "image/png", b"\x89PNG"),
        ("response", "https://a.org/3", "200 OK", "application/json", b"{}"),
        ("response", "https://a.org/4", "200 OK", "text/plain", b"Here."),
    )
    (only,) = documents(path)
    assert only.row["url"] == "https://a.org/4"
    assert only.id.endswith(":5")


@needed
@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("text/html; charset=iso-8859-1", "<p>Café</p>".encode("iso-8859-1")),
        ("text/html", '<meta charset="windows-1252"><p>Café</p>'.encode("windows-1252")),
        ("text/html", "<p>Café</p>".encode()),
        ("text/html; charset=klingon", "<p>Café</p>".encode()),
    ],
)
def test_the_charset_is_the_declared_one(declared: str, body: bytes, tmp_path: Path) -> None:
    (page,) = documents(archive(tmp_path / "a.warc.gz", ("response", "https://a.org", "200 OK", declared, body)))
    assert "Café" in page.text


@needed
def test_it_is_a_stream(tmp_path: Path) -> None:
    page = ("response", "https://a.org", "200 OK", "text/plain", b"Here.")
    path = archive(tmp_path / "a.warc", page, page, packed=False)
    path.write_bytes(path.read_bytes() + b"rubbish that is no record\r\n" * 50)
    stream = read_documents([path])
    assert [next(stream).text, next(stream).text] == ["Here.", "Here."]
    with pytest.raises(InputError, match=r"a.warc: the archive is broken after record 2"):
        next(stream)


@needed
def test_an_archive_that_breaks_off_is_said_to(tmp_path: Path) -> None:
    body = bytes(range(256)) * 400
    path = archive(tmp_path / "a.warc.gz", ("response", "https://a.org", "200 OK", "text/plain", body))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match="is broken"):
        documents(path)


@needed
def test_a_folder_of_archives_goes_through_filter_and_synthesize(tmp_path: Path) -> None:
    from tests.conftest import CASES

    rows = [json.loads(line) for line in (CASES / "pipeline" / "texts.jsonl").read_text().splitlines()]
    folder = tmp_path / "crawl"
    folder.mkdir()
    for row in rows[:2]:
        page = ("response", f"https://a.org/{row['id']}", "200 OK", "text/plain; charset=utf-8", row["text"].encode())
        archive(folder / f"{row['id']}.warc.gz", page)
    assert run(["filter", str(folder), "--out", str(tmp_path / "out.jsonl")]) == 0
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert sorted(row["url"] for row in found if row["keep"]) == sorted(
        f"https://a.org/{row['id']}" for row in rows[:2]
    )
    assert run(["extract", str(folder), "--out", str(tmp_path / "workspace")]) == 0


def test_without_the_package_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "warcio.archiveiterator", None)
    (tmp_path / "a.warc").write_bytes(b"")
    with pytest.raises(InputError, match=r"pip install 'gem-sim\[warc\]'"):
        documents(tmp_path / "a.warc")
