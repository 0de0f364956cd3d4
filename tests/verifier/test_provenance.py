"""Where values come from: cases of every kind, and the laws that hold for any conversation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import Replay, Trajectory, read_trajectories, replay
from gem_sim.environment import Environment
from gem_sim.simulator.compare import Renaming
from gem_sim.simulator.replay import ReplayedCall
from gem_sim.tool import ToolResult
from gem_sim.trajectory import PlacedCall
from gem_sim.verifier import SourcedValue, data_edges, explain
from gem_sim.verifier.provenance import unsupported
from gem_sim.verifier.sources.figures import numbers_in, stands_in_digits
from tests.conftest import CASES, ROOT, conversation, environment, shared_data

TABLE = json.loads((CASES / "provenance.json").read_text())
CLOCK = "2023-09-11T09:00:00Z"
BAD = {"unsupported", "unseen", "unexplained"}


def as_recorded(trajectory: Trajectory, desk: Environment | None = None, clock: str = CLOCK) -> Replay:
    """Return a trajectory as a replay that answered as recorded: provenance looks at the recording only."""
    where = replace(desk or environment("desk"), clock=clock)
    calls = tuple(_recorded(placed, where) for placed in trajectory.calls())
    return Replay(trajectory, where, None, calls, where.state, where.state, Renaming())


def _recorded(placed: PlacedCall, where: Environment) -> ReplayedCall:
    answer = None if placed.answer is None else placed.answer.value()
    result = ToolResult(call_id=placed.call.id, content=answer)
    return ReplayedCall(placed, placed.call, placed.answer is not None, answer, result, where.state, where.state, ())


def origins(*entries: Any, **row: Any) -> tuple[SourcedValue, ...]:
    return explain(as_recorded(conversation(*entries), **row))


def last(*entries: Any, **row: Any) -> SourcedValue:
    return origins(*entries, **row)[-1]


def talk(case: dict[str, Any]) -> list[Any]:
    entries: list[Any] = [["user", case["said"][0]]]
    entries += [["call", "look", {}, result] for result in case.get("returned", [])]
    if "proposed" in case:
        entries += [["assistant", case["proposed"]], ["user", case["said"][1]]]
    return [*entries, ["call", "act", {case["name"]: case["value"]}, {"ok": True}]]


@pytest.mark.parametrize("case", TABLE, ids=[case["why"] for case in TABLE])
def test_a_value_has_the_source_that_a_person_would_name(case: dict[str, Any]) -> None:
    value = last(*talk(case), clock=case.get("clock", CLOCK))
    assert value.origin.kind == case["kind"], str(value)


@pytest.mark.parametrize("case", TABLE, ids=[case["why"] for case in TABLE])
def test_only_a_value_that_nobody_could_guess_is_an_error(case: dict[str, Any]) -> None:
    found = list(unsupported(as_recorded(conversation(*talk(case)), clock=case.get("clock", CLOCK))))
    severities = {"unsupported": ["error"], "unexplained": ["warning"]}
    assert [finding.severity for finding in found] == severities.get(case["kind"], [])


def test_every_kind_has_a_case() -> None:
    kinds = {"said", "returned", "derived", "composed", "unsupported", "unexplained"}
    assert {case["kind"] for case in TABLE} == kinds


def test_a_source_names_message_call_and_path() -> None:
    entries = [["user", "Lend B7 please."], ["call", "look", {"book": "B7"}, {"books": [{"id": 4}, {"id": "X-991"}]}]]
    said, returned = origins(*entries, ["call", "act", {"copy_id": "X-991"}, {}])
    assert (said.origin.kind, said.origin.message) == ("said", 1)
    assert (returned.origin.kind, returned.origin.call, returned.origin.path) == ("returned", 1, "$.books[1].id")
    assert returned.origin.message == 3
    assert str(returned) == 'copy_id = "X-991" ← returned by call 1 at $.books[1].id'


def test_the_first_place_counts() -> None:
    entries = [["user", "Cancel X-991."], ["call", "look", {}, {"id": "X-991"}]]
    assert last(*entries, ["call", "act", {"copy_id": "X-991"}, {}]).origin.kind == "said"
    later = [["user", "Cancel it."], ["call", "look", {}, {"id": "X-991"}], ["user", "Yes, X-991."]]
    assert last(*later, ["call", "act", {"copy_id": "X-991"}, {}]).origin.kind == "returned"


def test_prompt_default_choice_and_injection() -> None:
    desk = environment("desk")
    system = ["system", "You work at branch KX-104. Today is quiet."]
    assert last(system, ["user", "Go."], ["call", "act", {"branch": "KX-104"}, {}]).origin.kind == "prompt"
    default = last(["user", "Find bread."], ["call", "search_books", {"limit": 10}, {"books": []}])
    assert default.origin.kind == "default"
    assert last(["user", "A pack."], ["call", "give_pack", {"colour": "red"}, {}]).origin.kind == "chosen"
    assert last(["user", "Go."], ["call", "act", {"urgent": True}, {}]).origin.kind == "chosen"
    tool = desk.tools["return_book"]
    parameters = {"type": "object", "properties": {"token": {"type": "string", "x-injected": True}}}
    injected = replace(desk, tools={**desk.tools, "act": tool.model_copy(update={"parameters": parameters})})
    value = last(["user", "Go."], ["call", "act", {"token": "98a5-b404"}, {}], desk=injected)
    assert value.origin.kind == "injected"


def test_the_prose_of_the_assistant_is_no_source() -> None:
    entries = [["user", "Cancel it."], ["assistant", "I cancel W-2291."], ["user", "Fine."]]
    assert last(*entries, ["call", "act", {"order_id": "W-2291"}, {}]).origin.kind == "unsupported"


def test_an_id_of_a_row_that_nothing_has_shown_is_an_error() -> None:
    entries = [["user", "Give Ada her pack."], ["call", "give_pack", {"member_id": "M1"}, {"given": True}]]
    (finding,) = unsupported(as_recorded(conversation(*entries)))
    assert (finding.code, finding.severity, finding.evidence["stored_at"]) == (
        "provenance.unseen", "error", "members/M1",
    )  # fmt: skip


def test_an_invented_value_that_is_used_again_is_wrong_again_and_a_guess_is_told_once() -> None:
    entries = [["user", "Go."], ["call", "act", {"order_id": "W-22"}, {}], ["call", "act", {"order_id": "W-22"}, {}]]
    found = list(unsupported(as_recorded(conversation(*entries))))
    assert [(finding.code, finding.call) for finding in found] == [
        ("provenance.unsupported", 1), ("provenance.unsupported", 2),
    ]  # fmt: skip
    guesses = [["user", "Go."], ["call", "act", {"city": "Oslo"}, {}], ["call", "act", {"city": "Oslo"}, {}]]
    assert [finding.call for finding in unsupported(as_recorded(conversation(*guesses)))] == [1]


def test_the_evidence_shows_what_came_closest() -> None:
    entries = [["user", "Cancel it."], ["call", "look", {}, {"order_id": "W-2219", "total": 84.5}]]
    (finding,) = unsupported(as_recorded(conversation(*entries, ["call", "act", {"order_id": "W-2291"}, {}])))
    assert finding.evidence["nearest"] == ["'W-2219' (returned by call 1 at $.order_id)"]
    assert "'W-2219' (returned by call 1 at $.order_id)" in finding.message
    assert finding.evidence["looked_at"] == {"said": 1, "results": 1, "prompts": 2}
    assert (finding.turn, finding.call, finding.tool, finding.argument) == (1, 2, "act", "order_id")
    (finding,) = unsupported(as_recorded(conversation(*entries, ["call", "act", {"amount": 9135.7}, {}])))
    assert finding.evidence["nearest"][0] == "84.5 (returned by call 1 at $.total)"


def test_an_identifier_inside_free_text_is_looked_up() -> None:
    entries = [["user", "Tell her that W-2219 is on its way."]]
    for text, expected in (("Order W-2219 is on its way.", []), ("Order W-2291 is on its way.", ["warning"])):
        found = unsupported(as_recorded(conversation(*entries, ["call", "act", {"message": text}, {}])))
        assert [finding.severity for finding in found] == expected


def test_a_conversation_without_a_word_before_the_call_is_undecided() -> None:
    desk = replace(environment("desk"), policy=())
    (finding,) = unsupported(as_recorded(conversation(["call", "act", {"order_id": "W-2291"}, {}]), desk))
    assert finding.severity == "undecided"


def test_calls_of_one_message_do_not_see_each_others_results() -> None:
    calls = [
        {"id": name, "type": "function", "function": {"name": "act", "arguments": json.dumps(arguments)}}
        for name, arguments in (("a", {}), ("b", {"order_id": "W-2291"}))
    ]
    answers = [{"role": "tool", "tool_call_id": name, "content": '{"order_id": "W-2291"}'} for name in "ab"]
    entries = [["user", "Go."], {"role": "assistant", "content": None, "tool_calls": calls}, *answers]
    assert last(*entries).origin.kind == "unsupported"
    assert last(*entries, ["call", "act", {"order_id": "W-2291"}, {}]).origin.call == 1


def test_a_list_of_a_result_is_one_value() -> None:
    entries = [["user", "Go."], ["call", "look", {}, {"guests": ["ada", "bo"], "n": 2}]]
    (value,) = origins(*entries, ["call", "act", {"to": ["ada", "bo"]}, {}])
    assert (value.path, value.origin.path) == ("to", "$.guests")
    first, second = origins(*entries, ["call", "act", {"to": ["ada", "cy"]}, {}])
    assert (first.path, first.origin.path, second.origin.kind) == ("to[0]", "$.guests[0]", "unexplained")


def test_edges_between_calls() -> None:
    entries = [
        ["user", "Go."],
        ["call", "look", {}, {"row": {"id": "W-2291", "city": "Oslo"}}],
        ["call", "look", {}, {"price": 912.5}],
        ["call", "act", {"order": {"key": "W-2291", "to": "Oslo"}, "amount": 912.5, "note": "Paid 912.5."}, {}],
    ]
    edges = [tuple(edge) for edge in data_edges(origins(*entries))]
    assert edges == [(1, "$.row", 3, "order"), (2, "$.price", 3, "amount"), (2, "$.price", 3, "note")]


def test_renamed_ids_are_looked_up_as_recorded() -> None:
    entries = [
        ["user", "Lend the field guide to Ada."],
        ["call", "find_member", {"name": "Ada"}, {"member_id": "M1", "age": 36}],
        ["call", "search_books", {"word": "field"}, {"books": [{"book_id": "B1"}]}],
        [
            "call",
            "lend_book",
            {"member_id": "M1", "book_id": "B1"},
            {"loan_id": "REC-1", "since": "2026-03-02T09:00:00Z"},
        ],
        ["call", "return_book", {"loan_id": "REC-1"}, {"returned": "B1"}],
    ]
    replayed = replay(conversation(*entries), environment("desk"))
    assert replayed.calls[-1].executed.arguments != {"loan_id": "REC-1"}
    assert explain(replayed)[-1].origin[:4] == ("returned", 7, 3, "$.loan_id")
    assert not [finding for finding in unsupported(replayed) if finding.call == 4]


SCALARS = st.one_of(
    st.text(min_size=1, max_size=20), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    st.one_of(SCALARS, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
ANY_TEXTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,3}[-/.][0-9]{1,5}( [0-9]{1,3}:[0-9]{2})?", fullmatch=True),
    st.from_regex(r"(in|every|each) [0-9]{1,7} (days?|weeks?|months|years)( after| before)?", fullmatch=True),
)
TEXTS = st.text(st.sampled_from("abc XYZ 0123.,-_'?!ö中"), max_size=60)


def scalars_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in scalars_of(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in scalars_of(item)]
    return [value]


@given(st.lists(JSON, min_size=1, max_size=4), TEXTS, st.sampled_from(["order_id", "amount", "message"]), st.data())
def test_a_value_copied_from_an_earlier_result_is_never_unsupported(
    results: Sequence[Any], text: str, name: str, data: st.DataObject
) -> None:
    leaves = scalars_of(results)
    value = data.draw(st.sampled_from(leaves)) if leaves else True
    calls = [["call", "look", {}, {"result": result}] for result in results]
    entries = [["user", text], *calls, ["call", "act", {name: value}, {}]]
    assert last(*entries).origin.kind not in BAD
    assert not list(unsupported(as_recorded(conversation(*entries))))


@given(st.lists(JSON, max_size=4), TEXTS, st.uuids(), st.sampled_from(["order_id", "reference", "note_key"]))
def test_a_fresh_random_id_is_always_unsupported(results: Sequence[Any], text: str, fresh: Any, name: str) -> None:
    calls = [["call", "look", {}, {"result": result}] for result in results]
    entries = [["user", text + "."], *calls, ["call", "act", {name: str(fresh)}, {}]]
    assert last(*entries).origin.kind == "unsupported"
    (finding,) = unsupported(as_recorded(conversation(*entries)))
    assert (finding.severity, finding.argument) == ("error", name)


ARGUMENTS = st.dictionaries(st.sampled_from(["order_id", "amount", "due", "message"]), JSON, min_size=1, max_size=3)
ENTRIES = st.one_of(
    TEXTS.map(lambda text: ["user", text]),
    TEXTS.map(lambda text: ["assistant", text]),
    st.tuples(ARGUMENTS, JSON).map(lambda pair: ["call", "act", pair[0], {"result": pair[1]}]),
)


@given(st.lists(ENTRIES, min_size=1, max_size=8), st.integers(0, 8))
def test_a_values_source_does_not_depend_on_later_messages(entries: list[Any], cut: int) -> None:
    whole = origins(*entries)
    before = origins(*entries[:cut]) if entries[:cut] else ()
    assert whole[: len(before)] == before


@given(st.text("0123456789 .,:-/$%kxaT_@−日é\n", max_size=12), st.sampled_from([0, 2, 18, 0.5, 2.5, 1000]))
def test_a_number_that_stands_in_digits_is_one_that_the_text_has(text: str, value: float) -> None:
    if stands_in_digits(value, text):
        assert value in {number for number, _ in numbers_in(text)}


@pytest.mark.parametrize("text", ["18 of them", "I want 18.", "(18)", "from 2 to 18, please", "$18"])
def test_plain_digits_are_seen_at_once(text: str) -> None:
    assert stands_in_digits(18, text)


WORDS = "Please call me about order B7-4412 on Monday at 12:30 yes cheapest 2026-05-01 Thanks, LA then? 4 pears"
# The same few words again and again: what is said, proposed, confirmed, answered, and written by the agent itself.
PROSE = st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=8).map(" ".join)
SAYINGS = st.one_of(
    PROSE.map(lambda text: ["user", text]),
    PROSE.map(lambda text: ["assistant", f"{text}?"]),
    PROSE.map(lambda text: ["user", f"Yes. {text}"]),
    st.tuples(st.sampled_from(["message", "body", "note", "order_id", "due", "name"]), PROSE, PROSE).map(
        lambda parts: ["call", "act", {parts[0]: parts[1]}, {"result": parts[2]}]
    ),
)


@given(st.lists(st.one_of(ENTRIES, SAYINGS), min_size=1, max_size=8))
def test_the_check_and_the_explanation_agree(entries: list[Any]) -> None:
    replayed = as_recorded(conversation(*entries))
    explained = {(v.call, v.argument) for v in explain(replayed) if v.origin.kind in BAD or v.origin.stray}
    assert {(finding.call, finding.argument) for finding in unsupported(replayed)} == explained


@given(st.lists(ANY_TEXTS, max_size=3), JSON, st.one_of(JSON, ANY_TEXTS), st.sampled_from(["order_id", "due", "year"]))
def test_nothing_that_json_can_say_breaks_it(texts: list[str], result: Any, value: Any, name: str) -> None:
    said = [["user", text] for text in texts]
    for explained in origins(*said, ["call", "look", {}, {"r": result}], ["call", "act", {name: [value]}, {}]):
        assert explained.call == 2
        assert explained.origin.kind


@given(
    st.dates(date(2001, 1, 1), date(2040, 12, 31)),
    st.integers(1, 90),
    st.sampled_from(["in {} days", "{} days from now"]),
)
def test_a_day_counted_from_the_clock_is_derived(today: date, days: int, words: str) -> None:
    entries = [["user", f"Please do it {words.format(days)}."]]
    value = (today + timedelta(days=days)).isoformat()
    clock = f"{today.isoformat()}T10:00:00Z"
    assert last(*entries, ["call", "act", {"due": value}, {}], clock=clock).origin.kind == "derived"


@given(st.integers(100, 9999), st.integers(100, 9999), st.sampled_from("+-"))
def test_the_sum_and_difference_of_two_said_numbers_are_derived(a: int, b: int, sign: str) -> None:
    result = a + b if sign == "+" else a - b
    value = last(["user", f"First {a}, then {b}."], ["call", "act", {"amount": result}, {}])
    assert value.origin.kind not in BAD


@pytest.mark.parametrize("name", ["frame_shop", "library"])
def test_no_value_of_a_bundled_trajectory_is_found(name: str) -> None:
    for trajectory in read_trajectories(ROOT / "environments" / name / "trajectories.jsonl"):
        assert list(unsupported(replay(trajectory, environment(name)))) == []


def test_the_published_trajectory_has_a_source_for_every_value() -> None:
    (trajectory,) = read_trajectories(shared_data("gem_appendix_f.json"))
    replayed = replay(trajectory, environment("frame_shop"))
    assert list(unsupported(replayed)) == []
    assert {value.origin.kind for value in explain(replayed)} == {"said", "returned", "chosen", "composed"}


def test_dialogues_of_others_have_no_value_that_nobody_could_have() -> None:
    found = [
        finding
        for trajectory in read_trajectories(shared_data("sgd.jsonl"))
        for finding in unsupported(as_recorded(trajectory, clock="2019-03-01T12:00:00Z"))
    ]
    assert [str(finding) for finding in found if finding.severity == "error"] == []


def test_tooltalk_has_one_date_that_nobody_named() -> None:
    shared_data("tooltalk.jsonl")
    where, dialogues = import_module("benchmarks.tooltalk.load").load()
    found = [
        (dialogue.id.rsplit("/", 1)[1], finding.call, finding.argument)
        for dialogue in dialogues
        for finding in unsupported(replay(dialogue, where))
        if finding.severity == "error"
    ]
    # On 11 September "a reminder to call Cindy at 6" becomes one on 11 October.
    assert found == [("Calendar-Email-Reminder-GetReminder-1", 4, "due_date")]
