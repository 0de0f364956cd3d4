"""The report: everything that was found is in it, whatever a trajectory holds is harmless in it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gem_sim import Trajectory, replay, verify
from gem_sim.canonical import Json
from gem_sim.engine import judge
from gem_sim.engine.sight import sight
from gem_sim.errors import InputError
from gem_sim.formats import Record, read_records
from gem_sim.report import html, packed, sheet
from gem_sim.report.html import open_report, write_report
from gem_sim.report.values import visible
from gem_sim.verdict import Finding, Verdict
from gem_sim.verifier import CODES
from tests.conftest import CASES, ROOT, conversation, environment

Item = tuple[Verdict, dict[str, Json] | None]

HOSTILE = (
    "</script></pre><script>alert(1)</script><img src=x onerror='alert(2)'>\"'`{{ 7 * 7 }}<!-- ]]> &amp; \u202e \x1b[2J"
)
TAGS = """html head meta title style body header main footer section div p h1 h2 h3 h4 h5 b i q a ol ul li span code pre
mark small table thead tbody tr th td button input output noscript details summary script nav kbd""".split()  # noqa: SIM905
ATTRIBUTES = """lang charset http-equiv content name class id style title type data-verdict data-code data-family
data-page data-over open hidden disabled href role scope tabindex placeholder""".split()  # noqa: SIM905


def without_drawings(text: str) -> str:
    """Return a page without its drawings, which have tests of their own."""
    kept, depth = [], 0
    for part in re.split(r"(<svg\b[^>]*>|</svg>)", text):
        depth += part.startswith("<svg")
        if not depth:
            kept.append(part)
        depth -= part == "</svg>"
    return "".join(kept)


def unpacked(text: str) -> dict[str, list[Any]]:
    """Return what a page has packed, by id of the piece."""
    pieces = re.findall(r'<script type="application/gzip" id="([\w-]+)">(.*?)</script>', text)
    return {name: json.loads(gzip.decompress(base64.b64decode(piece))) for name, piece in pieces}


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the lines of a page's list, each with what opens below it as `body`, None where nothing does."""
    pieces = unpacked(text)
    lines = [line for name, piece in pieces.items() if name.startswith("index-") for line in piece]
    return [{**line, "body": pieces[line["b"][0]][line["b"][1]] if line["b"] else None} for line in lines]


