"""What the policy puts into a body where a value decides: bounded operators, formats, slices and methods.

Every function here is given to a stub under a name that ends in an underscore and begins with one, so no body can
name, replace or pass it.
"""

from __future__ import annotations

import decimal
import operator
import sys
from collections import Counter
from collections.abc import Callable
from itertools import compress
from typing import Any, Final

from gem_sim.sandbox.host import Refusal
from gem_sim.sandbox.kinds import LISTS, SCALARS, SIZED, VIEWS, spread_of
from gem_sim.sandbox.meter import CHARACTERS, FREE, MAX_BITS, LimitHit, Meter, entry_of
from gem_sim.sandbox.ordered import OrderedSet
from gem_sim.sandbox.texts import (
    bound_directives,
    bound_percent,
    format_of,
    join,
    pay_text,
    shown_of,
    steady_text,
)
from gem_sim.state import SharedValueChanged

# Classes that a body makes are marked by the name of the module they think they live in.
STUB_MODULE: Final = "<stub>"

_SMALL: Final = 1 << 62
_DECIMAL_POWER: Final = 30
_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    "|": operator.or_,
    "&": operator.and_,
    "^": operator.xor,
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "%=": operator.imod,
    "**=": operator.ipow,
    "<<=": operator.ilshift,
    "|=": operator.ior,
    "&=": operator.iand,
    "^=": operator.ixor,
}


def guards(meter: Meter) -> dict[str, Any]:
    """Return the guards bound to a meter, by the names that the policy writes."""
    return {
        "_enter_": entry_of(meter),
        "_counted_": compress,
        "_caught_": _caught_of(meter),
        "_own_": own,
        "_set_of_": OrderedSet,
        "_operate_": operate_of(meter),
        **_fast_operators(meter),
        "_text_": _text_of(meter),
        "_operate_at_": _operate_at_of(meter),
        "_spread_": spread_of(meter),
        "_matched_": _matched_of(meter),
        "_each_": lambda values: map(spread_of(meter), values),
        "_each_matched_": lambda values: map(_matched_of(meter), values),
        "_weight_": _weight_of(meter),
        "_cut_": _cut_of(meter),
        "_method_": _method_of(meter),
        "_shown_": shown_of(meter),
        "_format_": format_of(meter),
    }


_UNCAUGHT: Final = (LimitHit, Refusal, SharedValueChanged)


def _caught_of(meter: Meter) -> Callable[[], None]:
    def caught() -> None:
        """Stand at the top of every handler: neither a limit nor a refusal is caught, not even behind another error."""
        meter.check()
        error, steps = sys.exc_info()[1], 0
        if error is not None:
            steady_text(error)
        while error is not None:
            if isinstance(error, RecursionError | MemoryError):
                meter.stop("out of memory" if isinstance(error, MemoryError) else "calls nested too deeply")
            if isinstance(error, _UNCAUGHT):
                raise error
            error, steps = error.__context__, steps + 1
        meter.items(steps)

    return caught


def own(value: Any) -> Any:
    """Return an object whose attributes a body may set: an instance of a class of its own.

    Raises:
        TypeError: For anything else.
    """
    if type(value).__module__ != STUB_MODULE:
        raise TypeError(f"attributes of a {type(value).__name__} cannot be set; set fields: row['field'] = value")
    return value


def _matched_of(meter: Meter) -> Callable[[Any], Any]:
    """Return the guard of what is taken apart, nested parts too: each may be made a list of."""
    spread = spread_of(meter)

    def matched(value: Any) -> Any:
        waiting = [value]
        while waiting:
            part = waiting.pop()
            spread(part)
            if isinstance(part, list | tuple):
                meter.items(len(part) + FREE)
                waiting += [item for item in part if type(item) not in SCALARS]
            elif isinstance(part, dict):
                meter.items(len(part) + FREE)
                waiting += [item for item in part.values() if type(item) not in SCALARS]
        return value

    return matched


def _weight_of(meter: Meter) -> Callable[[int], bool]:
    def weight(amount: int) -> bool:
        """Pay for a turn that is much longer than most."""
        meter.charge(amount)
        return True

    return weight


def _text_of(meter: Meter) -> Callable[[Any], Any]:
    def text(value: Any) -> Any:
        """Stand before a method that makes one text no longer than its own."""
        if type(value) is str and len(value) >= CHARACTERS:
            meter.characters(len(value))
        return value

    return text


def _fast_operators(meter: Meter) -> dict[str, Callable[[Any, Any], Any]]:
    """Return the operators that most bodies use, quick for small numbers."""
    operate = operate_of(meter)

    def add(left: Any, right: Any) -> Any:
        kind = type(left)
        if kind is not float and kind is not int:
            _bound_growth(meter, "+", left, right)
        return left + right

    def add_to(left: Any, right: Any) -> Any:
        kind = type(left)
        return left + right if kind is int or kind is float else operate("+=", left, right)

    def times(left: Any, right: Any) -> Any:
        kind, other = type(left), type(right)
        if kind is float and other is not int and other is not float:
            return operate("*", left, right)
        if kind is not float and (kind is not int or not -_SMALL < left < _SMALL):
            return operate("*", left, right)
        if other is not float and (other is not int or not -_SMALL < right < _SMALL):
            return operate("*", left, right)
        return left * right

    def modulo(left: Any, right: Any) -> Any:
        return left % right if type(left) is not str else operate("%", left, right)

    def minus(left: Any, right: Any) -> Any:
        if type(left) in SIZED or type(right) in SIZED:
            return operate("-", left, right)
        return left - right

    return {"_add_": add, "_add_to_": add_to, "_minus_": minus, "_times_": times, "_modulo_": modulo}


