"""What recordings determine is reproduced, what they do not is undecided, what they contradict is found."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gem_sim
from gem_sim.errors import InputError
from gem_sim.induce import Induced, induce, read_state, task_of
from tests.conftest import ROOT
from tests.induce.recordings import played, recording

NOTES = [
    played("a", [("list_notes", {}), ("delete_note", {"note_id": "n1"}), ("list_notes", {})]),
    played("b", [("create_note", {"text": "tea"}), ("list_notes", {}), ("get_note", {"note_id": "n2"})]),
    played("c", [("list_notes", {"status": "done"}), ("list_notes", {"status": "open"})]),
    played("d", [("list_notes", {}), ("complete_note", {"note_id": "n3"}), ("list_notes", {})]),
    played("e", [("get_note", {"note_id": "n9"})]),
]


def total(induced: Induced) -> Counter[str]:
    return sum(induced.fates().values(), Counter())


def ask(induced: Induced, *calls: tuple[str, dict[str, Any]]) -> Any:
    """Return the last answer of a session that makes these calls."""
    session = gem_sim.Session(induced.environment)
    results = [
        session.call(gem_sim.ToolCall(id=str(number), tool=tool, arguments=arguments))
        for number, (tool, arguments) in enumerate(calls)
    ]
    return results[-1].content


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Induced:
    return induce(NOTES, tmp_path_factory.mktemp("notes") / "notes")


def test_consistent_recordings_are_reproduced_and_contradict_nothing(notes: Induced) -> None:
    assert total(notes) == Counter(reproduced=12)
    assert notes.findings == ()


def test_a_new_sequence_of_known_calls_is_answered_as_the_tools_would(notes: Induced) -> None:
    left = ask(notes, ("delete_note", {"note_id": "n2"}), ("list_notes", {}))
    assert [note["note_id"] for note in left["notes"]] == ["n1", "n3"]


def test_a_created_row_has_its_arguments_and_what_later_reads_showed(notes: Induced) -> None:
    found = ask(notes, ("create_note", {"text": "jam"}), ("list_notes", {}))["notes"]
    assert {"text": "jam", "status": "open"}.items() <= found[-1].items()


def test_a_change_shown_by_later_reads_is_made(notes: Induced) -> None:
    done = ask(notes, ("complete_note", {"note_id": "n1"}), ("list_notes", {"status": "done"}))
    assert [note["note_id"] for note in done["notes"]] == ["n1", "n2"]


def test_a_recorded_refusal_refuses(notes: Induced) -> None:
    session = gem_sim.Session(notes.environment)
    result = session.call(gem_sim.ToolCall(id="1", tool="get_note", arguments={"note_id": "n9"}))
    assert result.is_error
    assert result.content == {"error": "There is no such note."}


def test_what_no_recording_shows_is_unspecified_field_by_field(notes: Induced) -> None:
    answer = ask(notes, ("get_note", {"note_id": "n7"}))
    assert answer["note_id"] == "n7"
    assert "$unspecified" in answer["text"]


OPERATIONS = st.one_of(
    st.tuples(st.just("list_notes"), st.sampled_from([{}, {"status": "open"}, {"status": "done"}])),
    st.tuples(st.just("create_note"), st.sampled_from([{"text": "jam"}, {"text": "tea"}])),
    st.tuples(
        st.sampled_from(["get_note", "delete_note", "complete_note"]),
        st.sampled_from([{"note_id": key} for key in ("n1", "n2", "n3", "n9")]),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dialogues=st.lists(st.lists(OPERATIONS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_no_recording_of_true_tools_is_said_to_contradict_another(
    dialogues: list[list[tuple[str, dict[str, Any]]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    recordings = [played(f"d{number}", asked) for number, asked in enumerate(dialogues)]
    induced = induce(recordings, tmp_path_factory.mktemp("true") / "notes")
    assert induced.findings == ()
    assert total(induced)["contradicted"] == 0


def test_two_answers_to_one_question_are_a_contradiction_with_both_places(tmp_path: Path) -> None:
    first = recording("first", [("get_price", {"sku": "A"}, {"price": 5})])
    second = recording("second", [("get_price", {"sku": "B"}, {"price": 2}), ("get_price", {"sku": "A"}, {"price": 6})])
    induced = induce([first, second], tmp_path / "shop")
    (finding,) = induced.findings
    assert (finding.code, finding.severity) == ("induce.contradiction", "error")
    places = [(finding.evidence[side]["trajectory"], finding.evidence[side]["call"]) for side in ("first", "second")]
    assert places == [("first", 1), ("second", 2)]
    assert total(induced) == Counter(undecided=2, reproduced=1)


def test_one_row_with_two_values_is_a_contradiction(tmp_path: Path) -> None:
    rows = [{"hotel_id": "h1", "stars": 4}, {"hotel_id": "h2", "stars": 3}]
    first = recording("first", [("list_hotels", {}, {"hotels": rows})])
    second = recording("second", [("get_hotel", {"hotel_id": "h2"}, {"hotel_id": "h2", "stars": 5})])
    (finding,) = induce([first, second], tmp_path / "hotels").findings
    assert finding.severity == "error"
    assert finding.path == "$.stars"


def test_a_value_that_repeats_an_argument_is_only_a_warning(tmp_path: Path) -> None:
    def hotels(rooms: int) -> dict[str, Any]:
        return {"hotels": [{"hotel_name": "Astor", "rooms": rooms, "stars": 4}]}

    calls = [("find_hotels", {"city": "Rome"}, hotels(1)), ("find_hotels", {"city": "Rome", "rooms": 3}, hotels(3))]
    induced = induce([recording("d", calls)], tmp_path / "hotels")
    assert [finding.severity for finding in induced.findings] == ["warning"]


def test_what_differs_with_the_user_or_the_day_is_no_contradiction(tmp_path: Path) -> None:
    def weather(day: str, user: str, high: int) -> gem_sim.Trajectory:
        system = f"user: {user}\ntime: 2024-05-{day} 10:00:00"
        calls = [("get_weather", {"city": "Rome"}, {"high": high, "sky": "clear"})]
        return recording(f"{day}{user}", calls, system)

    given_days = [weather("01", "ann", 20), weather("01", "bob", 20), weather("02", "ann", 25)]
    induced = induce(given_days, tmp_path / "weather")
    assert induced.findings == ()
    assert induced.plan.scope_of("get_weather") == ("time_date",)
    held_out = gem_sim.replay(weather("01", "eve", 20), induced.environment, task=task_of(weather("01", "eve", 20)))
    assert held_out.calls[0].differences == ()


def test_a_read_after_a_change_says_nothing_against_an_earlier_one(tmp_path: Path) -> None:
    calls = [
        ("get_total", {}, {"total": 3, "sky": 1}),
        ("pay_all", {}, {"ok": True}),
        ("get_total", {}, {"total": 0, "sky": 1}),
    ]
    induced = induce([recording("d", calls)], tmp_path / "bill")
    assert induced.findings == ()
    assert total(induced)["contradicted"] == 0


def test_one_field_more_in_an_answer_is_no_contradiction(tmp_path: Path) -> None:
    plain = [("create_order", {"sku": "A"}, {"order_id": f"o-{number}"}) for number in range(6)]
    noted = ("create_order", {"sku": "A"}, {"order_id": "o-9", "note": "late"})
    induced = induce([recording("d", [*plain, noted])], tmp_path / "orders")
    assert [finding.code for finding in induced.findings] == []


def test_a_field_in_the_place_of_another_is(tmp_path: Path) -> None:
    plain = [("create_order", {"sku": "A"}, {"order_id": f"o-{number}"}) for number in range(6)]
    wrong = ("create_order", {"sku": "A"}, {"alarm_id": "o-9"})
    induced = induce([recording("d", [*plain, wrong])], tmp_path / "orders")
    assert [finding.severity for finding in induced.findings] == ["error"]


def test_ranges_and_parts_of_texts_are_found_as_filters(tmp_path: Path) -> None:
    events = [{"event_id": f"e{n}", "title": title, "date": f"2024-05-0{n}"} for n, title in enumerate("abcd", 1)]

    def listed(first: int, last: int) -> dict[str, Any]:
        return {"events": events[first - 1 : last]}

    calls = [
        ("list_events", {}, listed(1, 4)),
        ("list_events", {"start_date": "2024-05-03"}, listed(3, 4)),
        ("list_events", {"end_date": "2024-05-01"}, listed(1, 1)),
        ("list_events", {"query": "C"}, listed(3, 3)),
    ]
    induced = induce([recording("d", calls)], tmp_path / "events")
    asked = ("list_events", {"start_date": "2024-05-02", "end_date": "2024-05-03", "query": "b"})
    assert ask(induced, asked) == listed(2, 2)


def test_tools_without_a_definition_get_one_from_their_calls(notes: Induced) -> None:
    schema = notes.environment.tools["create_note"].parameters
    assert schema == {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def test_a_definition_gives_way_to_calls_that_succeeded(tmp_path: Path) -> None:
    kind = {"type": "string", "enum": ["x", "y"]}
    tool = {"name": "create_x", "parameters": {"type": "object", "properties": {"kind": kind}, "required": ["kind"]}}
    calls = [("create_x", {"kind": "z", "token": "t"}, {"x_id": "1"})]
    induced = induce([recording("d", calls, tools=[tool])], tmp_path / "xs")
    assert [finding.code for finding in induced.findings] == ["induce.argument", "induce.undeclared_argument"]
    assert total(induced) == Counter(reproduced=1)


def test_arguments_may_have_the_names_of_a_body_s_variables(tmp_path: Path) -> None:
    rows = [{"row_id": "r1", "key": "k", "rows": 1}, {"row_id": "r2", "key": "l", "rows": 2}]
    calls = [
        ("list_rows", {}, {"rows": rows}),
        ("list_rows", {"key": "l", "rows": 2}, {"rows": rows[1:]}),
        ("update_row", {"row_id": "r1", "key": "m", "why": "w", "scope": "s"}, {"row_id": "r1", "key": "m"}),
    ]
    assert total(induce([recording("d", calls)], tmp_path / "rows")) == Counter(reproduced=3)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_recordings_has_no_say(seed: int, tmp_path: Path) -> None:
    library = list(gem_sim.read_trajectories(ROOT / "environments/library/trajectories.jsonl"))
    shuffled = random.Random(seed).sample(library, len(library))
    induce(library, tmp_path / "one" / "library")
    induce(shuffled, tmp_path / "two" / "library")
    assert files(tmp_path / "one" / "library") == files(tmp_path / "two" / "library")


@pytest.mark.parametrize(("name", "least"), [("library", 0.45), ("frame_shop", 0.4)])
def test_verified_recordings_are_reproduced_in_part_and_contradict_nothing(
    name: str, least: float, tmp_path: Path
) -> None:
    induced = induce(gem_sim.read_trajectories(ROOT / f"environments/{name}/trajectories.jsonl"), tmp_path / name)
    fates = total(induced)
    assert fates["contradicted"] == 0
    assert fates["reproduced"] >= least * fates.total()
    assert [finding for finding in induced.findings if finding.severity == "error"] == []


def test_what_is_induced_loads_untrusted_and_passes_what_it_reproduces(notes: Induced) -> None:
    environment = gem_sim.load_environment(str(notes.environment.folder))
    assert not environment.trusted
    found = [finding for item in NOTES for finding in gem_sim.verify(gem_sim.replay(item, environment)).findings]
    assert [finding for finding in found if finding.code.startswith(("result.", "schema.", "replay."))] == []


def test_a_recorded_refusal_that_nothing_explains_is_undecided(tmp_path: Path) -> None:
    calls = [("log_in", {"name": "a"}, {"ok": True}), ("log_in", {"name": "a"}, {"error": "You are in already."})]
    (replayed,) = induce([recording("d", calls)], tmp_path / "log").replays
    verdict = gem_sim.verify(replayed)
    assert {finding.code for finding in verdict.findings if finding.call == 2} == {"result.unspecified"}


def test_an_authored_environment_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "environment.json").write_text('{"name": "mine", "tools": []}')
    with pytest.raises(InputError, match="not induced"):
        induce(NOTES, tmp_path / "mine")
    assert (tmp_path / "mine" / "environment.json").read_text() == '{"name": "mine", "tools": []}'


def test_recordings_without_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no recording has an answered call"):
        induce([recording("d", [])], tmp_path / "none")


def test_a_given_state_answers_what_no_recording_asked(tmp_path: Path) -> None:
    cities = {
        str(n): {"town": town, "month": month, "rain": n}
        for n, (town, month) in enumerate([("rome", "may"), ("rome", "june"), ("oslo", "may"), ("oslo", "june")])
    }
    (tmp_path / "state.json").write_text(json.dumps({"climate": cities}))
    calls = [
        ("get_rain", {"city": "Rome", "month": "May"}, {"rain": 0}),
        ("get_rain", {"city": "Oslo", "month": "June"}, {"rain": 3}),
    ]
    induced = induce([recording("d", calls)], tmp_path / "rain", state=read_state(tmp_path / "state.json"))
    assert ask(induced, ("get_rain", {"city": "oslo", "month": "MAY"})) == {"rain": 2}
    assert "$unspecified" in ask(induced, ("get_rain", {"city": "Bonn", "month": "May"}))["rain"]


def test_a_recording_against_a_given_state_is_a_contradiction_and_the_state_stands(tmp_path: Path) -> None:
    state = {"notes": {key: {"note_id": key, "text": text} for key, text in (("n1", "milk"), ("n2", "salt"))}}
    listed = {"notes": [{"note_id": "n1", "text": "milk"}, {"note_id": "n2", "text": "SALT"}]}
    induced = induce([recording("d", [("list_notes", {}, listed)])], tmp_path / "notes", state=state)
    (finding,) = induced.findings
    assert "the given state" in finding.message
    assert ask(induced, ("list_notes", {}))["notes"][1]["text"] == "salt"


@pytest.mark.parametrize("text", ["[]", '{"a": 1}', '{"a": {"k": 1}}', "{"])
def test_a_state_that_is_none_is_one_clear_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(InputError) as raised:
        read_state(tmp_path / "state.json")
    assert str(raised.value).startswith(str(tmp_path / "state.json"))


TOOLS = [
    "get_order",
    "list_orders",
    "create_order",
    "delete_order",
    "x",
    "Svc_1_FindIt",
    "get'quote",
    "a{b}",
    "list_doubts",
]
ARGUMENTS = ["key", "row", "rows", "from", "order_id", "class", "état", "q b", "session_token", "why", "given_key"]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, "a", "id-1", "x'y", "O1"]))
FIELDS = ["id", "order_id", "name", "status", "rows", "error", "x y", "count"]
VALUES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), below, max_size=3),
    max_leaves=6,
)
CALLS = st.tuples(st.sampled_from(TOOLS), st.dictionaries(st.sampled_from(ARGUMENTS), VALUES, max_size=3), VALUES)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dialogues=st.lists(st.lists(CALLS, min_size=1, max_size=5), min_size=1, max_size=4))
def test_any_recordings_make_an_environment_that_loads(
    dialogues: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    system = "user: u{0}\ntime: 2024-01-0{0} 10:00"
    recordings = [recording(f"d{n}", calls, system.format(n + 1)) for n, calls in enumerate(dialogues)]
    folder = tmp_path_factory.mktemp("any")
    first = induce(recordings, folder / "one" / "any")
    induce(recordings[::-1], folder / "two" / "any")
    assert files(folder / "one" / "any") == files(folder / "two" / "any")
    assert total(first).total() == sum(map(len, dialogues))
