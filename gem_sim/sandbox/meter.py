"""Fuel: a deterministic budget that ends a runaway stub at the same point on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from time import monotonic
from types import CodeType
from typing import Any, Final, NamedTuple

# What one unit of fuel buys besides a loop turn: items of a list or mapping copied, characters of text made. What is
# shorter than `FREE` is not counted, since it costs no more than the turn that made it.
ITEMS: Final = 4
FREE: Final = 16
CHARACTERS: Final = 128
MAX_BITS: Final = 4096
MAX_ITEMS: Final = 1_000_000
MAX_CHARACTERS: Final = 4_000_000
_COMPREHENSIONS: Final = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"))
# So many turns come before the first look at the clock, so many before each further one.
_FIRST: Final = 1024
_TURNS: Final = 256


class Limits(NamedTuple):
    """What one call may use.

    `fuel` counts loop turns, function calls and, by size, whatever is copied or built. `depth` counts calls of local
    functions inside each other. `seconds` is a last resort on the wall clock, which no verdict should depend on.
    `output` is the most characters of JSON a result may have.
    """

    fuel: int = 1_000_000
    depth: int = 100
    seconds: float = 10.0
    output: int = 1_000_000


class LimitHit(BaseException):
    """A limit was hit; no `Exception`, so that a stub cannot catch it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Meter:
    """Counts what a call uses; once empty it stays empty, whatever the stub does.

    Loop turns are counted apart from what is paid by size, each up to `Limits.fuel`: `turns` is then an iterator of C
    that looks at the clock now and then and raises `LimitHit` when it is used up. Used once more it is at its end: a
    loop ends, `tick` raises StopIteration, which may be caught, but no handler gets far (`_caught_`), and the call has
    hit its limit anyway.
    """

    __slots__ = ("_rest", "_turns", "bottom", "deadline", "depth", "filename", "fuel", "reason", "tick", "turns")

    def __init__(self) -> None:
        self.fuel = 0
        self.depth = 0
        self.deadline = 0.0
        self.filename = ""
        self.bottom: CodeType | None = None
        self.reason = ""
        self.turns: Iterator[bool] = repeat(True, 0)
        self.tick: Callable[[], bool] = self.turns.__next__
        # The turns after the first ones, made anew only when a call has used of them; None then.
        self._rest: Iterator[bool] | None = None
        self._turns = 0

    def start(self, limits: Limits, filename: str, bottom: CodeType) -> None:
        """Fill up for one call of a stub; `bottom` is the code of the host's frame that the stub stands on."""
        self.fuel, self.depth, seconds, _ = limits
        self.reason = ""
        self.deadline = monotonic() + seconds
        self.filename = filename
        self.bottom = bottom
        self._turns = self.fuel - _FIRST
        if self._rest is None:
            self._rest = chain.from_iterable(self._further())
        self.turns = chain(repeat(True, _FIRST if self._turns > 0 else self.fuel), self._rest)
        self.tick = self.turns.__next__

    def _further(self) -> Iterator[Iterator[bool]]:
        self._rest = None
        left = self._turns
        while left > 0:
            yield repeat(True, min(left, _TURNS))
            left -= _TURNS
            if monotonic() > self.deadline:
                self.stop("out of time")
        self.stop("out of fuel")

    def check(self) -> None:
        """End the call if nothing is left.

        Raises:
            LimitHit: If a limit was hit before.
        """
        if self.fuel < 0:
            raise LimitHit(self.reason)

    def charge(self, amount: int) -> None:
        """Take fuel for something of known size.

        Raises:
            LimitHit: If there is not enough.
        """
        left = self.fuel - amount
        if left < 0:
            self.stop("out of fuel")
        self.fuel = left
        if monotonic() > self.deadline:
            self.stop("out of time")

    def items(self, number: int) -> None:
        """Take fuel for copying or building that many items."""
        if number > MAX_ITEMS:
            self.stop(f"more than {MAX_ITEMS} items in one value")
        if number >= FREE:
            self.charge(number // ITEMS)

    def characters(self, number: int) -> None:
        """Take fuel for making text of that length."""
        if number > MAX_CHARACTERS:
            self.stop(f"a text of more than {MAX_CHARACTERS} characters")
        if number >= CHARACTERS:
            self.charge(number // CHARACTERS)

    def stop(self, reason: str) -> None:
        """End the call for good.

        Raises:
            LimitHit: Always.
        """
        if self.fuel >= 0 or not self.reason:
            self.reason = reason
        self.fuel = -1
        self.turns = repeat(True, 0)
        self.tick = self.turns.__next__
        raise LimitHit(self.reason)


def entry_of(meter: Meter) -> Callable[[], bool]:
    """Return the function put at the entry of every local function: a loop turn, and a look at the depth.

    The depth is that of the stub's own frames, so it does not depend on how deep the host stands.
    """

    def enter() -> bool:
        meter.check()
        meter.tick()
        filename, bottom, left = meter.filename, meter.bottom, meter.depth
        frame: Any = sys._getframe(1)
        while frame is not None and (code := frame.f_code) is not bottom:
            if code.co_filename == filename and code.co_name not in _COMPREHENSIONS:
                left -= 1
                if left < 0:
                    meter.stop("calls nested too deeply")
            frame = frame.f_back
        # Looking costs time by the depth, so it costs fuel by the depth.
        meter.fuel -= (meter.depth - left) >> 3
        if meter.fuel < 0:
            meter.stop("out of fuel")
        return True

    return enter
