"""A number that can be worked out is weighed by the chance that any number like it could be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.simulator import replay
from gem_sim.verdict import Finding
from gem_sim.verifier import claims
from tests.conftest import conversation, environment

CENTS = st.integers(min_value=1_000, max_value=99_999)


def found(*messages: Any) -> list[Finding]:
    return list(claims.statements(replay(conversation(*messages), environment("desk"))))


def told(seen: dict[str, Any], said: str, policy: str = "You are a desk.") -> list[Finding]:
    return found(["system", policy], ["user", "Well?"], ["call", "find", {}, seen], ["assistant", said])


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"crate_kg": 15, "crates": 4}, "Four crates weigh 60 kg, so your contribution would be €10.80."),
        ({"nights": 7}, "Tourist tax 2 × 7 × €0.90 = €12.60."),
        ({"length_m": 15.8, "limit_m": 15}, "She is 15.8 m long and the limit is 15 metres, so she's 80 cm too long."),
        ({"total_eur": 61.2, "nights": 3}, "It's €61.20 for three nights, so €20.40 a night."),
        ({"weight_kg": 410, "dose_mg_per_kg": 0.2}, "At 410 kg and 0.2 mg/kg a dose would be 82 mg."),
    ],
)
def test_what_hardly_comes_out_by_chance_is_evidence(seen: dict[str, Any], said: str) -> None:
    assert told(seen, said, "The contribution is 0.18 euros a kilo, the tax €0.90 a night.") == []


@pytest.mark.parametrize("said", ["So the second pump needs 26 more.", "Then 154 of them would be used."])
def test_what_many_numbers_come_to_is_undecided_and_shows_how(said: str) -> None:
    others = [["call", "find", {}, {f"value_{at}": value}] for at, value in enumerate((90, 31, 47, 58, 64, 71, 77, 85))]
    (finding,) = found(["user", "Well?"], *others, ["assistant", said])
    assert (finding.code, finding.severity) == ("claims.unsupported", "undecided")
    assert 0 < float(str(finding.evidence["chance"])) <= 1
    assert str(finding.evidence["reckoned"]) in finding.message


def test_a_sentence_that_reckons_nothing_has_no_such_evidence() -> None:
    (finding,) = told({"shelf": 54, "room": 3}, "Good. It weighs 57 kg.")
    assert (finding.code, finding.severity) == ("claims.unsupported", "error")


@given(CENTS, CENTS)
def test_a_sum_and_a_difference_of_two_amounts_pass(one: int, other: int) -> None:
    seen = {"fare": one / 100, "hall": other / 100}
    for cents in {one + other, abs(one - other)} - {0}:
        assert not any(f.severity == "error" for f in told(seen, f"So that would be €{cents / 100:.2f}."))


@given(CENTS, CENTS, st.integers(min_value=1_000_000, max_value=9_000_000))
def test_what_no_reckoning_reaches_is_an_error(one: int, other: int, far: int) -> None:
    # Larger than any product of the two, and no sum.
    cents = 2 * one * other + far
    (finding,) = told({"fare": one, "hall": other}, f"So that would be €{cents / 100 + 0.37:.2f}.")
    assert finding.severity == "error"


@given(st.lists(st.integers(min_value=1, max_value=10**40), min_size=1, max_size=30), st.integers(1, 10**40))
def test_any_numbers_are_weighed_the_same_again(values: list[int], said: int) -> None:
    seen = {f"value_{at}": value for at, value in enumerate(values)}
    first, again = (told(seen, f"So that would be {said} altogether.") for _ in range(2))
    assert first == again


def test_a_size_too_large_for_any_time_is_judged() -> None:
    said = f"20 minutes by {'9' * 400} at 5:26."
    assert [finding.code for finding in found(["user", "When?"], ["assistant", said])][-1:] == ["claims.unsupported"]