class Page(HTMLParser):
    """What a browser makes of a page: tags, attributes, the scripts that run, text by element id.

    What is packed is opened, as if somebody had opened each trajectory.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.open: list[tuple[str, dict[str, str]]] = []
        self.feed(without_drawings(text))
        self.close()
        for name, piece in unpacked(text).items():
            for part in piece:
                inner = Page(part["h"] if name.startswith("index-") else part)
                self.tags |= inner.tags
                self.scripts += inner.scripts
                if not name.startswith("index-"):
                    self.attributes += inner.attributes
                    self.words += inner.words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.words.append(" " if tag in ("td", "th") else "")
        if tag not in ("meta", "input"):
            self.open.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        # Cells and rows of a table may end without a tag.
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag == "script":
            if attributes.get("type") != "application/gzip":
                self.scripts.append(data)
        elif tag != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def item(trajectory: Trajectory, name: str = "desk") -> Item:
    replayed = replay(trajectory, environment(name))
    verdict = verify(replayed)
    return verdict, sight(replayed, verdict)


def page(tmp_path: Path, *items: Item, name: str = "desk") -> Page:
    path = tmp_path / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "AT_ONCE", 0)
        write_report(path, environment(name), items)
    return Page(path.read_text())


def good(number: int = 1) -> Trajectory:
    call = ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}]
    return conversation(["user", "Look Ada up."], call, ["assistant", "She is."], id=f"good-{number}")


def bad(number: int = 1, age: int = 35) -> Trajectory:
    call = ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": age}]
    return conversation(["user", "Look Ada up."], call, ["assistant", "She is."], id=f"bad-{number}")


def judged(case: dict[str, Any], tmp_path: Path) -> tuple[Item, str]:
    name = case.get("environment", "desk")
    if "line" in case:
        path = tmp_path / "case.jsonl"
        path.write_text(case["line"] + "\n")
        record = next(iter(read_records(path)))
    else:
        row = {key: value for key, value in case.items() if key not in ("messages", "environment")}
        record = Record("case.jsonl", 1, {}, conversation(*case["messages"], **row), None)
    result = judge(record, environment(name), with_trace=True)
    return (result.verdict, result.trace), name


def flat(text: str) -> str:
    return " ".join(visible(text).split())


# No default check raises the first; the others come of checks of an environment's own, not run where it is not trusted.
UNSHOWN = ("format.parallel_calls", "replay.check_crashed", "replay.worker_lost")


@pytest.mark.parametrize("code", [code for code in CODES if code not in UNSHOWN])
def test_every_finding_is_shown_with_its_meaning_and_leads_to_its_call(code: str, tmp_path: Path) -> None:
    (verdict, traced), name = judged(json.loads((CASES / "findings" / f"{code}.json").read_text())["bad"], tmp_path)
    shown = page(tmp_path, (verdict, traced), name=name)
    assert verdict.findings
    assert flat(CODES[code]) in shown.text
    for finding in verdict.findings:
        assert f"{finding.code} " in shown.text
        assert flat(finding.message) in shown.text
        if finding.call is not None and traced is not None:
            assert f"#t1-c{finding.call}" in shown.values("href")
            assert f"t1-c{finding.call}" in shown.values("id")


def test_evidence_is_shown_where_no_call_shows_it(tmp_path: Path) -> None:
    evidence: dict[str, Json] = {"file": "x.jsonl", "line": 3, "cure": "mend it"}
    finding = Finding(code="format.unreadable", message="x.jsonl:3: no JSON", evidence=evidence)
    shown = page(tmp_path, (Verdict(id="x:3", verdict="fail", calls=0, state_digest=None, findings=(finding,)), None))
    assert "x:3" in shown.text
    assert "x.jsonl:3: no JSON" in shown.text
    assert '"cure": "mend it"' in shown.text


def test_the_summary_counts_verdicts_and_trajectories_by_finding(tmp_path: Path) -> None:
    broken = Verdict(id="b", verdict="undecided", calls=0, state_digest=None, findings=())
    shown = page(tmp_path, item(good()), item(bad(1)), item(bad(2)), item(good(2)), item(bad(3)), (broken, None))
    assert "6 trajectories, 5 calls replayed in desk" in shown.text
    for words in ("3 fail 50.0%", "1 undecided 16.7%", "2 pass 33.3%", "result.mismatch 3 The recorded answer"):
        assert words in shown.text
    assert shown.values("data-verdict") == ["fail", "undecided", "pass"]
    assert shown.values("data-code") == ["result.mismatch"]


def test_both_answers_stand_side_by_side_and_the_difference_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, environment("desk"), [item(bad())])
    text = path.read_text()
    assert "First divergence: the recorded and the executed answer part here." in text
    assert "<mark>&#34;age&#34;: 35</mark>" in text
    assert "<mark>&#34;age&#34;: 36</mark>" in text
    assert "<mark>&#34;member_id&#34;" not in text
    assert "$.age 35 36" in Page(text).text


def test_state_changes_are_shown_with_table_key_before_and_after(tmp_path: Path) -> None:
    lent = conversation(
        ["user", "Lend Ada a book, and take it back."],
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}],
        ["call", "lend_book", {"member_id": "M1", "book_id": "B1"}, {"loan_id": "L9", "since": "2026-03-02T09:00:00Z"}],
        ["call", "return_book", {"loan_id": "L9"}, {"returned": "B1"}],
        ["assistant", "Done."],
    )
    verdict, traced = item(lent)
    shown = page(tmp_path, (verdict, traced))
    assert traced is not None
    (key,) = {change["key"] for call in traced["calls"] for change in call["changes"]}  # type: ignore[index,union-attr,call-overload]
    assert f'added in loans {key} loan_id nothing "{key}"' in shown.text
    assert f'removed in loans {key} loan_id "{key}" nothing' in shown.text


def test_a_refusal_names_its_rule_with_the_words_of_the_source(tmp_path: Path) -> None:
    known = [t.trajectory for t in read_records(ROOT / "environments" / "frame_shop" / "known_bad.jsonl")]
    assert known[0] is not None
    shown = page(tmp_path, item(known[0], "frame_shop"), name="frame_shop")
    place = shown.text.index("The rule it breaks")
    rule = shown.text[place : place + 400]
    assert "R3 limit A frame must not be larger than its glass is cut" in rule
    assert "No order is taken for a frame that its glass cannot cover. source.md:51" in rule
    for line in environment("frame_shop").policy:
        assert flat(line) in shown.text


def test_pass_undecided_and_unspecified_are_said_in_words(tmp_path: Path) -> None:
    shown = page(tmp_path, item(good()))
    assert "Verified by replay: every recorded answer was reproduced" in shown.text
    (undecided, name) = judged(
        json.loads((CASES / "findings" / "result.unspecified.json").read_text())["bad"], tmp_path
    )
    shown = page(tmp_path, undecided, name=name)
    assert "undetermined" in shown.text
    assert "(unspecified: " in shown.text


def hostile(text: str) -> list[Item]:
    tell = ["call", "find_member", {"name": text, text: [text]}, {text: {text: text}, "member_id": text}]
    other = ["call", text or "t", {text: text}, text]
    first = conversation(["system", text], ["user", text], tell, other, ["assistant", text], id=text, task=text)
    finding = Finding(
        code="format.unreadable",
        message=text,
        tool=text,
        path=text,
        argument=text,
        evidence={text: [text, {text: text}]},
    )
    unread = Verdict(id=text, verdict="fail", calls=0, state_digest=None, findings=(finding,))
    verdict, traced = item(first)
    assert traced is not None
    row: Json = {"table": text, "key": text, "before": {text: text}, "after": {text: 1}}
    traced["calls"][0]["changes"] = [row]  # type: ignore[index,call-overload]
    # What a check of somebody's own may say, whatever the trajectory.
    placed = verdict.model_copy(
        update={"findings": (*verdict.findings, finding.model_copy(update={"call": 1, "turn": 1}))}
    )
    return [(placed, traced), (unread, None)]


def assert_harmless(shown: Page) -> None:
    assert shown.tags <= set(TAGS)
    names = {name for _, name, _ in shown.attributes}
    assert {name for name in names if not name.startswith("aria-")} <= set(ATTRIBUTES)
    assert len(shown.scripts) == 1
    assert all(value.startswith("#") for value in shown.values("href"))


def test_markup_in_a_trajectory_stays_text(tmp_path: Path) -> None:
    write_report(tmp_path / "at-once.html", environment("desk"), hostile(HOSTILE))
    text = (tmp_path / "at-once.html").read_text()
    assert 'class="m user"' in text
    for shown in (Page(text), page(tmp_path, *hostile(HOSTILE))):
        assert_harmless(shown)
        assert "\u202e" not in shown.text
        assert "\x1b" not in shown.text
        assert "\\u202e \\u001b[2J" in shown.text
        assert "{{ 7 * 7 }}" in shown.text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("</>!-&;\"'`=x \n\x00\u2028{}%#scriptSTYLEonclick[]\\") | st.characters(), max_size=60))
def test_no_text_breaks_out_of_its_place(tmp_path: Path, text: str) -> None:
    # Lone surrogates end in the escapes of `visible`; the simulator itself cannot run calls that hold them.
    text = text.encode("utf-8", "replace").decode()
    assert_harmless(page(tmp_path, *hostile(text)))


def test_nothing_is_fetched_and_only_our_script_may_run(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, environment("desk"), [item(bad())])
    shown = Page(path.read_text())
    policy = next(value for value in shown.values("content") if "default-src" in value)
    digest = base64.b64encode(hashlib.sha256(shown.scripts[0].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert "unsafe" not in policy.split("style-src")[0]
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<svg" in text
    assert not re.search(r"https?:|@import|url\((?!#)", text)


def test_the_same_items_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.report.test_html import *\n"
        "write_report(sys.argv[1], environment('desk'), [*hostile(HOSTILE), item(good()), item(bad())])"
    )
    pages = set()
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.html"
        clean = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=clean, check=True)
        pages.add(path.read_bytes())
    write_report(tmp_path / "here.html", environment("desk"), [*hostile(HOSTILE), item(good()), item(bad())])
    assert pages == {(tmp_path / "here.html").read_bytes()}


def test_the_page_comes_whole_or_not_at_all(tmp_path: Path) -> None:
    def breaking() -> Iterator[Item]:
        yield item(bad())
        raise RuntimeError("the worker died")

    old = tmp_path / "report.html"
    old.write_text("what was there")
    with pytest.raises(RuntimeError, match="the worker died"):
        write_report(old, environment("desk"), breaking())
    assert old.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_file_that_cannot_be_written_is_said_before_the_work_begins(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="cannot be written"),
        open_report(tmp_path / "no" / "r.html", environment("desk")),
    ):
        pytest.fail("the block ran")


def test_huge_values_are_cut_and_say_so(tmp_path: Path) -> None:
    huge: Any = {"member_id": "M1", "age": 36, "list": list(range(100_000)), "text": "x" * 1_000_000}
    call = ["call", "find_member", {"name": "y" * 1_000_000}, huge]
    trajectory = conversation(["user", "z" * 1_000_000], call, ["assistant", "Done."], id="i" * 100_000)
    path = tmp_path / "report.html"
    write_report(path, environment("desk"), [item(trajectory)])
    text = Page(path.read_text()).text
    assert path.stat().st_size < sheet.LONG
    assert "994,000 more characters are left out" in text
    assert "(1,000,000 characters)" in text
    assert re.search(r"cut here; the whole value has [\d,]+ characters", text)


def test_of_a_long_conversation_both_ends_and_every_fault_are_shown(tmp_path: Path) -> None:
    calls = [["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}] for _ in range(2000)]
    calls[1234][3] = {"member_id": "M1", "age": 1}
    verdict, traced = item(conversation(["user", "Again and again."], *calls, ["assistant", "The end."]))
    shown = page(tmp_path, (verdict, traced))
    assert "#t1-c1235" in shown.values("href")
    assert "t1-c1235" in shown.values("id")
    assert "t1-c1" in shown.values("id")
    assert "The end." in shown.text
    assert "messages left out" in shown.text
    assert len(shown.values("id")) < 250


def test_a_message_with_hundreds_of_calls_keeps_the_faulty_ones(tmp_path: Path) -> None:
    number = 400
    function = {"name": "find_member", "arguments": '{"name": "Ada"}'}
    calls = [{"id": f"c{i}", "type": "function", "function": function} for i in range(number)]
    answers = [
        {"role": "tool", "tool_call_id": f"c{i}", "content": '{"member_id": "M1", "age": 36}'} for i in range(number)
    ]
    answers[350]["content"] = '{"member_id": "M1", "age": 63}'
    message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": calls}
    shown = page(tmp_path, item(conversation(["user", "All."], message, *answers, ["assistant", "Done."])))
    assert "t1-c351" in shown.values("id")
    assert "200 calls left out" in shown.text


def test_every_finding_of_a_long_list_counts_and_the_cut_is_said(tmp_path: Path) -> None:
    call = ["call", "unknown", {}, {}]
    shown = page(tmp_path, item(conversation(["user", "Go."], *[call] * 500, ["assistant", "Done."])))
    assert "schema.unknown_tool ×500" in shown.text
    assert "300 findings left out" in shown.text


def test_beyond_its_room_a_page_keeps_findings_then_lines_then_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "PIECE", 1_000)
    monkeypatch.setattr(html, "ROOM", 9_000)
    monkeypatch.setattr(html, "KEPT", {"fail": 8_000, "undecided": 0, "pass": 1_000})
    monkeypatch.setattr(html, "FINDINGS_ROOM", 2_000)
    monkeypatch.setattr(html, "EXAMPLES", 2)
    monkeypatch.setattr(html, "LISTED", {"fail": 60, "undecided": 1, "pass": 3})
    refused = conversation(["user", "Go."], ["call", "unknown", {}, {}], ["assistant", "Done."], id="rare")
    items = (
        [item(bad(number)) for number in range(50)] + [item(refused)] + [item(bad(number)) for number in range(50, 80)]
    )
    path = tmp_path / "report.html"
    write_report(path, environment("desk"), [*items, *(item(good(number)) for number in range(9))])
    lines = lines_of(path.read_text())
    talks = [line for line in lines if 'class="m user"' in (line["body"] or "")]
    told = [line for line in lines if "the conversation is left out" in (line["body"] or "")]
    bare = [line for line in lines if line["body"] is None]
    assert 3 < sum(line["v"] == "fail" for line in talks) < 20
    # A code that comes up late still has its examples.
    assert any(">rare<" in line["h"] for line in talks)
    assert told
    assert len(talks) + len(told) + len(bare) == len(lines) == 63
    assert f"of {len(bare)} trajectories only the line is here" in path.read_text()
    assert "… and 27 more that this page does not list: 21 fail, 6 pass" in path.read_text()
    assert "90 trajectories" in Page(path.read_text()).text


def test_thousands_of_trajectories_make_a_page_of_bounded_size(tmp_path: Path) -> None:
    items = [item(good()), *[item(bad(number, age)) for number, age in enumerate((1, 2, 3))]]
    path = tmp_path / "report.html"
    write_report(path, environment("desk"), (items[number % 4] for number in range(2_500)))
    # Of 10,000 the benchmark `report` tells the size.
    assert path.stat().st_size < 5_000_000
    text = path.read_text()
    assert len(lines_of(text)) == 2_500
    assert all(line["body"] for line in lines_of(text))
    # What a browser lays out as it opens the page is a small part of it.
    at_once = re.sub(r'<script type="application/gzip".*?</script>', "", text)
    assert len(at_once) < 1_000_000


def test_a_page_of_nothing_is_a_page(tmp_path: Path) -> None:
    assert "0 trajectories, 0 calls replayed in desk" in page(tmp_path).text
