"""A reckoning that is written out is found false exactly where it does not come out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.verifier.equations import false_equations
from gem_sim.verifier.prose import read

CENTS = st.integers(min_value=1, max_value=9_999_999)


def amount(cents: int) -> str:
    return f"€{cents / 100:.2f}"


def false(text: str) -> list[str]:
    return [found.mention.text for found in false_equations(read(text))]


@given(st.lists(CENTS, min_size=2, max_size=6))
def test_a_sum_that_comes_out_is_no_finding(parts: list[int]) -> None:
    assert false(f"That is {' + '.join(map(amount, parts))} = {amount(sum(parts))}.") == []


@given(st.lists(CENTS, min_size=2, max_size=6), st.integers(min_value=100, max_value=99_999))
def test_a_sum_that_does_not_come_out_is_found(parts: list[int], off: int) -> None:
    said = amount(sum(parts) + off)
    assert false(f"That is {' + '.join(map(amount, parts))} = {said}.") == [said]


@given(CENTS, CENTS, st.integers(min_value=2, max_value=40))
def test_products_come_before_sums(price: int, fee: int, count: int) -> None:
    whole = count * price + fee
    assert false(f"That is {count} × {amount(price)} + {amount(fee)} = {amount(whole)}.") == []
    assert false(f"That is {amount(fee)} + {count} × {amount(price)} = {amount(whole + 200)}.") == [amount(whole + 200)]


@given(CENTS, CENTS)
def test_a_difference_in_words_is_read_as_one(more: int, less: int) -> None:
    more += less
    assert false(f"That is {amount(more)} less {amount(less)}, so {amount(more - less)}.") == []
    wrong = amount(more - less + 300)
    assert false(f"That is {amount(more)} less {amount(less)}, so {wrong}.") == [wrong]


@pytest.mark.parametrize(
    "text",
    [
        "Your limit is €100. You have used €20 plus €10, so €70 is left.",
        "The two cost €20 plus €10, which leaves €70.",
        "You had €100, less €20 less €10, so €70.",
        "The ticket is €45. Plus €5 + €2 = €52.",
        "Room (€90, two nights) + €10 + €5 = €105.",
        "Two tickets at €45 plus €5 = €95.",
        "A third of €90 - €10 = €20.",
        "€0 - €50 = €5 delivery, €50 - €100 = free.",
        "Pages 12-14 = 3 pages, zones 1 - 2 = €2.90",
        "Costs:\n- €45\n- €5\n= €50",
        "€20 + $10 = $31",
        "100 USD + 50 EUR = 154 USD",
        "€1.200 + €300 = €1.500",
        "12 × €8.33 = €100.00",
        "4 × 250 = 1 l",
        "It is not true that €5 + €5 = €12.",
        "Buy one get one free: €50 + €50 = €50",
        "-5 + 8 = 3",
        "Week 50 + 4 = 2",
        "It is €5 plus €3, so €2 more than before.",
        f"{' × '.join(['€999999999', *['999999999'] * 40])} = €1",
    ],
)
def test_what_only_looks_like_a_reckoning_is_no_finding(text: str) -> None:
    assert false(text) == []


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for found in false_equations(read(text)):
        assert found.mention.text in text
