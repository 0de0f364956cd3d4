"""Values for fields and arguments, chosen by a hash: the same for the same text in any process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from gem_sim.canonical import Json
from gem_sim.pipeline.offline.verbs import words_in

_Item = TypeVar("_Item")
START = date(2026, 3, 2)

_FIRST = words_in("""
    Amara Bela Carla Daniel Elena Farid Greta Hassan Imani Jonas Keiko Lucia Milan Nadia Omar Paula Rosa Samir
    Tomas Vera Walid Yara Zofia Anton
""")
_LAST = words_in("""
    Okafor Lindqvist Marchetti Novak Haddad Ferreira Kowalska Tanaka Brandt Osei Petrov Larsen Moreau Quispe
    Rahman Sorensen Toure Ueda Vargas Weiss Ximenes Yilmaz Zeman Abara
""")
_NUMBERS = frozenset(words_in("number amount quantity count total hours days minutes weeks percentage age size copies"))
_TEXTS = (
    "It is needed before the end of the month.",
    "The last attempt did not work.",
    "Somebody from our office asked for it.",
    "The details have changed since last time.",
)
_PLAIN = ("standard", "priority", "north wing", "spring", "general", "main office", "evening", "weekday")


def number(*parts: object, below: int) -> int:
    """Return a number from 0 to `below` - 1 that the parts decide."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") % below


def pick(options: Sequence[_Item], *parts: object) -> _Item:
    """Return one of the options, decided by the parts."""
    return options[number(*parts, below=len(options))]


def person(index: int, *parts: object) -> str:
    """Return a full name; those of different indices below 24 differ."""
    first = number("first", *parts, below=24)
    last = number("last", *parts, below=24)
    return f"{_FIRST[(first + index) % 24]} {_LAST[(last + 5 * index) % 24]}"


def day(offset: int) -> str:
    """Return a date that many days after the start of the clock."""
    return (START + timedelta(days=offset)).isoformat()


def is_number(noun: str) -> bool:
    """Tell whether a noun stands for a number to be given."""
    return noun in _NUMBERS and noun != "number"


def value_for(noun: str, type_: str, *parts: object) -> Json:
    """Return a value that a noun may have: a date for a date, an address for an address."""
    if type_ == "integer":
        return 2 + number(noun, *parts, below=17)
    words = set(noun.replace("_", " ").split())
    if words & {"message", "reason", "description", "note", "comment", "explanation", "question", "detail", "details"}:
        return pick(_TEXTS, noun, *parts)
    if words & {"email", "emails", "e-mail"}:
        return f"{pick(_FIRST, noun, *parts).lower()}@{pick(_LAST, noun, *parts).lower()}.example"
    if words & {"phone", "telephone"}:
        return f"555-01{number(noun, *parts, below=90) + 10}"
    if words & {"date", "deadline", "day", "birthday"}:
        return day(7 + number(noun, *parts, below=60))
    if words & {"time"}:
        return f"{8 + number(noun, *parts, below=10):02d}:{pick(('00', '15', '30', '45'), noun, *parts)}"
    if words & {"number", "code", "id", "barcode", "pin", "serial"}:
        return f"{pick('BCDFGHKLMNPRST', noun, *parts)}{10_000 + number(noun, *parts, below=89_999)}"
    if words & {"name", "driver", "manager", "editor", "recipient", "patient", "person", "user", "contact", "owner"}:
        return person(number(noun, *parts, below=24), noun)
    if words & {"link", "url", "website"}:
        return f"https://portal.example/{pick(_LAST, noun, *parts).lower()}"
    if words & {"file", "image", "document", "form", "photo", "pdf", "copy"}:
        return f"{noun}_{pick(_LAST, noun, *parts).lower()}.pdf"
    if words & {"address", "location"}:
        return f"{2 + number(noun, *parts, below=88)} {pick(_LAST, noun, *parts)} Street"
    return f"{pick(_PLAIN, noun, *parts)} {noun.replace('_', ' ')}"
