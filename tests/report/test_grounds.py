"""What stands behind findings and values, and the path of a trajectory over the drawing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from gem_sim import Trajectory, replay, verify
from gem_sim.engine.sight import sight
from gem_sim.formats import read_trajectories
from gem_sim.report.context import context_of
from gem_sim.report.conversation import Conversation, conversation_of
from gem_sim.report.values import ROOMY
from gem_sim.report.walk import Walks
from gem_sim.verifier.trail import trail
from tests.conftest import ROOT, conversation, environment
from tests.report.test_html import bad, good

BAD = {t.id: t for t in read_trajectories(ROOT / "environments" / "frame_shop" / "known_bad.jsonl")}


def shown(trajectory: Trajectory, name: str) -> Conversation:
    replayed = replay(trajectory, environment(name))
    verdict = verify(replayed)
    return conversation_of(verdict, sight(replayed, verdict), context_of(environment(name)), None, ROOMY)


@pytest.mark.parametrize(
    ("id_", "code", "quote"),
    [
        ("exhibition-frame-as-told", "result.refused", "No order is taken for a frame that its glass cannot cover."),
        ("exhibition-frame-as-told", "result.mismatch", "Non-glare glass is cut for frames up to 60 cm by 70 cm only."),
        ("order-unchecked", "order.missing_step", "Check the size against the glass."),
        (
            "status-of-nobody",
            "order.missing_step",
            "Before any personal service, and before any order, staff find the customer's account.",
        ),
        ("checked-other-glass", "order.other_entity", "Check the size against the glass."),
    ],
)
def test_a_finding_leads_to_the_sentence_it_rests_on(id_: str, code: str, quote: str) -> None:
    (finding,) = [one for one in shown(BAD[id_], "frame_shop").findings if one.code == code]
    (sentence,) = finding.sentences
    assert sentence.quote == quote
    # The link leads to where those words stand in the source text.
    spans = context_of(environment("frame_shop")).spans
    at = next(index for index, span in enumerate(spans) if sentence.anchor in span.anchors)
    rest = " ".join("".join(span.text for span in spans[at:]).split())
    assert rest.startswith(quote)


def test_a_finding_that_rests_on_no_sentence_has_none() -> None:
    (finding,) = shown(bad(), "desk").findings
    assert finding.code == "result.mismatch"
    assert finding.sentences == ()


def test_behind_each_argument_stands_where_it_comes_from() -> None:
    talk = shown(BAD["exhibition-frame-as-told"], "frame_shop")
    calls = {call.number: call for entry in talk.entries for call in entry.calls}
    assert calls[5].origins["$.frame_width"].words == "returned by call 4 at $.frame_width"
    assert calls[5].origins["$.frame_width"].place == "c4"
    told = calls[5].origins["$.glass_type"]
    entry = next(entry for entry in talk.entries if f"m{entry.number}" == told.place)
    assert entry.role == "user"
    assert entry.text is not None
    assert "non-glare" in entry.text.text.lower()
    for call in calls.values():
        leaves = [line.path for line in call.arguments.lines if line.path not in ("", "$")]
        assert set(leaves) <= set(call.origins)


def test_a_value_from_nowhere_is_shown_as_doubtful() -> None:
    call = ["call", "find_member", {"name": "Zacharias Quill"}, {"error": "There is no such member."}]
    talk = shown(conversation(["user", "Look Ada up."], call, ["assistant", "No."]), "desk")
    (origin,) = [origin for entry in talk.entries for c in entry.calls for origin in c.origins.values()]
    assert origin.doubtful
    assert origin.short in ("no source", "unexplained", "only in the state")
    (fine,) = [o for entry in shown(good(), "desk").entries for c in entry.calls for o in c.origins.values()]
    assert not fine.doubtful


def test_the_timeline_has_every_turn_and_call_in_order() -> None:
    talk = shown(BAD["exhibition-frame-as-told"], "frame_shop")
    assert [stretch.turn for stretch in talk.timeline] == [1, 2, 3, 4, 5]
    assert [call.number for stretch in talk.timeline for call in stretch.calls] == [1, 2, 3, 4, 5, 6, 7]
    assert talk.steps == ("order: identify (1) → size (2) → check (3) → size (4) → check (5) → price (6) → place (7)")


def test_a_path_marks_each_card_once_and_each_call_with_its_fate() -> None:
    shop = environment("frame_shop")
    replayed = replay(BAD["exhibition-frame-as-told"], shop)
    walks = Walks(shop)
    path = trail(replayed, verify(replayed))
    drawn = ElementTree.fromstring(walks.over(path, 3))
    links = list(drawn.iter("a"))
    assert [link.get("href") for link in sorted(links, key=lambda one: one.get("href") or "")] == [
        f"#t3-c{number}" for number in range(1, 8)
    ]
    fates = {link.get("href"): link.find("rect").get("class") for link in links}  # type: ignore[union-attr]
    assert [number for number in range(1, 8) if fates[f"#t3-c{number}"] == "fail"] == [5, 7]
    frames = [rect for rect in drawn.iter("rect") if (rect.get("class") or "").startswith("stop ")]
    assert len(frames) == len({(one.workflow, one.step) for one in path})
    # Each frame lies exactly on a card of the drawing beneath.
    cards = set(re.findall(r'<svg x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)">', walks.drawing))
    assert {tuple(rect.get(side) for side in ("x", "y", "width", "height")) for rect in frames} <= cards


def test_many_calls_of_one_step_stay_on_their_card() -> None:
    call = ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}]
    replayed = replay(conversation(["user", "Ada, again."], *[call] * 60, ["assistant", "Done."]), environment("desk"))
    drawn = ElementTree.fromstring(Walks(environment("desk")).over(trail(replayed, verify(replayed)), 1))
    (frame,) = [rect for rect in drawn.iter("rect") if (rect.get("class") or "").startswith("stop ")]
    end = float(frame.get("x") or 0) + float(frame.get("width") or 0)
    for rect in drawn.iter("rect"):
        assert float(rect.get("x") or 0) + float(rect.get("width") or 0) <= end
    numbers = [text.text or "" for text in drawn.iter("text")]
    assert numbers[-1] == f"+{60 - len(numbers) + 1}"
