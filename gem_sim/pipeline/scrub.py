"""Personal data out of texts, before anything is cut or quoted from them.

What is found is replaced by what can be nobody's: addresses under example.com, numbers set aside for fiction. The same
value becomes the same one all over a document, so that a text still says who is who.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import count
from typing import Any, NamedTuple

from gem_sim.errors import InputError
from gem_sim.pipeline.documents import TEXT_KEYS, Document

# Changes whenever other things are found, or replaced otherwise.
SCRUBBED = "scrubbed-1"
REGION = "US"

_EMAIL = re.compile(r"(?<![\w.+%-])[A-Za-z0-9][\w.+%'-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\b")
# Nobody's already: names set aside, and the one that every clone of a repository logs in as.
_NOBODY = re.compile(r"^git@|@(?:[\w-]+\.)*example(?:\.\w+)?$|\.(?:example|invalid|test)$", re.IGNORECASE)
_NOBODYS_NUMBER = re.compile(r"^0000|^XX|^000|\b555-01\d\d$")
_CARD = re.compile(r"(?<![\w.-])(?:\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")


class _Found(NamedTuple):
    start: int
    end: int
    kind: str


def scrub_documents(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents without personal data; what was found is counted in the row, under `scrubbed`.

    Raises:
        InputError: If the packages that find it are not installed.
    """
    scrub = scrubber()
    for document in documents:
        text, counts = scrub(document.text)
        copies = {key: document.row[key] for key in TEXT_KEYS if key in document.row}
        clean = {key: scrub(value)[0] for key, value in copies.items() if isinstance(value, str)}
        row = {**document.row, **clean}
        if counts:
            row["scrubbed"] = dict(sorted(counts.items()))
        yield document._replace(text=text, row=row)


def scrubber() -> Callable[[str], tuple[str, Counter[str]]]:
    """Return a function from a text to the text without personal data, and how often each kind was found.

    The kinds are `email`, `phone`, `card`, `iban` and `ssn`. Names of persons are not found.

    Raises:
        InputError: If the packages that find it are not installed.
    """
    try:
        phones: Any = import_module("phonenumbers")
        luhn: Any = import_module("stdnum.luhn")
        iban: Any = import_module("stdnum.iban")
        ssn: Any = import_module("stdnum.us.ssn")
    except ImportError:
        cure = "pip install 'gem-sim[scrub]'"
        raise InputError("scrubbing needs the packages phonenumbers and python-stdnum", cure=cure) from None
    checked = ((_CARD, "card", luhn), (_IBAN, "iban", iban), (_SSN, "ssn", ssn))

    def found_in(text: str) -> Iterator[_Found]:
        for match in _EMAIL.finditer(text):
            if not _NOBODY.search(match[0]):
                yield _Found(*match.span(), "email")
        for pattern, kind, numbers in checked:
            for match in pattern.finditer(text):
                end = _valid_end(match[0], numbers)
                if end and not _NOBODYS_NUMBER.search(match[0]):
                    yield _Found(match.start(), match.start() + end, kind)
        for phone in phones.PhoneNumberMatcher(text, REGION):
            if not _NOBODYS_NUMBER.search(phone.raw_string):
                yield _Found(phone.start, phone.end, "phone")

    def scrub(text: str) -> tuple[str, Counter[str]]:
        return _replaced(text, sorted(found_in(text)))

    return scrub


def _valid_end(found: str, numbers: Any) -> int:
    """Return where the longest valid number at the beginning ends; a word after it may look like a part of it."""
    ends = [len(found), *(match.start() for match in reversed(list(re.finditer(" ", found))))]
    return next((end for end in ends if numbers.is_valid(re.sub(r"[ -]", "", found[:end]))), 0)


def _replaced(text: str, found: Iterable[_Found]) -> tuple[str, Counter[str]]:
    pieces: list[str] = []
    names: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()
    at = 0
    for one in found:
        if one.start < at:
            continue
        value = text[one.start : one.end].lower()
        key = (one.kind, value if one.kind == "email" else re.sub(r"[\s().-]", "", value))
        if key not in names:
            numbered = (_nobodys(one.kind, number) for number in count(1))
            # One that stands in the text already is somebody else there.
            names[key] = next(name for name in numbered if name not in text and name not in names.values())
        pieces += [text[at : one.start], names[key]]
        counts[one.kind] += 1
        at = one.end
    return "".join([*pieces, text[at:]]), counts


def _nobodys(kind: str, number: int) -> str:
    """Return the value of a kind that is nobody's, another for each number from 1."""
    if kind == "email":
        return f"person{number}@example.com"
    if kind == "phone":
        # 555-0100 to 555-0199 are set aside for fiction in every area of the North American plan.
        return f"{202 + (number - 1) // 100}-555-{100 + (number - 1) % 100:04d}"
    if kind == "card":
        return f"0000 0000 0000 {number:04d}"
    return f"000-00-{number:04d}" if kind == "ssn" else f"XX00 0000 0000 {number:04d}"
