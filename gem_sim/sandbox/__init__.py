"""Interim sandbox."""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import math
import re
import statistics
import traceback
from collections.abc import Mapping
from types import CodeType

from gem_sim.canonical import Frozen
from gem_sim.errors import LimitError, StubError


class Refusal(BaseException):
    def __init__(self, message: str, rule: str | None = None) -> None:
        self.message, self.rule = message, rule


class Limits(Frozen):
    fuel: int = 1_000_000


class _Out(BaseException):
    pass


_NAMES = """abs all any bool dict divmod enumerate filter float frozenset int isinstance iter len list map max min next
range repr reversed round set sorted str sum tuple zip chr ord pow True False None Exception ValueError KeyError IndexError
TypeError ZeroDivisionError ArithmeticError LookupError AttributeError StopIteration RuntimeError""".split()
_BUILTINS = {name: getattr(builtins, name) for name in _NAMES}
_MODULES = {m.__name__: m for m in (math, datetime, re, decimal, statistics, collections)}


def run(code: CodeType, function: str, arguments: Mapping[str, object], names: Mapping[str, object], *, tool: str,
        limits: Limits | None = None) -> object:
    left = (limits or Limits()).fuel

    def tick() -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Out
        return True

    space: dict[str, object] = {**names, "__builtins__": _BUILTINS, "_tick_": tick, "_modules_": _MODULES}
    try:
        exec(code, space)
        result = space[function](**arguments)  # type: ignore[operator]
    except _Out:
        raise LimitError(tool, "out of fuel") from None
    except RecursionError:
        raise LimitError(tool, "recursion too deep") from None
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename]
        raise StubError(tool, f"{type(error).__name__}: {error}", line=frames[-1].lineno if frames else None) from None
    if left < 0:
        raise LimitError(tool, "out of fuel")
    return result
