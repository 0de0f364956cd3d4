"""Fuel: a deterministic budget that ends a runaway stub at the same point on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import repeat
from time import monotonic
from types import CodeType
from typing import Any, Final, NamedTuple

# What one unit of fuel buys besides a loop turn: items of a list or mapping copied, characters of text made.
ITEMS: Final = 16
CHARACTERS: Final = 128
MAX_BITS: Final = 16_384
MAX_ITEMS: Final = 1_000_000
MAX_CHARACTERS: Final = 4_000_000
_COMPREHENSIONS: Final = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"))


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

    Loop turns are counted apart from what is paid by size, each up to `Limits.fuel`: `tick` is then a function of C,
    an iterator that is used up. The StopIteration with which it ends a loop may be caught, but no handler gets far
    (`_caught_`), and a call that ends without turns left has hit its limit.
    """

    __slots__ = ("bottom", "deadline", "depth", "filename", "fuel", "tick", "turns")

    def __init__(self) -> None:
        self.fuel = 0
        self.depth = 0
        self.deadline = 0.0
        self.filename = ""
        self.bottom: CodeType | None = None
        self.turns = repeat(True, 0)
        self.tick: Callable[[], bool] = self.turns.__next__

    def start(self, limits: Limits, filename: str, bottom: CodeType) -> None:
        """Fill up for one call of a stub; `bottom` is the code of the host's frame that the stub stands on."""
        self.fuel = limits.fuel
        self.depth = limits.depth
        self.deadline = monotonic() + limits.seconds
        self.filename = filename
        self.bottom = bottom
        self.turns = repeat(True, limits.fuel)
        self.tick = self.turns.__next__

    def check(self) -> None:
        """End the call if nothing is left.

        Raises:
            LimitHit: If fuel or turns are used up.
        """
        if self.fuel < 0 or not self.turns.__length_hint__():
            self.stop("out of fuel")

    def charge(self, amount: int) -> None:
        """Take fuel for something of known size.

        Raises:
            LimitHit: If there is not enough.
        """
        self.fuel -= amount
        if self.fuel < 0:
            self.stop("out of fuel")
        if monotonic() > self.deadline:
            self.stop("out of time")

    def items(self, number: int) -> None:
        """Take fuel for copying or building that many items."""
        if number > MAX_ITEMS:
            self.stop(f"more than {MAX_ITEMS} items in one value")
        if number >= ITEMS:
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
        self.fuel = -1
        self.turns = repeat(True, 0)
        self.tick = self.turns.__next__
        raise LimitHit(reason)


def entry_of(meter: Meter) -> Callable[[], bool]:
    """Return the function put at the entry of every local function: a loop turn, and a look at the depth.

    The depth is that of the stub's own frames, so it does not depend on how deep the host stands.
    """

    def enter() -> bool:
        if next(meter.turns, None) is None:
            meter.stop("out of fuel")
        filename, bottom, left = meter.filename, meter.bottom, meter.depth
        frame: Any = sys._getframe(1)
        while frame is not None and (code := frame.f_code) is not bottom:
            if code.co_filename == filename and code.co_name not in _COMPREHENSIONS:
                left -= 1
                if left < 0:
                    meter.stop("calls nested too deeply")
            frame = frame.f_back
        return True

    return enter