def operate_of(meter: Meter) -> Callable[[str, Any, Any], Any]:
    """Return the guard of operators whose result can be much larger than what goes in."""

    def operate(name: str, left: Any, right: Any) -> Any:
        kind = type(left)
        if kind is type(right) and (kind is int or kind is float):
            if name[0] in "*<" and kind is int:
                _bound_integer(meter, name, left, right)
        elif name[0] == "%" and kind is str:
            bound_percent(meter, left, right)
        else:
            _bound_growth(meter, name, left, right)
            if kind in VIEWS or type(right) in VIEWS:
                # Python makes a set of these, whose order depends on the hash seed.
                left, right = _ordered(left), _ordered(right)
        return _OPERATORS[name](left, right)

    return operate


def _ordered(value: Any) -> Any:
    return OrderedSet(value) if type(value) in (*VIEWS, list, tuple, dict, range) else value


def _bound_integer(meter: Meter, name: str, left: int, right: int) -> None:
    bits = left.bit_length()
    if name.startswith("**"):
        bits *= abs(right)
    elif name[0] == "*":
        bits += right.bit_length()
    elif right > 0:
        bits += right
    if bits > MAX_BITS:
        meter.stop(f"an integer of more than {MAX_BITS} bits")


def _bound_growth(meter: Meter, name: str, left: Any, right: Any) -> None:
    """Pay for a sum, a repetition or a union of sized values before it is made."""
    if name[0] == "*":
        if type(left) is decimal.Decimal and name[1:2] == "*":
            meter.charge(_DECIMAL_POWER)
        if isinstance(left, bool | int) and isinstance(right, bool | int):
            _bound_integer(meter, name, left, right)
        elif isinstance(right, int) and type(left) in SIZED:
            _pay(meter, left, max(right, 0))
        elif isinstance(left, int) and type(right) in SIZED:
            _pay(meter, right, max(left, 0))
    elif name[0] == "<":
        if isinstance(left, int) and isinstance(right, int):
            _bound_integer(meter, name, left, right)
    elif name[0] in "+|&^-":
        for side in (left, right):
            if type(side) in SIZED:
                _pay(meter, side, 1)


def _pay(meter: Meter, value: Any, times: int) -> None:
    if isinstance(value, str):
        meter.characters(len(value) * times)
    else:
        meter.items(len(value) * times)


def _operate_at_of(meter: Meter) -> Callable[[str, Any, Any, Any], None]:
    operate = operate_of(meter)

    def operate_at(name: str, holder: Any, key: Any, value: Any) -> None:
        holder[key] = operate(name, holder[key], value)

    return operate_at


def _cut_of(meter: Meter) -> Callable[[Any, Any, Any, Any], Any]:
    def cut(value: Any, start: Any, stop: Any, step: Any) -> Any:
        part = slice(start, stop, step)
        if isinstance(value, str):
            meter.characters(len(range(*part.indices(len(value)))))
        elif type(value) in SIZED:
            meter.items(len(range(*part.indices(len(value)))))
        return value[part]

    return cut


def _method_of(meter: Meter) -> Callable[..., Any]:
    """Return the guard of methods that run or grow inside C: `value.name(...)`, paid for beforehand."""
    spread = spread_of(meter)

    def method(name: str, value: Any, /, *arguments: Any, **named: Any) -> Any:
        kind = type(value)
        given = (*arguments, *named.values()) if named else arguments
        if kind is str:
            if name == "join" and len(arguments) == 1 and not named:
                return join(meter, value, arguments[0])
            pay_text(meter, name, value, given)
        elif name in ("strftime", "strptime"):
            for form in (item for item in given if isinstance(item, str)):
                meter.charge(40)
                bound_directives(meter, form)
        elif name == "replace" and not named and arguments and isinstance(arguments[0], str):
            raise TypeError("replace of texts only; call it on a text")
        else:
            if name in _SCANS:
                if kind in LISTS or (kind is range and type(given[0] if given else 0) is not int):
                    meter.items(len(value))
            elif kind in SIZED:
                if name in _WHOLE:
                    meter.items(len(value))
                if name == "elements" and isinstance(value, Counter):
                    meter.items(sum(count for count in value.values() if type(count) is int and count > 0))
            for argument in given:
                spread(argument)
        return getattr(value, name)(*arguments, **named)

    return method


_UNIONS: Final = ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset")
# Methods that run through the whole of what they belong to: of anything, and of lists only.
_WHOLE: Final = frozenset(("copy", "most_common", "elements", "isdisjoint", *_UNIONS))
_SCANS: Final = frozenset(("count", "index", "insert", "remove", "reverse", "rotate", "sort"))
