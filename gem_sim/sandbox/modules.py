"""The modules a body may import: namespaces of safe functions, made when the first body asks for them."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from gem_sim.compiler.dialect import MODULES
from gem_sim.sandbox import patterns
from gem_sim.sandbox.kinds import spread_of
from gem_sim.sandbox.meter import Meter
from gem_sim.sandbox.names import collection_kinds

_MAX_FACTORIAL: Final = 500
_MAX_DIGITS: Final = 1000
# The context of decimals is ours, so that neither the host nor an earlier call decides how they round.
CONTEXT: Final = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN, Emin=-999, Emax=999, capitals=1, clamp=0)


class Modules:
    """Module name → namespace, each made once per meter; `names[...]` is what an import in a body becomes."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._made: dict[str, SimpleNamespace] = {}

    def __getitem__(self, name: str) -> SimpleNamespace:
        if name not in self._made:
            members = _MAKERS[name](self._meter)
            self._made[name] = SimpleNamespace(**{member: members[member] for member in MODULES[name]})
        return self._made[name]


def _math(meter: Meter) -> dict[str, Any]:
    members: dict[str, Any] = {name: getattr(math, name) for name in MODULES["math"] if name != "prod"}
    spread = spread_of(meter)

    def small(function: Callable[..., int]) -> Callable[..., int]:
        def call(*numbers: int) -> int:
            if any(abs(number) > _MAX_FACTORIAL for number in numbers):
                meter.stop(f"more than {_MAX_FACTORIAL} in a factorial or a binomial")
            meter.charge(1 + abs(numbers[0]) // 16 if numbers else 1)
            return function(*numbers)

        return call

    def paid(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            for argument in arguments:
                spread(argument)
            return function(*arguments)

        return call

    def rounded(function: Callable[[Any], int]) -> Callable[[Any], int]:
        def call(value: Any) -> int:
            if isinstance(value, decimal.Decimal) and value.is_finite() and value.adjusted() > CONTEXT.Emax:
                raise OverflowError("a decimal with too large an exponent")
            return function(value)

        return call

    def weighed(function: Callable[..., int]) -> Callable[..., int]:
        def call(*numbers: int) -> int:
            meter.charge(1 + sum(number.bit_length() for number in numbers if isinstance(number, int)) // 256)
            return function(*numbers)

        return call

    members.update({name: small(getattr(math, name)) for name in ("comb", "factorial")})
    members.update({name: weighed(getattr(math, name)) for name in ("gcd", "isqrt")})
    members.update({name: paid(getattr(math, name)) for name in ("fsum", "dist", "hypot")})
    members.update({name: rounded(getattr(math, name)) for name in ("ceil", "floor", "trunc")})
    return members


def _datetime(_meter: Meter) -> dict[str, Any]:
    return {name: getattr(datetime, name) for name in MODULES["datetime"]}


class _DecimalKind(type):
    """Lets `isinstance(value, Decimal)` be true of what `Decimal(...)` makes."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, decimal.Decimal)

    def __call__(cls, value: Any = "0") -> decimal.Decimal:
        if isinstance(value, str) and len(value) > _MAX_DIGITS:
            raise ValueError("too many digits for a decimal")
        try:
            return CONTEXT.create_decimal(value)
        except decimal.DecimalException as error:
            raise ValueError(f"not a decimal of the dialect: {type(error).__name__}") from None


class Decimal(metaclass=_DecimalKind):
    """The decimal type as a body sees it: 28 digits, exponents up to 999."""

    __slots__ = ()


def _decimal(_meter: Meter) -> dict[str, Any]:
    return {**{name: getattr(decimal, name) for name in MODULES["decimal"]}, "Decimal": Decimal}


def _statistics(meter: Meter) -> dict[str, Any]:
    import statistics

    spread = spread_of(meter)

    def paid(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(data: Any, *rest: Any) -> Any:
            spread(data)
            items = list(data)
            # Exact fractions: each item costs about as much as a dozen loop turns.
            meter.charge(12 * len(items))
            return function(items, *rest)

        return call

    return {name: paid(getattr(statistics, name)) for name in MODULES["statistics"]}


def _collections(meter: Meter) -> dict[str, Any]:
    return collection_kinds(meter)


_MAKERS: Final[dict[str, Callable[[Meter], dict[str, Any]]]] = {
    "collections": _collections,
    "datetime": _datetime,
    "decimal": _decimal,
    "math": _math,
    "re": patterns.functions,
    "statistics": _statistics,
}
