"""The kinds of values a body can have, by what their size says of the cost of running through them."""

from __future__ import annotations

import datetime
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

from gem_sim.sandbox.meter import FREE, Meter
from gem_sim.sandbox.ordered import OrderedSet
from gem_sim.sandbox.view import TableView
from gem_sim.state import SharedDict, SharedList

SCALARS: Final = frozenset((str, int, float, bool, type(None)))
MOMENTS: Final = (datetime.date, datetime.time, datetime.timedelta, datetime.timezone)
LISTS: Final = (list, SharedList, tuple, deque)
MAPPINGS: Final = (dict, SharedDict, defaultdict, OrderedDict, Counter)
VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
ITERABLES: Final[tuple[Any, ...]] = (*LISTS, *VIEWS, OrderedSet)
SIZED: Final = frozenset((*LISTS, *MAPPINGS, *VIEWS, OrderedSet, TableView, range, str))


def spread_of(meter: Meter) -> Callable[[Any], Any]:
    """Return the guard of what is run through in C: it pays for its length beforehand."""

    def spread(value: Any) -> Any:
        if type(value) in SIZED and len(value) >= FREE:
            meter.items(len(value))
        return value

    return spread
