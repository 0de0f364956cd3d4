"""Regular expressions of bodies answer as Python's `re` does, wherever RE2 can match the pattern at all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.errors import LimitError, StubError
from tests.sandbox.stubs import outcome, result

PATTERNS = st.sampled_from(
    [
        *(
            r"a",
            r"\w+",
            r"\d+",
            r"\s*",
            r"[^\s,]+",
            r"(a|b)+c?",
            r"(\w+)@(\w+)",
            r"(?P<first>\w)(\d)?",
            r"x*",
            r"^a|b$",
        ),
        *(r"[]a]", r"[^]a]+", r"[\w.-]+", r"\W+", r"\D", r"\S+\Z", r"(?i)STR", r"a{2,3}", r"\.", r"[a-z]+[0-9]*", r""),
    ]
)
TEXTS = st.text(alphabet="ab1 2x,.@-_çéÜ٣\u2003", max_size=12) | st.sampled_from(
    ["Ängste, 3 Straße!", "a1 b22 c", "x@y z@w"]
)
TEMPLATES = st.sampled_from(["", "é", r"<\g<0>>", r"\\", r"a\nb", "-", r"\t|"])


def groups(match: Any) -> Any:
    return None if match is None else [match.group(), list(match.groups()), list(match.span())]


@given(PATTERNS, TEXTS)
def test_matching_is_pythons(pattern: str, text: str) -> None:
    body = (
        "import re\n"
        "found = [re.search(p, t), re.match(p, t), re.fullmatch(p, t)]\n"
        "shown = [None if m is None else [m.group(), list(m.groups()), list(m.span())] for m in found]\n"
        "return [shown, re.findall(p, t), re.split(p, t), re.split(p, t, maxsplit=1)]"
    )
    expected = [
        [groups(re.search(pattern, text)), groups(re.match(pattern, text)), groups(re.fullmatch(pattern, text))],
        [list(item) if isinstance(item, tuple) else item for item in re.findall(pattern, text)],
        re.split(pattern, text),
        re.split(pattern, text, maxsplit=1),
    ]
    assert result(body, p=pattern, t=text) == expected


@given(PATTERNS, TEMPLATES, TEXTS, st.integers(0, 2))
def test_replacing_is_pythons(pattern: str, template: str, text: str, count: int) -> None:
    body = "import re\nreturn [re.sub(p, r, t, count=n), re.compile(p).sub(r, t), re.sub(p, lambda m: m[0] + '!', t)]"
    expected = [
        re.sub(pattern, template, text, count=count),
        re.compile(pattern).sub(template, text),
        re.sub(pattern, lambda match: match[0] + "!", text),
    ]
    assert result(body, p=pattern, r=template, t=text, n=count) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r"re.sub(r'(\w+) (\w+)', r'\2 \1', 'Jörg Ünal')", "Ünal Jörg"),
        (r"re.sub(r'(?P<a>\d+)', r'[\g<a>]', 'n 12')", "n [12]"),
        (r"re.match(r'(?P<y>\d{4})-(?P<m>\d\d)', '2026-03-02').groupdict()", {"y": "2026", "m": "03"}),
        (r"re.match(r'(a)(b)?', 'ac').groups('none')", ["a", "none"]),
        (r"re.search('B', 'abc', re.IGNORECASE).start()", 1),
        (r"[m.lastgroup for m in [re.match(r'(?P<word>\w+)', 'é')]]", ["word"]),
        (r"re.compile('a').findall('banana')", ["a", "a", "a"]),
    ],
)
def test_groups_and_templates(expression: str, expected: Any) -> None:
    assert result(f"import re\nreturn {expression}") == expected


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?=a)", r"(", r"(?<!a)b", r"[\Wa]"])
def test_what_cannot_be_matched_in_linear_time_is_told(pattern: str) -> None:
    with pytest.raises(StubError, match=r"ValueError"):
        outcome("import re\nreturn re.findall(p, 'éa')", p=pattern)


@pytest.mark.parametrize("template", [r"\q", "\\", r"\g<nothing>", r"\9"])
def test_a_bad_replacement_is_told(template: str) -> None:
    with pytest.raises(StubError):
        outcome("import re\nreturn re.sub('a', r, 'a')", r=template)


def test_a_large_pattern_pays_for_its_size() -> None:
    with pytest.raises(LimitError, match="out of fuel"):
        outcome("import re\nreturn re.search('(?:a?){900}a{900}b', 'a' * 4000000) is None")
