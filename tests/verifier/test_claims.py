"""What the assistant says is judged by what it had seen; a case says which values must be found, and no others."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gem_sim import Replay, read_trajectories, replay
from gem_sim.verdict import Finding
from gem_sim.verifier import claims
from gem_sim.verifier.prose import NUMBER_WORDS, find_words, read
from tests.conftest import CASES, ROOT, conversation, environment, shared_data
from tests.verifier.planted import planted

CLAIMS = [json.loads(line) for line in (CASES / "claims.jsonl").read_text().splitlines()]
BUNDLED = ("frame_shop", "library")


def found(*messages: Any, name: str = "desk") -> list[Finding]:
    return list(claims.statements(replay(conversation(*messages), environment(name))))


@cache
def replays(name: str) -> tuple[Replay, ...]:
    file = ROOT / "environments" / name / "trajectories.jsonl"
    return tuple(replay(trajectory, environment(name)) for trajectory in read_trajectories(file))


@pytest.mark.parametrize("case", CLAIMS, ids=lambda case: case["name"])
def test_the_case_finds_what_it_names_and_nothing_else(case: dict[str, Any]) -> None:
    findings = found(*case["messages"], name=case.get("environment", "desk"))
    assert [
        [f.code, f.evidence["value"] if want[1] else None] for f, want in zip(findings, case["finds"], strict=True)
    ] == (case["finds"])


@pytest.mark.parametrize("name", BUNDLED)
def test_nothing_is_found_in_the_trajectories_of_a_bundled_environment(name: str) -> None:
    assert [str(finding) for replayed in replays(name) for finding in claims.statements(replayed)] == []


@pytest.mark.parametrize("name", BUNDLED)
def test_planted_faults_are_found(name: str) -> None:
    tally: dict[str, list[bool]] = {}
    for replayed in replays(name):
        for kind, faulty in planted(replayed):
            tally.setdefault(kind, []).append(any(True for _ in claims.statements(faulty)))
    for kind, killed in tally.items():
        # An id with one figure changed may be that of another row, and then somebody has seen it.
        least = 0.7 if kind == "identifier" else 0.9
        assert sum(killed) >= least * len(killed), f"{kind}: {sum(killed)} of {len(killed)}"
    assert sum(map(sum, tally.values())) >= 0.95 * sum(map(len, tally.values()))


def test_the_published_trajectory_claims_what_it_had_not_seen() -> None:
    (trajectory,) = read_trajectories(shared_data("gem_appendix_f.json"))
    replayed = replay(trajectory, environment("frame_shop"))
    comparison, colour = claims.statements(replayed)
    assert (comparison.code, comparison.turn) == ("claims.false_comparison", 3)
    assert comparison.evidence["sentence"] == "The height of 76cm is within limits, but we need to address this."
    assert comparison.evidence["bounds"] == [60, 70]
    assert (colour.code, colour.turn, colour.evidence["value"]) == ("claims.unsupported", 5, "white mount")
    divergence = replayed.first_divergence()
    assert divergence is not None
    assert (divergence.placed.number, divergence.placed.call.tool) == (5, "check_size_constraints")


def test_a_finding_shows_the_sentence_the_value_and_what_comes_nearest() -> None:
    seen = {"shelf": 54, "room": 3}
    (finding,) = found(["user", "Where?"], ["call", "find", {}, seen], ["assistant", "Good. It weighs 57 kg."])
    assert finding.evidence == {
        "message": 4,
        "sentence": "It weighs 57 kg.",
        "value": "57 kg",
        "nearest": {"value": 54, "message": 3, "where": "find", "field": "shelf"},
    }


NAMES = st.sampled_from(["high", "weight", "distance", "score", "depth"])
FIELDS = st.dictionaries(NAMES, st.integers(13, 10**6), min_size=1, max_size=4)


@given(FIELDS)
def test_what_a_result_says_may_be_said(fields: dict[str, int]) -> None:
    said = " ".join(f"The {name} is {value}." for name, value in fields.items())
    assert found(["user", "Tell me."], ["call", "measure", {}, fields], ["assistant", said]) == []


@given(NAMES, st.integers(13, 10**6), st.integers(1, 50))
def test_another_value_of_the_one_field_is_a_contradiction(name: str, value: int, more: int) -> None:
    said = ["assistant", f"The {name} is {value + more}."]
    findings = found(["user", "Tell me."], ["call", "measure", {}, {name: value}], said)
    assert [finding.code for finding in findings] == ["claims.contradiction"]


@given(FIELDS, st.integers(13, 10**6))
def test_a_claim_stays_supported_when_more_is_seen(fields: dict[str, int], extra: int) -> None:
    name, value = next(iter(fields.items()))
    before = ["call", "measure", {}, {"room": extra}]
    said = ["assistant", f"The {name} is {value}."]
    assert found(["user", "Tell me."], before, ["call", "measure", {}, fields], said) == []


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    prose = read(text)
    for mention in prose.mentions:
        assert 0 <= mention.start < mention.end <= len(prose.text)
    starts = [mention.start for mention in prose.mentions]
    assert starts == sorted(starts)
    inside = [mention for sentence in prose.sentences for mention in sentence.mentions]
    assert [m for m in inside if m not in prose.mentions] == []


@given(st.text(max_size=60) | st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_words_of_a_text_are_its_runs_of_letters(text: str) -> None:
    assert find_words(text) == frozenset(re.findall(r"[^\W\d_]+", text.lower()))


@pytest.mark.parametrize("early", [[], [["assistant", "The size is 5 x 6 cm, the weight 7 kg."]]])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_named_as_nearest_does_not_depend_on_what_was_read_when(early: list[Any], turned: bool) -> None:
    seen = [["user", "I have 400 of them."], ["call", "measure", {}, {"total": 600}]]
    first, last = reversed(seen) if turned else seen
    findings = found(first, *early, last, ["assistant", "There are 500 lamps."])
    assert [f.evidence["nearest"]["value"] for f in findings if f.evidence["value"].startswith("500")] == [400]


@given(st.integers(2, 999))
def test_a_number_in_words_is_the_number(number: int) -> None:
    words = {value: word for word, value in NUMBER_WORDS.items() if word != "dozen"}
    hundreds, rest = divmod(number, 100)
    parts = [f"{words[hundreds]} hundred"] if hundreds else []
    parts += [words[rest] if rest in words else words[rest - rest % 10] + " " + words[rest % 10]] if rest else []
    (mention,) = read(f"We have {' and '.join(parts)} of them.").mentions
    assert mention.value == number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Your order is shipped.", "is shipped"),
        ("Your order is in production.", None),
        ("It is not shipped yet.", None),
        ("Status: delivered.", "status: delivered"),
    ],
)
def test_a_status_is_the_one_answered(said: str, value: str | None) -> None:
    answer = {"order_id": "ORD_1202", "status": "in production"}
    asked = ["call", "get_order_status", {"order_id": "ORD_1202"}, answer]
    spoken = conversation(["user", "Where is ORD_1202?"], asked, ["assistant", said])
    findings = list(claims.statements(replay(spoken, environment("frame_shop"))))
    assert [finding.evidence["value"] for finding in findings] == ([value] if value else [])


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Copy C1101 is on loan.", "is on loan"),
        ("They are all on the hold shelf.", None),
        ("Both are now in repair.", None),
        ("Copy C1101 is available, C1102 is in repair.", None),
        ("Is it on loan?", None),
    ],
)
def test_a_state_is_one_that_some_row_has(said: str, value: str | None) -> None:
    rows = [{"copy_id": "C1101", "status": "available"}, {"copy_id": "C1102", "status": "in repair"}]
    asked = ["call", "get_title", {"title_id": "T157"}, {"title_id": "T157", "copies": rows}]
    spoken = conversation(["user", "What of T157?"], asked, ["assistant", said])
    findings = list(claims.statements(replay(spoken, environment("library"))))
    assert [finding.evidence["value"] for finding in findings] == ([value] if value else [])


@pytest.mark.parametrize(("said", "value"), [("It is T741.", "T741"), ("It is T157.", None), ("Take the A4.", None)])
def test_a_short_id_counts_where_keys_are_made_so(said: str, value: str | None) -> None:
    spoken = conversation(["user", "What of T157?"], ["assistant", said])
    findings = list(claims.statements(replay(spoken, environment("library"))))
    assert [finding.evidence["value"] for finding in findings] == ([value] if value else [])


PIECES = st.sampled_from(
    [
        *(
            "9999-12-31",
            "0001-01-01",
            "12/31",
            "31/02/2026",
            "February 30th",
            "in 99999999999999 days",
            "1e400",
            "½",
            "٣ kg",
        ),
        *(
            "one hundred thousand thousand dozen",
            "$1,2,3",
            "5 %",
            "24:61",
            "13pm",
            "half an hour",
            "next month",
            "a week",
        ),
        *(
            "is within limits",
            "exceeds",
            "at most",
            "2 hours and 99 minutes",
            "#",
            "- 1.",
            "\n",
            "x",
            "10 x 20 x 30",
            "é",
        ),
        *(
            "999999999999999999999999999999999999 km",
            "00:00",
            "-0",
            "0 degrees",
            "twice",
            "on average",
            "both",
            "White box",
        ),
        *(
            "24:00",
            "about 3 hours from now",
            "from 31 to 40 May",
            "Tuesday, 31 February",
            "€1e9 a kilo",
            "I've moved B1 and B2",
            "are both booked",
            "half past",
            "five pounds each",
            "(K-1)",
        ),
    ]
)
SPOKEN = st.lists(PIECES, max_size=8).map(" ".join)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**2000), 2**2000),
        st.floats(allow_nan=False, allow_infinity=False),
        SPOKEN,
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from(["total", "daysLate", "x"]), below)
    ),
    max_leaves=8,
)


@example("", {"total": 0, "daysLate": 7.5e306}, "in 3 days 2 hours")
@given(SPOKEN, VALUES, SPOKEN)
def test_whatever_is_said_can_be_judged(asked: str, value: Any, said: str) -> None:
    for finding in found(["user", asked], ["call", "ask", {"x": value}, value], ["assistant", said]):
        assert finding.message
        assert finding.evidence["message"] == 4
