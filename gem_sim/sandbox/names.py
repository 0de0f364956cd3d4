"""The builtins of the dialect: each pays for what it runs through, and no type comes with its unbound methods."""

from __future__ import annotations

import builtins
import decimal
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final

from gem_sim.compiler.dialect import BUILTINS, EXCEPTIONS, LAZY, TYPES
from gem_sim.sandbox.guards import STUB_MODULE, operate_of
from gem_sim.sandbox.kinds import SIZED, spread_of
from gem_sim.sandbox.meter import FREE, MAX_BITS, Meter
from gem_sim.sandbox.ordered import OrderedSet
from gem_sim.sandbox.texts import check_shown, shown_of

_MAX_RANGE: Final = 10_000_000
_MAX_DIGITS: Final = 4000
_MAX_PLACES: Final = 400
_NUMBERS: Final = (int, float, decimal.Decimal)
_ABSENT: Final = object()
# Methods that are often handed on without a call, as in `sorted(names, key=str.lower)`.
_PURE_TEXT: Final = ("casefold", "isalpha", "isdigit", "lower", "lstrip", "rstrip", "strip", "title", "upper")


class Kind:
    """A type as a body sees it: makes values, stands in `isinstance`, has no unbound methods but harmless ones."""

    __slots__ = ("_make", "_methods", "_real")

    def __init__(self, make: Callable[..., Any], real: Any, methods: dict[str, Any] | None = None) -> None:
        self._make = make
        self._real = real
        self._methods = methods or {}

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        return self._make(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        if name in self._methods:
            return self._methods[name]
        raise AttributeError(f"this type has no {name!r} in the dialect")

    def __repr__(self) -> str:
        return f"<type {self._real.__name__}>"

    def __or__(self, other: Any) -> tuple[Any, ...]:
        return (self, *other) if isinstance(other, tuple) else (self, other)

    def __ror__(self, other: Any) -> tuple[Any, ...]:
        return (*other, self) if isinstance(other, tuple) else (other, self)


def names(meter: Meter) -> dict[str, Any]:
    """Return the builtins and exceptions of the dialect, bound to a meter."""
    made: dict[str, Any] = {name: getattr(builtins, name) for name in EXCEPTIONS}
    spread = spread_of(meter)

    def paid(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            for argument in arguments:
                if type(argument) in SIZED and len(argument) >= FREE:
                    meter.items(len(argument))
            for argument in named.values():
                spread(argument)
            return function(*arguments, **named)

        return call

    def eager(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> list[Any]:
            for argument in (*arguments, *named.values()):
                spread(argument)
            return list(function(*arguments, **named))

        return call

    made.update({name: paid(getattr(builtins, name)) for name in ("all", "any", "max", "min", "sorted")})
    made.update({name: eager(getattr(builtins, name)) for name in ("enumerate", "filter", "map", "reversed", "zip")})
    made.update({name: getattr(builtins, name) for name in ("abs", "chr", "divmod", "len", "ord")})
    made["range"] = _range_of(meter)
    made.update(_kinds(meter, paid))
    shown = shown_of(meter)
    made["repr"] = lambda value: str(shown(_checked_repr(meter, value)))
    made["isinstance"] = _isinstance
    made["sum"] = _sum_of(meter)
    made["round"] = _round
    made["pow"] = _pow_of(meter)
    # Called where they are named, types need not be objects of ours; looped over, lazy ones are paid by the turn.
    called = {f"_{name}_": made[name]._make for name in TYPES}
    lazy = {f"_lazy_{name}_": getattr(builtins, name) for name in LAZY}
    return {**{name: made[name] for name in (*BUILTINS, *EXCEPTIONS)}, **called, **lazy}


def _kinds(meter: Meter, paid: Callable[[Callable[..., Any]], Callable[..., Any]]) -> dict[str, Kind]:
    shown = shown_of(meter)
    text = {name: getattr(str, name) for name in _PURE_TEXT}

    def make_text(value: Any = "") -> str:
        return str(shown(value))

    def make_set(items: Any = (), /) -> OrderedSet:
        return OrderedSet(items)

    return {
        "bool": Kind(bool, bool),
        "int": Kind(_int, int),
        "float": Kind(_float, float),
        "str": Kind(make_text, str, text),
        "list": Kind(paid(list), list),
        "tuple": Kind(paid(tuple), tuple),
        "dict": Kind(paid(dict), dict, {"fromkeys": paid(dict.fromkeys)}),
        "set": Kind(paid(make_set), OrderedSet),
        "frozenset": Kind(paid(make_set), OrderedSet),
    }


def _range_of(meter: Meter) -> Callable[..., range]:
    def make(*bounds: Any) -> range:
        made = range(*bounds)
        # What is no number is looked for item by item, inside C; a loop has the builtin itself and pays by the turn.
        if made and abs(made[-1] - made[0]) // abs(made.step) > _MAX_RANGE:
            meter.stop(f"more than {_MAX_RANGE} items in one value")
        return made

    return make


def _isinstance(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds._real if type(kinds) is Kind else _real_kinds(kinds))


def _real_kinds(kinds: Any) -> Any:
    if isinstance(kinds, Kind):
        return kinds._real
    if type(kinds) is tuple:
        if any(type(kind) is tuple for kind in kinds):
            raise TypeError("isinstance takes a type or a flat tuple of types")
        return tuple(_real_kinds(kind) for kind in kinds)
    return type(None) if kinds is None else kinds


def _checked_repr(meter: Meter, value: Any) -> str:
    check_shown(meter, value)
    return repr(value)


def _int(value: Any = 0, base: Any = _ABSENT) -> int:
    kind = type(value)
    if base is _ABSENT and (kind is float or kind is int or (kind is str and len(value) <= _MAX_DIGITS)):
        return int(value)
    if kind is str and len(value) > _MAX_DIGITS:
        raise ValueError("too many digits for a number")
    if isinstance(value, decimal.Decimal) and value.is_finite() and value.adjusted() > _MAX_DIGITS:
        raise OverflowError("a decimal with too large an exponent")
    return int(value) if base is _ABSENT else int(value, base)


def _float(value: Any = 0.0) -> float:
    if isinstance(value, str) and len(value) > _MAX_DIGITS:
        raise ValueError("too many digits for a number")
    return float(value)


def _round(number: Any, ndigits: Any = None) -> Any:
    if type(number) is float and type(ndigits) is int and -_MAX_PLACES <= ndigits <= _MAX_PLACES:
        return round(number, ndigits)
    if isinstance(ndigits, int) and abs(ndigits) > _MAX_PLACES:
        raise ValueError(f"rounding to more than {_MAX_PLACES} places")
    if isinstance(number, decimal.Decimal) and number.is_finite() and number.adjusted() > _MAX_DIGITS:
        raise OverflowError("a decimal with too large an exponent")
    return round(number, ndigits)


def _sum_of(meter: Meter) -> Callable[..., Any]:
    operate, spread = operate_of(meter), spread_of(meter)

    def total(items: Any, start: Any = 0) -> Any:
        spread(items)
        if isinstance(start, _NUMBERS):
            made = sum(items, start)
            if type(made) is int and made.bit_length() > MAX_BITS:
                meter.stop(f"an integer of more than {MAX_BITS} bits")
            return made
        for item in items:
            start = operate("+", start, item)
        return start

    return total


def _pow_of(meter: Meter) -> Callable[..., Any]:
    operate = operate_of(meter)

    def power(base: Any, exp: Any, mod: Any = None) -> Any:
        if mod is None:
            return operate("**", base, exp)
        if max(value.bit_length() for value in (base, exp, mod)) > MAX_BITS // 8:
            meter.stop("an integer too large for pow")
        return pow(base, exp, mod)

    return power


def collection_kinds(meter: Meter) -> dict[str, Kind]:
    """Return what `collections` has in the dialect."""
    spread = spread_of(meter)

    def paid(real: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any, **named: Any) -> Any:
            for argument in (*arguments, *named.values()):
                spread(argument)
            return real(*arguments, **named)

        return make

    return {
        "Counter": Kind(paid(Counter), Counter),
        "OrderedDict": Kind(paid(OrderedDict), OrderedDict),
        "defaultdict": Kind(paid(defaultdict), defaultdict),
        "deque": Kind(paid(deque), deque),
    }


def build_class(function: Any, name: str, *bases: Any) -> Any:
    """Make a class of a body's own; its bases are ordinary exceptions or other such classes.

    Raises:
        TypeError: For other bases.
    """
    for base in bases:
        if not (isinstance(base, type) and (issubclass(base, Exception) or base.__module__ == STUB_MODULE)):
            raise TypeError("a class may build on an exception or on a class of the body only")
    return builtins.__build_class__(function, name, *bases)
