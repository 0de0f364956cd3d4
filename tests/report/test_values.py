"""Values as lines: cut to a bound, marked where they part, nothing hidden."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.report.values import ROOMY, TIGHT, Limits, cut_text, one_line, show_json, visible

SMALL = Limits(text=50, string=10, lines=8, rows=3)

texts = st.text(st.characters())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def lines(value: Any, **more: Any) -> list[str]:
    return [line.indent + line.text for line in show_json(value, ROOMY, **more).lines]


def marked(value: Any, **more: Any) -> list[str]:
    return [line.text for line in show_json(value, ROOMY, **more).lines if line.marked]


@given(values)
def test_what_is_shown_whole_is_the_value(value: Any) -> None:
    roomy = Limits(text=10_000, string=10_000, lines=10_000, rows=10_000)
    shown = show_json(value, roomy)
    text = "\n".join(line.indent + line.text for line in shown.lines)
    assert shown.left_out == ""
    # Characters that hide are shown as their escapes; in a string of JSON these mean the same, beyond 0xFFFF apart.
    if "\\U" not in text:
        assert json.loads(text) == value


@given(values)
def test_what_is_shown_is_bounded_whatever_the_value(value: Any) -> None:
    shown = show_json([value] * 30, SMALL)
    assert len(shown.lines) <= SMALL.lines
    assert (shown.left_out != "") == (len(show_json([value] * 30, ROOMY._replace(lines=10_000)).lines) > SMALL.lines)
    assert len(one_line(value, 20)) <= 20


def test_a_long_string_says_how_long_it_is() -> None:
    assert lines("x" * 601) == ['"' + "x" * 600 + '…" (601 characters)']
    assert lines({"x" * 700: 1})[1].endswith('…" (700 characters): 1')


def test_a_few_scalars_stand_on_one_line_and_more_on_several() -> None:
    assert lines({"a": 1, "b": [1, 2]}) == ["{", '  "a": 1,', '  "b": [1, 2]', "}"]
    assert lines({}) == ["{}"]
    assert len(lines(list(range(9)))) == 11


def test_the_values_that_part_are_marked_and_stand_on_lines_of_their_own() -> None:
    value = {"a": 1, "b": {"c": 2, "d": 3}}
    assert marked(value, marks={"$.b.c": 2}) == ['"c": 2,']
    assert marked(value, marks={"$.b": {"c": 2, "d": 3}}) == ['"b": {"c": 2, "d": 3}']
    assert marked(value, marks={}) == []


def test_a_mark_holds_for_the_value_that_stands_there_only() -> None:
    # Items of lists without order are paired whatever their index, so a path alone may lead to another item.
    assert marked([{"id": 1}, {"id": 2}], marks={"$[0].id": 2}) == []
    assert marked([54.0], marks={"$[0]": 54}) == ["54.0"]


def test_keys_follow_the_other_answer() -> None:
    assert lines({"a": 1, "b": 2, "c": 3}, like={"c": 0, "x": 0, "a": 0}) == ['{"c": 3, "a": 1, "b": 2}']


def test_an_unspecified_value_is_said_in_words() -> None:
    assert lines({"price": {"$unspecified": "no rule\nfor it"}}) == [
        "{",
        '  "price": (unspecified: no rule for it)',
        "}",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\\u000dc"),
        ("\x1b[31m\x00\x9b", "\\u001b[31m\\u0000\\u009b"),
        ("\u202eevil\u202c", "\\u202eevil\\u202c"),
        ("\u200bx\ufeff", "\\u200bx\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("naïve 漢字 שלום 👩\u200d🔬 می\u200cخواهم", "naïve 漢字 שלום 👩\u200d🔬 می\u200cخواهم"),
    ],
)
def test_no_character_hides(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert cut_text(text + "x" * 100, 50).text.startswith(shown[:20])


def test_a_cut_text_says_how_much_is_missing() -> None:
    assert cut_text("abc", 3) == ("abc", "")
    assert cut_text("x" * 1403, TIGHT.text) == ("x" * 400, "1,003 more characters are left out")
