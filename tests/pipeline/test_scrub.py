"""Personal data are taken out of texts before anything is cut or quoted from them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gem_sim.cli import run
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.pipeline.documents import read_documents
from gem_sim.pipeline.ledger import Ledger
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.scrub import scrub_documents, scrubber
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.simulator import load_environment
from tests.conftest import CASES

needed = pytest.mark.skipif("not __import__('importlib').util.find_spec('phonenumbers')", reason="no extra `scrub`")


@needed
@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Write to Ana.Lopez+x@mail.acme.co.uk.", "Write to person1@example.com."),
        ("[Ask](mailto:bo@acme.org) bo@acme.org or BO@ACME.ORG", "[Ask](mailto:person1@example.com) person1@example.com"
         " or person1@example.com"),
        ("a@acme.org, then b@acme.org", "person1@example.com, then person2@example.com"),
        ("Call 1-800-827-1000 or +44 20 7946 0958 today.", "Call 202-555-0100 or 202-555-0101 today."),
        ("Card 4111 1111 1111 1111.", "Card 0000 0000 0000 0001."),
        ("Pay to DE89 3704 0044 0532 0130 00 now", "Pay to XX00 0000 0000 0001 now"),
        ("Pay to DE89 3704 0044 0532 0130 00 NOW", "Pay to XX00 0000 0000 0001 NOW"),
        ("SSN 536-90-4399.", "SSN 000-00-0001."),
        ("person1@example.com or c@acme.org", "person1@example.com or person2@example.com"),
    ],
)  # fmt: skip
def test_what_is_somebodys_becomes_nobodys(text: str, clean: str) -> None:
    found, counts = scrubber()(text)
    assert found == clean
    assert counts.total() == text.count("@acme") + text.count("@ACME") + text.count("@mail") + text.count(
        "827"
    ) + text.count("+44") + (text.startswith(("Card", "Pay", "SSN")))


@needed
@pytest.mark.parametrize(
    "text",
    [
        "Install version 7.5.1.1 at 151.101.0.144 on 04-18-2014 with 12 cups.",
        "git clone git@github.com:acme/tool.git and npm i left-pad@1.3.0",
        "Write to jane@example.com or root@host.test.",
        "Order 1234 5678 9012 3456 is no card, 999-99-99 no number of anybody.",
        "At most 5 books, 2 to 3 days, room 0651, 8:00am - 4:30pm, 3 1/2 lb, ISO 8601-1:2019.",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert scrubber()(text) == (text, {})


@needed
def test_scrubbing_again_finds_nothing() -> None:
    text = "a@acme.org 1-800-827-1000 4111 1111 1111 1111 DE89370400440532013000 536-90-4399"
    once, counts = scrubber()(text)
    assert set(counts) == {"email", "phone", "card", "iban", "ssn"}
    assert scrubber()(once)[0] == once


@needed
def test_every_copy_of_the_text_in_a_row_is_scrubbed(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "Ask bo@acme.org.", "raw_text": "<p>Ask bo@acme.org.</p>"}) + "\n")
    (document,) = scrub_documents(read_documents([path]))
    assert "acme" not in json.dumps([document.text, document.row])
    assert document.row["scrubbed"] == {"email": 1}


def procedure_with_addresses() -> str:
    """Return a procedure whose rules name an address and a number."""
    text: str = json.loads((CASES / "pipeline" / "texts.jsonl").read_text().splitlines()[0])["text"]
    lines = text.rstrip("\n").split("\n")
    return "\n".join([*lines, "If you need help, call 1-800-827-1000 or email bo@acme.org at most 2 days before.", ""])


@needed
def test_quotes_and_offsets_are_those_of_the_scrubbed_text(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": "a", "text": procedure_with_addresses()}) + "\n")
    synthesize([path], tmp_path / "workspace", Offline(), scrub=True)
    with Ledger(tmp_path / "workspace") as ledger:
        assert "acme" not in ledger.text("a")[0]
    (folder,) = (tmp_path / "workspace" / "environments").iterdir()
    environment: Environment = load_environment(folder)
    assert "person1@example.com" in environment.passage.text
    assert environment.sources
    for source in environment.sources.values():
        assert environment.passage.text[source.start : source.end].split() == source.quote.split()
    everything = "".join(file.read_text() for file in folder.iterdir())
    assert "acme" not in everything
    assert "827-1000" not in everything


@needed
def test_segments_of_a_long_document_have_offsets_into_the_scrubbed_text(tmp_path: Path) -> None:
    text = "".join(f"## Part {n}\n\nWrite to person.{n}@acme.org. " + "Then go on. " * 60 + "\n\n" for n in range(20))
    path, out = tmp_path / "long.txt", tmp_path / "out.jsonl"
    path.write_text(text)
    assert run(["filter", str(path), "--out", str(out), "--scrub"]) == 0
    clean = scrubber()(text)[0]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) > 2
    for row in rows:
        assert row["text"] == clean[row["start"] : row["end"]]
    assert "acme" not in out.read_text()


@needed
def test_a_scrubbed_text_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": "a", "text": procedure_with_addresses()}) + "\n")
    synthesize([path], tmp_path / "workspace", Offline(), last="extract")
    synthesize([path], tmp_path / "workspace", Offline(), last="extract", scrub=True)
    with Ledger(tmp_path / "workspace") as ledger:
        assert "acme" not in ledger.text("a")[0]


def test_without_the_packages_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(InputError, match=r"pip install 'gem-sim\[scrub\]'"):
        scrubber()
