"""Reading texts: what is searched for step by step is what a pattern would find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.verifier.prose import find_words, read, words_in
from gem_sim.verifier.records import places, stands_in
from gem_sim.verifier.seen import leaves, texts_under
from gem_sim.verifier.sources.dates import read_times

LETTERS = st.text("aes-_ .1bé", max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abB", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def whole_words(words: str) -> re.Pattern[str]:
    """Return the pattern of some words as a whole, in the singular or the plural; a number has none."""
    plural = "" if words[-1:].isdigit() else "(?:e?s)?"
    return re.compile(rf"(?<![\w-]){re.escape(words)}{plural}(?!\w|-\w)")


@given(LETTERS.filter(bool), LETTERS)
def test_places_are_those_of_whole_words(words: str, text: str) -> None:
    found = [match.span() for match in whole_words(words).finditer(text)]
    assert list(places(words, text)) == found
    assert stands_in(words, text) == bool(found)


@given(JSON)
def test_every_leaf_is_found_in_order(value: object) -> None:
    def walk(item: object) -> list[object]:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        return [item] if inner is None else [leaf for below in inner for leaf in walk(below)]

    found = leaves(value)
    assert [(type(leaf), leaf) for leaf in found] == [(type(leaf), leaf) for leaf in walk(value)]


@given(JSON)
def test_texts_under_a_name_are_found_at_any_depth(value: object) -> None:
    def walk(item: object) -> list[str]:
        if isinstance(item, list):
            return [text for below in item for text in walk(below)]
        pairs = item.items() if isinstance(item, dict) else ()
        return [t for k, v in pairs for t in ([v.lower()] if k == "a" and isinstance(v, str) else walk(v))]

    assert texts_under("a", value) == walk(value)


@given(st.text())
def test_words_are_runs_of_letters_whatever_the_script(text: str) -> None:
    expected = frozenset(re.findall(r"[^\W\d_]+", text.lower()))
    assert find_words(text) == words_in(text) == expected


def test_a_full_stop_behind_a_number_begins_nothing() -> None:
    found = read("It is 12. Costs are $5.50, and on 14 May, 2026 it ends.").mentions
    assert [mention.text for mention in found] == ["12", "$5.50", "14 May, 2026"]


def test_an_abbreviation_ends_no_sentence() -> None:
    sentences = read("Ask Dr. Ito, e.g. on Monday. No. 7 is free!\n- one\n- two").sentences
    assert [sentence.text for sentence in sentences] == ["Ask Dr. Ito, e.g. on Monday.", "No. 7 is free!", "one", "two"]


def test_letters_that_are_the_same_but_for_case_make_the_same_month() -> None:
    assert [mention.value for mention in read("from 5 to 6 ſep").mentions] == [(0, 9, 5), (0, 9, 6)]


# Patterns that ignore case take these letters for s, i, I and K.
ALIKE = str.maketrans("siIK", "ſıİ\u212a")


@pytest.mark.parametrize(
    "text",
    [
        "It takes 5 days on Sundays, 3 minutes, 2 kilos or 7 million.",
        "In April it is INR 12, five weeks from Monday at six minutes past twelve.",
        "from 5 to 6 Sep, half past six, a week earlier, tonight, this evening",
    ],
)
def test_letters_that_a_pattern_takes_for_the_same_are_read_so(text: str) -> None:
    turned = [mention.value for mention in read(text.translate(ALIKE)).mentions if isinstance(mention.value, tuple)]
    assert turned == [mention.value for mention in read(text).mentions if isinstance(mention.value, tuple)]
    assert read_times(text.translate(ALIKE)).named or not read_times(text).named
