"""Fuel: a deterministic budget that ends a runaway stub at the same point on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
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
_CLOCK_TURNS: Final = 4096


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
    """Counts what a call uses; once empty it stays empty, whatever the stub does."""

    __slots__ = ("bottom", "deadline", "depth", "filename", "fuel")

    def __init__(self) -> None:
        self.fuel = 0
        self.depth = 0
        self.deadline = 0.0
        self.filename = ""
        self.bottom: CodeType | None = None

    def start(self, limits: Limits, code: CodeType, bottom: CodeType) -> None:
        """Fill up for one call of a stub; `bottom` is the code of the host's frame that the stub stands on."""
        self.fuel = limits.fuel
        self.depth = limits.depth
        self.deadline = monotonic() + limits.seconds
        self.filename = code.co_filename
        self.bottom = bottom

    def charge(self, amount: int) -> None:
        """Take fuel for something of known size.

        Raises:
            LimitHit: If there is not enough.
        """
        self.fuel -= amount
        if self.fuel < 0:
            self.fuel = -1
            raise LimitHit("out of fuel")

    def items(self, number: int) -> None:
        """Take fuel for copying or building that many items."""
        if number > MAX_ITEMS:
            self.stop(f"more than {MAX_ITEMS} items in one value")
        if number > ITEMS:
            self.charge(number // ITEMS)

    def characters(self, number: int) -> None:
        """Take fuel for making text of that length."""
        if number > MAX_CHARACTERS:
            self.stop(f"a text of more than {MAX_CHARACTERS} characters")
        if number > CHARACTERS:
            self.charge(number // CHARACTERS)

    def stop(self, reason: str) -> None:
        """End the call for good.

        Raises:
            LimitHit: Always.
        """
        self.fuel = -1
        raise LimitHit(reason)


def turn_of(meter: Meter) -> Callable[[], bool]:
    """Return the function put into every loop turn; it is true, so that it can stand in a condition."""

    def tick() -> bool:
        meter.fuel -= 1
        if meter.fuel < 0:
            meter.charge(0)
        if not meter.fuel % _CLOCK_TURNS and monotonic() > meter.deadline:
            meter.stop("out of time")
        return True

    return tick


def entry_of(meter: Meter) -> Callable[[], bool]:
    """Return the function put at the entry of every local function: a loop turn, and a look at the depth.

    The depth is that of the stub's own frames, so it does not depend on how deep the host stands.
    """
    tick = turn_of(meter)

    def enter() -> bool:
        tick()
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
