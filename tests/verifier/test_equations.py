"""A reckoning that is written out is found false exactly where it does not come out."""

from __future__ import annotations

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


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for found in false_equations(read(text)):
        assert found.mention.text in text
