"""Plausible values for the result fields of a tool, by declared type and name; the same seed gives the same values."""

from __future__ import annotations

import random
from typing import Any

_CITIES = ("Lisbon", "Oslo", "Boston", "New York", "Paris", "Berlin", "Chicago", "Kyoto", "Austin", "Cork", "Leeds")
_PEOPLE = ("Ada Brandt", "John Doe", "Mei Tanaka", "Luis Ortega", "Sara Lund", "Omar Haddad", "Jane Smith")
_TITLES = ("Inception", "The Long Road", "Blue Harbour", "Night Train", "Queen of Salt", "Winter Tale", "Quiet Room")
_WORDS = ("sunny", "positive", "economy", "silver", "open", "jazz", "neutral", "medium", "active", "garden", "cotton")
_SENTENCES = (
    "The weather stays dry with light wind.", "I love this product! It's amazing!", "A quiet place near the river.",
    "Two people were seen leaving early.", "The order left the warehouse this morning.", "Mix, knead and let it rest.",
)  # fmt: skip
# Name of a field → what it holds; the first that its name contains decides.
_KINDS = (
    ("email", "email"), ("phone", "phone"), ("url", "url"), ("link", "url"), ("image", "url"), ("file", "file"),
    ("date", "date"), ("time", "time"), ("password", "code"), ("encrypt", "code"), ("key", "code"), ("code", "code"),
    ("symbol", "code"), ("city", "city"), ("location", "city"), ("place", "city"), ("address", "address"),
    ("artist", "person"), ("author", "person"), ("user", "person"), ("name", "person"), ("title", "title"),
    ("movie", "title"), ("song", "title"), ("text", "sentence"), ("description", "sentence"), ("message", "sentence"),
    ("translat", "sentence"), ("review", "sentence"), ("summary", "sentence"), ("lyrics", "sentence"),
)  # fmt: skip
_NUMBERS = (
    "price", "amount", "total", "cost", "count", "number", "rating", "score", "area", "distance", "lat", "lon", "rate",
)  # fmt: skip


class Plausible:
    """Makes values; one that has to be told apart is never one of `taken`."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._taken: set[str] = set()

    def distinct(self, name: str, field: dict[str, Any]) -> Any:
        """Return a value unlike every other distinct one; a value of which there are few may repeat."""
        for _ in range(200):
            value = self.of_field(name, field)
            if isinstance(value, bool) or repr(value) not in self._taken:
                break
        self._taken.add(repr(value))
        return value

    def value(self, name: str, kind: str | None, properties: dict[str, Any] | None = None) -> Any:
        """Return a value of a declared type (`String`, `number`, …; None: by the name alone)."""
        declared = (kind or "").casefold()
        if declared == "boolean":
            return self._random.random() < 0.5
        if declared in ("integer", "int"):
            return self._random.choice((self._random.randint(0, 20), self._random.randint(20, 2000)))
        if declared in ("number", "float") or (not declared and any(word in name.casefold() for word in _NUMBERS)):
            return self._random.choice((self._random.randint(1, 500), round(self._random.uniform(0.5, 900), 2)))
        if declared == "array":
            return [self._item(name, properties) for _ in range(self._random.randint(1, 3))]
        if declared == "object":
            return self.fields(properties or {"id": {"type": "string"}, "name": {"type": "string"}})
        return self._text(name)

    def _item(self, name: str, properties: dict[str, Any] | None) -> Any:
        return self.fields(properties) if properties else self._text(name.removesuffix("s"))

    def fields(self, declared: dict[str, Any]) -> dict[str, Any]:
        """Return an object with a value for each declared field."""
        made = {}
        for name, field in declared.items():
            made[name] = self.of_field(name, field if isinstance(field, dict) else {})
        return made

    def of_field(self, name: str, field: dict[str, Any]) -> Any:
        """Return a value of a declared field: one of those it may have, or one of its type."""
        if field.get("possible_values"):
            return self._random.choice(field["possible_values"])
        below = field.get("properties") or (field.get("items") or {}).get("properties")
        return self.value(name, field.get("type"), below)

    def _text(self, name: str) -> str:
        lowered = name.casefold()
        if lowered.endswith("id"):
            return self._identifier()
        kind = next((kind for word, kind in _KINDS if word in lowered), None)
        made = getattr(self, f"_{kind}", None)
        return made() if made is not None else self._random.choice((*_WORDS, *_CITIES, self._identifier()))

    def _identifier(self) -> str:
        number = self._random.randint(1, 99_999)
        return self._random.choice((str(number), f"ID-{number}", f"{self._random.getrandbits(32):08x}"))

    def _code(self) -> str:
        return "".join(self._random.choices("abcdefghkmnpqrstuvwxyzABCDEFGH23456789", k=self._random.randint(6, 12)))

    def _date(self) -> str:
        return f"2024-{self._random.randint(1, 12):02}-{self._random.randint(1, 28):02}"

    def _time(self) -> str:
        return f"{self._random.randint(0, 23):02}:{self._random.choice((0, 15, 30, 45)):02}"

    def _email(self) -> str:
        return f"{self._person().casefold().replace(' ', '.')}{self._random.randint(1, 99)}@post.example"

    def _phone(self) -> str:
        return f"555-{self._random.randint(100, 999)}-{self._random.randint(1000, 9999)}"

    def _url(self) -> str:
        return f"https://files.example/{self._identifier()}"

    def _file(self) -> str:
        return f"{self._random.choice(_WORDS)}_{self._random.randint(1, 99)}.dat"

    def _address(self) -> str:
        return f"{self._random.randint(1, 200)} {self._random.choice(_WORDS).title()} Street, {self._city()}"

    def _city(self) -> str:
        return self._random.choice(_CITIES)

    def _person(self) -> str:
        return self._random.choice(_PEOPLE)

    def _title(self) -> str:
        return self._random.choice(_TITLES)

    def _sentence(self) -> str:
        return self._random.choice(_SENTENCES)
