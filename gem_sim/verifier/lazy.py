"""A property that is worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """As `functools.cached_property`, which takes a lock in Python 3.11 that costs more than most of what is asked."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    def __get__(self, instance: object, _kind: type) -> T:
        # From here on the attribute of that name is found first.
        value = instance.__dict__[self._name] = self._work(instance)
        return value
