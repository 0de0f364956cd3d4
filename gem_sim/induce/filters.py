"""Which argument of a listing tool filters by which field, and how: whatever all recorded listings agree with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from gem_sim.canonical import Json, same_json

_LOW = frozenset(("start", "from", "min", "minimum", "after", "since", "begin", "earliest", "lowest"))
_HIGH = frozenset(("end", "to", "max", "maximum", "before", "until", "till", "latest", "highest"))
_MOST_TRIED = 2000

Row = Mapping[str, Json]


class Filter(NamedTuple):
    """`argument` filters by `field` (empty: by all texts of a row) in the way `how`."""

    argument: str
    field: str
    how: str

    def keeps(self, row: Row, value: Json) -> bool:
        """Tell whether a row passes for a given value of the argument."""
        return _HOW[self.how].keeps(row.get(self.field) if self.field else list(row.values()), value)

    def test(self, parameter: str) -> str:
        """Return the test in the dialect, over `row`."""
        field = f"row.get({self.field!r})" if self.field else "' '.join(str(item) for item in row.values())"
        return _HOW[self.how].test.format(field=field, given=parameter)


class Listing(NamedTuple):
    """One recorded listing: the arguments given, the keys listed, the rows known of the start in its scope by key."""

    arguments: Mapping[str, Json]
    keys: frozenset[str]
    rows: Mapping[str, Row]


class _How(NamedTuple):
    keeps: Callable[[Json, Json], bool]
    test: str


def _text(value: Json) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ordered(value: Json, given: Json) -> bool:
    return (isinstance(value, str) and isinstance(given, str)) or (
        all(isinstance(item, int | float) and not isinstance(item, bool) for item in (value, given))
    )


_NUMBER = "isinstance({field}, (int, float)) and isinstance({given}, (int, float))"
_BOTH = f"(isinstance({{field}}, str) and isinstance({{given}}, str) or {_NUMBER})"
_HOW: dict[str, _How] = {
    "equal": _How(same_json, "{field} == {given}"),
    "equal, whatever the case": _How(
        lambda value, given: str(value).lower() == str(given).lower(), "str({field}).lower() == str({given}).lower()"
    ),
    "one of": _How(
        lambda value, given: isinstance(value, list) and given in value,
        "isinstance({field}, list) and {given} in {field}",
    ),
    "at least": _How(
        lambda value, given: _ordered(value, given) and value >= given,  # type: ignore[operator]
        f"{_BOTH} and {{field}} >= {{given}}",
    ),
    "at most": _How(
        lambda value, given: _ordered(value, given) and value <= given,  # type: ignore[operator]
        f"{_BOTH} and {{field}} <= {{given}}",
    ),
    "contains": _How(
        lambda value, given: str(given).lower() in _text(value).lower(), "str({given}).lower() in str({field}).lower()"
    ),
    "contains all words": _How(
        lambda value, given: all(word in _text(value).lower() for word in str(given).lower().split()),
        "all(word in str({field}).lower() for word in str({given}).lower().split())",
    ),
    "contains any word": _How(
        lambda value, given: any(word in _text(value).lower() for word in str(given).lower().split()),
        "any(word in str({field}).lower() for word in str({given}).lower().split())",
    ),
}


def find_filters(arguments: Sequence[str], listings: Sequence[Listing]) -> tuple[Filter, ...]:
    """Return the filters that explain all listings, as many arguments as can be; the others stay unexplained.

    A filter must keep every row listed, and no row known of the start may pass all filters without being listed; of
    many listings, one in four may be otherwise, since whoever records may leave rows out.
    """
    given = [name for name in arguments if any(listing.arguments.get(name) is not None for listing in listings)]
    options: list[list[Filter | None]] = [[*_candidates(name, listings), None] for name in given]
    tried = islice(product(*options), _MOST_TRIED)
    ordered = sorted(tried, key=lambda chosen: sum(item is None for item in chosen))
    best: tuple[int, tuple[Filter, ...]] = (0, ())
    for chosen in ordered:
        filters = tuple(item for item in chosen if item is not None)
        explained = sum(_explains(filters, listing, given) for listing in listings)
        if explained == len(listings):
            return filters
        best = max(best, (explained, filters), key=lambda found: found[0])
    return best[1] if best[0] * 4 >= len(listings) * 3 else ()


def explains(filters: Sequence[Filter], listing: Listing) -> bool:
    """Tell whether filters over the rows known give exactly the rows listed."""
    used = [item for item in filters if listing.arguments.get(item.argument) is not None]
    return listing.keys == _passing(used, listing)


def _candidates(argument: str, listings: Sequence[Listing]) -> Iterator[Filter]:
    """Yield the filters by one argument that keep every row listed, the likeliest by name first."""
    relevant = [x for x in listings if x.arguments.get(argument) is not None and x.keys <= set(x.rows)]
    if not any(listing.keys for listing in relevant):
        # Nothing was ever found by it, which the field of its own name explains if any does.
        if any(argument in row for listing in relevant for row in listing.rows.values()):
            yield Filter(argument, argument, "equal")
        return
    fields = sorted({field for listing in relevant for row in listing.rows.values() for field in row})
    words = set(re.findall(r"[a-z0-9]+", argument.lower()))
    for field, how in _likely(argument, words, fields):
        found = Filter(argument, field, how)
        if how in ("at least", "at most") and not _alike(field, argument, relevant):
            continue
        kept = (found.keeps(x.rows[key], x.arguments[argument]) for x in relevant for key in x.keys)
        if all(kept):
            yield found


def _alike(field: str, argument: str, listings: Sequence[Listing]) -> bool:
    """Tell whether the values of a field are written as those of an argument are, digits aside."""
    written = {_pattern(row[field]) for x in listings for row in x.rows.values() if row.get(field) is not None}
    return bool(written & {_pattern(x.arguments[argument]) for x in listings})


def _pattern(value: Json) -> str:
    return re.sub(r"\d", "9", value) if isinstance(value, str) else "number"


def _likely(argument: str, words: set[str], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
    bound = "at least" if words & _LOW else "at most" if words & _HIGH else None
    near = sorted(fields, key=lambda name: (name != argument, -len(words & set(name.lower().split("_"))), name))
    alike = [name for name in near if name == argument or words & set(name.lower().split("_"))]
    if bound:
        for field in near:
            yield field, bound
    for field in alike:
        for how in ("equal", "equal, whatever the case", "one of", "contains"):
            yield field, how
    if not bound:
        for field in (*near, ""):
            for how in ("contains", "contains all words", "contains any word"):
                yield field, how


def _explains(filters: Sequence[Filter], listing: Listing, given: Sequence[str]) -> bool:
    explained = {item.argument for item in filters}
    if any(listing.arguments.get(name) is not None for name in given if name not in explained):
        return True
    used = [item for item in filters if listing.arguments.get(item.argument) is not None]
    return _passing(used, listing) <= listing.keys


def _passing(used: Sequence[Filter], listing: Listing) -> set[str]:
    rows = listing.rows.items()
    return {key for key, row in rows if all(item.keeps(row, listing.arguments[item.argument]) for item in used)}
