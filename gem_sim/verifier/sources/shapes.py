"""What kind of thing a value without a source is: an identifier, a number, a file, a name, a word, free text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Shape = Literal["identifier", "file", "measure", "word", "name", "text"]

_RECORD = re.compile(r"(?:^|_)(?:id|ids|uuid|guid|token|sku|iban|isbn|vin|ssn)$|[a-z](?:Id|ID|Ids|IDs|Token)$")
_PERSONAL = re.compile(r"(?:^|_)(?:e?mail|phone(?:_number)?|password|passcode|pin)$", re.IGNORECASE)
_PROSE = re.compile(
    r"(?:^|_)(?:message|body|content|text|description|title|subject|notes?|remarks?|comments?|query|reason|summary|task|prompt"
    r"|question|answer|feedback|caption|resolution)s?$",
    re.IGNORECASE,
)
_IDENTIFYING_FORMATS = frozenset(("uuid", "email", "idn-email", "uri", "iri", "url", "ipv4", "ipv6", "hostname"))
_ADDRESS = re.compile(
    r"^[^\s@]+@[^\s@]+$|^[a-z][a-z0-9+.-]*://\S+$|^www\.\S+$|^[\w-]+(?:\.[\w-]+)+/\S*$", re.IGNORECASE
)
_PHONE = re.compile(r"^\+?[\d\s().-]{7,}$")
_FILE = re.compile(r"^[^\s/@]+\.[A-Za-z][A-Za-z0-9]{0,4}$|^\.{1,2}$|^[\w.~-]*(?:/[\w.-]+)+/?$")
# Nobody makes up a number as long as this for the name of a file.
_LONG_NUMBER = re.compile(r"\d{6,}")
_MEASURE = re.compile(
    r"^[-+]?[\d.,]+\s?(?:[a-z%°]{1,4}|hours?|minutes?|days?|weeks?|miles?|st|nd|rd|th)?$", re.IGNORECASE
)
# Signs of passwords and tokens.
_SIGN = re.compile(r"[!$%^&*]")
# A word of fewer letters may have few vowels.
_NOISE = 10
_MIXED_CASE = re.compile(r"[a-z][A-Z].*[a-z][A-Z]|[A-Z]{2}[a-z]+[A-Z]")
_PROPER = re.compile(r"[^\W\d_][\w'’.-]*")
# In a text, what is worth looking for: letters mixed with digits, long numbers, addresses.
_TOKEN = re.compile(r"[A-Za-z0-9][\w.@:/#+-]*[A-Za-z0-9]")

# A key of these names is an everyday word as often as not: a city, a type of glass.
_NATURAL = re.compile(
    r"(?:^|_)(?:name|title|date|day|month|year|time|city|country|state|symbol|location|place|type|kind|category|label|language"
    r"|currency|unit|size|colou?r|level|band|status|topic|word)$"
)
_BOUND = re.compile(
    r"(?:^|_)(?:start|end|from|to|until|till|since|before|after|begin|min|max|earliest|latest|arrival|departure"
    r"|check_?in|check_?out)(?:_|$)",
    re.IGNORECASE,
)


def is_natural(name: str) -> bool:
    """Tell whether an argument is called by an everyday word, so that being a table's key says little."""
    return _NATURAL.search(name) is not None


def is_bound(name: str) -> bool:
    """Tell whether an argument is called as an end of a range is."""
    return _BOUND.search(name) is not None


@lru_cache(maxsize=1024)
def names_record(name: str) -> bool:
    """Tell whether an argument names a record by what it is called, as `order_id` does."""
    return _RECORD.search(name) is not None


@lru_cache(maxsize=1024)
def is_identifying(name: str, format_name: str | None) -> bool:
    """Tell whether an argument identifies a record or a person by its name or its declared format."""
    return names_record(name) or _PERSONAL.search(name) is not None or format_name in _IDENTIFYING_FORMATS


@lru_cache(maxsize=1024)
def is_prose(name: str) -> bool:
    """Tell whether an argument is called as one that takes text of the agent's own."""
    return _PROSE.search(name) is not None


def shape_of(text: str) -> Shape:
    """Return what a text looks like; an identifier is what nobody comes by without having seen it."""
    if len(text) < _NOISE and text.isalpha() and (text.islower() or text.istitle()):
        return "word"
    bare = text.strip().lstrip("#@")
    if _ADDRESS.match(bare) or (_PHONE.match(bare) and sum(map(str.isdigit, bare)) >= 7):
        return "identifier"
    if any(map(str.isspace, bare)):
        return "name" if _is_name(bare) else "text"
    if _FILE.match(bare):
        return "identifier" if _LONG_NUMBER.search(bare) else "file"
    digits, letters = sum(map(str.isdigit, bare)), sum(map(str.isalpha, bare))
    if digits and _MEASURE.match(bare):
        return "identifier" if digits >= 4 and not letters else "measure"
    if digits and letters and len(bare) >= 4:
        return "identifier"
    if letters and _SIGN.search(bare) and len(bare) >= 6:
        return "identifier"
    if bare.isascii() and (_MIXED_CASE.search(bare) or _is_noise(bare)):
        return "identifier"
    return "word"


def _is_noise(word: str) -> bool:
    """Tell whether a word of letters is too poor in vowels to be one of a language."""
    return len(word) >= _NOISE and sum(letter in "aeiouyAEIOUY" for letter in word) * 6 < len(word)


def _is_name(text: str) -> bool:
    """Tell whether a text of two to four words reads as a proper name: each begins with a capital."""
    parts = text.split()
    return 2 <= len(parts) <= 4 and all(_PROPER.fullmatch(part) and part[0].isupper() for part in parts)


def identifiers_in(text: str) -> list[str]:
    """Return the parts of a text that look like identifiers."""
    return [token for token in _TOKEN.findall(text) if len(token) >= 5 and shape_of(token) == "identifier"]
