"""The drawing: sound XML, everything in its place, nothing beyond its card, a path laid over it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gem_sim import replay, verify
from gem_sim.report.graph import graph_json, mermaid, svg
from gem_sim.report.layout import Box, forward_pairs, lay_out
from gem_sim.report.lettering import escaped, fit, flat, width_of, wrap
from gem_sim.simulator import Replay, bundled_environments
from gem_sim.simulator.dependency_graph import EVIDENCE
from gem_sim.verdict import Verdict
from gem_sim.workflow import Step, Workflow
from tests.chromium import browser, chromium
from tests.conftest import conversation, environment

ALL = (*bundled_environments(), "desk", "counter")
SVG = "{http://www.w3.org/2000/svg}"


def cards(drawing: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(drawing).findall(f"{SVG}svg")


def texts(element: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kinds", [("declared", "stated"), EVIDENCE, ("data",)], ids=",".join)
def test_every_step_has_its_card(name: str, kinds: Any) -> None:
    where = environment(name)
    drawn = cards(svg(where, kinds))
    steps = [step for workflow in where.workflows for step in workflow.steps]
    unused = set(where.tools) - {step.tool for step in steps}
    assert sorted(texts(card)[0] for card in drawn) == sorted([*(fit(s.id, 999, 14) for s in steps), *unused])
    for card, step in zip(drawn, steps, strict=False):
        shown = texts(card)
        assert step.tool in shown
        assert (where.tools[step.tool].effect or "effect?") in shown
        assert step.rule is None or step.rule in shown
        assert ("once" in shown) is step.once
    assert ElementTree.fromstring(svg(where, kinds)).find(f".//{SVG}script") is None


def test_a_card_says_what_limits_a_step_and_where_its_data_come_from() -> None:
    by_step = {texts(card)[0]: texts(card) for card in cards(svg(environment("counter")))}
    assert {"at most 2", "per order_id", "R2"} <= set(by_step["remind"])
    assert {"one of by_email, by_name", "customer_id ← by_email/by_name.customer_id"} <= set(by_step["orders"])
    assert " ".join(by_step["wrap"]).endswith("when state.orders[order_id]['total_euros'] > WRAP_FROM")


def test_edges_are_drawn_by_kind() -> None:
    drawing = svg(environment("counter"), EVIDENCE)
    styles = re.findall(r'<path class="e ([a-z ]+)" d="M[^"]*C', drawing)
    assert set(styles) == {"after", "stated", "data", "data inferred", "state inferred"}
    assert "inferred" not in "".join(re.findall(r'<path class="e ([a-z ]+)"', svg(environment("counter"))))


def test_rules_stand_beneath_with_quote_and_place() -> None:
    shown = " ".join(texts(ElementTree.fromstring(svg(environment("desk")))))
    assert "“Look the member up before anything is lent.” (source.md:3)" in shown


def played(*calls: tuple[str, dict[str, Any], Any]) -> tuple[Replay, Verdict]:
    replayed = replay(
        conversation(["user", "O1 and O2, please."], *[["call", *call] for call in calls]), environment("counter")
    )
    return replayed, verify(replayed)


CHECK = ("check_order", {"order_id": "O1"}, {"order_id": "O1", "status": "open", "total_euros": 40})
CANCEL = ("cancel_order", {"order_id": "O2"}, {"order_id": "O2", "status": "cancelled"})
UNKNOWN = ("fly", {}, {})


def test_a_path_puts_each_call_on_its_step_and_marks_those_at_fault() -> None:
    replayed, verdict = played(CHECK, CANCEL)
    drawing = svg(environment("counter"), replay=replayed, verdict=verdict)
    by_step = {texts(card)[0]: texts(card) for card in cards(drawing)}
    assert "1" in by_step["check"]
    assert "✕ 2" in by_step["cancel"]
    assert "1" not in by_step["free_check"]
    assert drawing.count('<path class="path"') == 1
    shown = " ".join(texts(ElementTree.fromstring(drawing)))
    assert "order.other_entity: step 'cancel' needs step 'check' for the same order_id" in shown
    assert ": fail" in shown
    # Without a verdict the path alone is drawn.
    assert "✕ 2" not in " ".join(texts(cards(svg(environment("counter"), replay=replayed))[4]))


def test_a_long_path_and_an_unknown_tool_fit_too() -> None:
    replayed, verdict = played(*[CHECK] * 40, UNKNOWN)
    drawing = svg(environment("counter"), replay=replayed, verdict=verdict)
    (check,) = [card for card in cards(drawing) if texts(card)[0] == "check" or "+" in "".join(texts(card))]
    badges = [text for text in texts(check) if re.fullmatch(r"\d+|\+\d+", text)]
    assert len(badges) - 1 + int(badges[-1].removeprefix("+")) == 40
    assert "schema.unknown_tool" in drawing
    described = graph_json(environment("counter"), replay=replayed, verdict=verdict)
    path: Any = described["path"]
    assert path[-1] == {
        "number": 41,
        "tool": "fly",
        "workflow": "Tools of no workflow",
        "step": "fly",
        "fate": "fail",
        "codes": ["schema.unknown_tool"],
    }


def test_json_lists_edges_with_kind_and_evidence() -> None:
    described: Any = graph_json(environment("counter"), EVIDENCE)
    assert json.loads(json.dumps(described)) == described
    assert {edge["kind"] for edge in described["edges"]} == set(EVIDENCE)
    cancel = [e for e in described["edges"] if (e["before"], e["tool"]) == ("check_order", "cancel_order")]
    assert [e["kind"] for e in cancel] == ["declared", "stated"]
    assert cancel[1]["evidence"]["quote"] == "Check an order before cancelling it"
    needs = {tool["name"]: tool["needs"] for tool in described["tools"]}
    assert "cancel_order" in needs["pay_refund"]
    only: Any = graph_json(environment("counter"), ("state",))
    assert {edge["kind"] for edge in only["edges"]} == {"state"}


def test_mermaid_names_steps_and_escapes_what_is_its_own() -> None:
    drawn = mermaid(environment("counter"), EVIDENCE)
    assert drawn.startswith("flowchart LR\n")
    assert '"cancel · cancel_order · R1 · once"]:::write' in drawn
    assert " ==> " in drawn
    assert "&" not in mermaid(nasty('A "quoted" [x] #1; & <b>`')).replace("#amp;", "")
    assert "#quot;quoted#quot; [x] #35;1; #amp; #lt;b#gt;#96;" in mermaid(nasty('A "quoted" [x] #1; & <b>`'))
    replayed, verdict = played(CHECK, CANCEL)
    over = mermaid(environment("counter"), replay=replayed, verdict=verdict)
    assert 'calls 2"]:::failed' in over


def nasty(text: str) -> Any:
    """Return the desk with a text of any kind wherever a name or a sentence may stand."""
    desk = environment("desk")
    long = text or "x"
    steps = [Step(id=f"{long}0", tool="find_member", rule="R1")]
    steps += [Step(id=f"{long}{n}", tool="lend_book", after=(f"{long}{n - 1}",), per=(long,)) for n in range(1, 3)]
    tools = {name: tool.model_copy(update={"description": long}) for name, tool in desk.tools.items()}
    rules = {name: rule.model_copy(update={"text": long}) for name, rule in desk.rules.items()}
    workflows = (Workflow(id=long, title=long, steps=tuple(steps)),)
    return replace(desk, title=long, tools=tools, rules=rules, workflows=workflows)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=90))
def test_any_text_stays_text_and_within_its_card(text: str) -> None:
    drawing = svg(nasty(text))
    root = ElementTree.fromstring(drawing)
    for card in cards(drawing):
        assert_within(card, float(card.get("width") or 0))
    assert_within(root, float(root.get("width") or 0))
    assert root.tag == f"{SVG}svg"


def assert_within(element: ElementTree.Element, width: float) -> None:
    for text in element.findall(f"{SVG}text"):
        style = (text.get("class") or "").split()
        face = "mono" if "m" in style else "bold" if "b" in style else "plain"
        size = float(text.get("font-size") or 0)
        assert float(text.get("x") or 0) + width_of(text.text or "", size, face) <= width  # type: ignore[arg-type]


MEASURE = """[...document.querySelectorAll("svg text")].map((text) => {
  const right = text.x.baseVal[0].value + text.getComputedTextLength();
  return [text.textContent, right - text.ownerSVGElement.width.baseVal.value];
})"""


@pytest.mark.skipif(browser() is None, reason="there is no Chromium on this machine")
def test_a_browser_finds_no_text_beyond_its_card(tmp_path: Path) -> None:
    drawings = [svg(environment(name), EVIDENCE) for name in ALL]
    drawings += [
        svg(nasty(text)) for text in ("W" * 60, "mmm@@%%" * 9, "長い名前" * 20, "🖼️🔨" * 30, "i" * 200, "é÷ß" * 30)
    ]
    page = tmp_path / "drawings.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{''.join(drawings)}</body>")
    with chromium() as running:
        tab = running.tab()
        tab.open(page.as_uri())
        measured = tab.run(MEASURE)
    assert len(measured) > 500
    assert [text for text, over in measured if over > 0] == []


@given(st.text(max_size=60), st.floats(0, 300), st.sampled_from([11, 14]), st.sampled_from(["plain", "bold", "mono"]))
def test_fitted_and_wrapped_lines_keep_to_their_width(text: str, width: float, size: float, face: Any) -> None:
    least = width_of("…", size, face)
    for line in (fit(text, width, size, face), *wrap(text, width, size, face)):
        assert width_of(line, size, face) <= max(width, least)
    whole = wrap(text, 10_000, size, face)
    assert " ".join(whole) == flat(text)
    assert len(wrap(text, width, size, face, lines=2)) <= 2
    assert ElementTree.fromstring(f"<a b='{escaped(text)}'>{escaped(text)}</a>") is not None


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[tuple[str, str]], list[tuple[str, str]]]:
    names = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    sizes = st.tuples(st.integers(20, 300), st.integers(20, 200))
    boxes = [Box(name, *draw(sizes)) for name in names]
    edges = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=14)
    return boxes, draw(edges), draw(edges)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_boxes_stand_apart_and_edges_go_forward_round_them(graph: Any) -> None:
    boxes, strong, weak = graph
    pairs = forward_pairs([box.id for box in boxes], strong, weak)
    assert set(pairs) <= {*strong, *weak}
    layout = lay_out(boxes, pairs, 4)
    areas = {box.id: (*layout.places[box.id], box.width, box.height) for box in boxes}
    assert areas.keys() == {box.id for box in boxes}
    for x, y, width, height in areas.values():
        assert 0 <= x <= x + width <= layout.width
        assert 0 <= y <= y + height <= layout.height
    assert not any(overlap(one, other) for one, other in combinations(areas.values(), 2))
    for before, after in pairs:
        x, _, width, _ = areas[before]
        assert x + width < areas[after][0]
        for line in lanes(layout.routes[before, after]):
            assert not any(overlap(line, area) for area in areas.values())


def lanes(route: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the level parts of a route, which pass the columns between its two boxes."""
    for (left, y), (right, other_y) in zip(route[::2], route[1::2], strict=True):
        assert y == other_y
        yield left, y, right - left, 1


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


@given(graphs())
def test_every_strong_pair_points_forward_unless_it_closes_a_cycle(graph: Any) -> None:
    boxes, strong, _ = graph
    kept = forward_pairs([box.id for box in boxes], strong, [])
    reach: dict[str, set[str]] = {box.id: set() for box in boxes}
    for before, after in dict.fromkeys(strong):
        closes = before == after or before in reach[after]
        assert ((before, after) in kept) is not closes
        if not closes:
            for name, reached in reach.items():
                if name == before or before in reached:
                    reached |= {after, *reach[after]}
