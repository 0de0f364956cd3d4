"""What the policy puts into a body where a value decides: bounded operators, formats, slices and methods.

Every function here is given to a stub under a name that ends in an underscore and begins with one, so no body can
name, replace or pass it.
"""

from __future__ import annotations

import datetime
import decimal
import operator
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from gem_sim.sandbox.host import Refusal
from gem_sim.sandbox.meter import CHARACTERS, FREE, MAX_BITS, LimitHit, Meter, entry_of
from gem_sim.sandbox.ordered import OrderedSet
from gem_sim.sandbox.view import TableView
from gem_sim.state import SharedDict, SharedList, SharedValueChanged

# Classes that a body makes are marked by the name of the module they think they live in.
STUB_MODULE: Final = "<stub>"

_MAX_WIDTH: Final = 1000
_SMALL: Final = 1 << 62
_DECIMAL_POWER: Final = 30
_MAX_SHOWN_NODES: Final = 20_000
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
_SCALARS: Final = frozenset((str, int, float, bool, type(None)))
_MOMENTS: Final = (datetime.date, datetime.time, datetime.timedelta, datetime.timezone)
_LISTS: Final = (list, SharedList, tuple, deque)
_MAPPINGS: Final = (dict, SharedDict, defaultdict, OrderedDict, Counter)
_VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_ITERABLES: Final[tuple[Any, ...]] = (*_LISTS, *_VIEWS, OrderedSet)
SIZED: Final = frozenset((*_LISTS, *_MAPPINGS, *_VIEWS, OrderedSet, TableView, range, str))
_PERCENT: Final = re.compile(r"%(?:\(\w+\))?[-+ 0#]*(\d*)(?:\.(\d*))?([a-zA-Z%])")
_DIRECTIVES: Final = frozenset("aAbBdHIjmMpSyYfUWuVGF%zTDe")


def guards(meter: Meter) -> dict[str, Any]:
    """Return the guards bound to a meter, by the names that the policy writes."""
    return {
        "_enter_": entry_of(meter),
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


def spread_of(meter: Meter) -> Callable[[Any], Any]:
    """Return the guard of what is run through in C: it pays for its length beforehand."""

    def spread(value: Any) -> Any:
        if type(value) in SIZED and len(value) >= FREE:
            meter.items(len(value))
        return value

    return spread


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
                waiting += [item for item in part if type(item) not in _SCALARS]
            elif isinstance(part, dict):
                meter.items(len(part) + FREE)
                waiting += [item for item in part.values() if type(item) not in _SCALARS]
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
            _bound_percent(meter, left, right)
        else:
            _bound_growth(meter, name, left, right)
            if kind in _VIEWS or type(right) in _VIEWS:
                # Python makes a set of these, whose order depends on the hash seed.
                left, right = _ordered(left), _ordered(right)
        return _OPERATORS[name](left, right)

    return operate


def _ordered(value: Any) -> Any:
    return OrderedSet(value) if type(value) in (*_VIEWS, list, tuple, dict, range) else value


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


def shown_of(meter: Meter) -> Callable[[Any], Any]:
    """Return the guard of a value put into text: plain values only, paid for by their size.

    A scalar is returned as it is; the text of anything else is made here.
    """

    def shown(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            if len(value) >= CHARACTERS:
                meter.characters(len(value))
            return value
        if kind is int or kind is float or kind is bool or value is None:
            return value
        check_shown(meter, value)
        text = str(value)
        meter.characters(len(text))
        return text

    return shown


def check_shown(meter: Meter, value: Any) -> int:
    """Refuse what has no text of its own, and what has too much of it; shared parts count each time.

    Returns about how many characters its text has.

    Raises:
        TypeError: For functions, classes, instances of a body's own classes and the like.
    """
    nodes = characters = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        nodes += 1
        if nodes > _MAX_SHOWN_NODES:
            meter.stop("a value too large to be shown as text")
        kind = type(item)
        if kind is str:
            meter.characters(len(item))
            characters += len(item)
        elif kind is int:
            characters += item.bit_length() >> 1
        elif kind in _SCALARS or isinstance(item, _MOMENTS):
            continue
        elif kind is decimal.Decimal:
            _plain_exponent(item)
        elif isinstance(item, _MAPPINGS):
            if getattr(item, "default_factory", None) is not None:
                raise TypeError("a defaultdict cannot be shown as text; make a dict of it")
            waiting += item
            waiting += item.values()
        elif isinstance(item, _ITERABLES):
            waiting += item
        elif isinstance(item, Exception):
            waiting += real_args(item)
        elif kind is not range:
            raise TypeError(f"a {kind.__name__} cannot be shown as text; show its fields")
    meter.charge(nodes // 16)
    return characters + 8 * nodes


def real_args(error: Exception) -> tuple[Any, ...]:
    """Return the arguments of an exception, whatever its class calls `args`."""
    args: tuple[Any, ...] = BaseException.args.__get__(error)  # type: ignore[attr-defined]
    return args


def format_of(meter: Meter) -> Callable[[Any, int, str], str]:
    """Return the guard of `{value!conversion:spec}`."""
    shown = shown_of(meter)

    def formatted(value: Any, conversion: int, spec: str) -> str:
        if conversion != -1:
            check_shown(meter, value)
            value = str(value) if conversion == ord("s") else repr(value) if conversion == ord("r") else ascii(value)
        if not spec:
            return str(shown(value))
        if isinstance(value, datetime.date | datetime.time):
            bound_directives(meter, spec)
        else:
            check_shown(meter, value)
            for digits in re.findall(r"\d+", spec):
                if len(digits) > 4 or int(digits) > _MAX_WIDTH:
                    meter.stop(f"a format wider than {_MAX_WIDTH}")
            if spec[-1:] == "n":
                raise ValueError("the format 'n' depends on the machine; use ',' for thousands")
            if type(value) is int and value.bit_length() > 1024 and spec[-1:] in "eEfFgG%":
                raise OverflowError("an integer too large for this format")
        text = format(value, spec)
        meter.characters(len(text))
        return text

    return formatted


def _bound_percent(meter: Meter, text: str, values: Any) -> None:
    """Allow `text % values` where each directive is narrow and shows a plain value."""
    meter.characters(len(text))
    rest = _PERCENT.sub("", text)
    if "%" in rest:
        raise ValueError("a format with * or an unknown directive; use an f-string")
    size = len(text)
    directives = _PERCENT.findall(text)
    for width, precision, _kind in directives:
        for digits in (width, precision):
            if digits and (len(digits) > 4 or int(digits) > _MAX_WIDTH):
                meter.stop(f"a format wider than {_MAX_WIDTH}")
            size += int(digits or 0)
    shown = check_shown(meter, values)
    # Only what is named can be shown more than once.
    meter.characters(size + shown * (len(directives) if isinstance(values, _MAPPINGS) else 1))


def bound_directives(meter: Meter, form: str) -> None:
    """Allow the directives of `strftime` that need no time zone of the machine and pad to no width.

    Raises:
        ValueError: For the others.
    """
    meter.characters(len(form))
    for part in form.replace("%%", "").split("%")[1:]:
        letter = part[1:2] if part[:1] == "-" else part[:1]
        if letter not in _DIRECTIVES or not letter:
            raise ValueError(f"the directive %{part[:2]} is not part of the dialect")
    if len(form) > _MAX_WIDTH:
        meter.stop(f"a format longer than {_MAX_WIDTH}")


def _plain_exponent(value: decimal.Decimal) -> None:
    if value.is_finite() and abs(value.adjusted()) > _MAX_WIDTH:
        raise OverflowError("a decimal with too large an exponent")


def _method_of(meter: Meter) -> Callable[..., Any]:
    """Return the guard of methods that run or grow inside C: `value.name(...)`, paid for beforehand."""
    spread = spread_of(meter)

    def method(name: str, value: Any, /, *arguments: Any, **named: Any) -> Any:
        kind = type(value)
        given = (*arguments, *named.values()) if named else arguments
        if kind is str:
            if name == "join" and len(arguments) == 1 and not named:
                return _join(meter, value, arguments[0])
            _pay_text(meter, name, value, given)
        elif name in ("strftime", "strptime"):
            for form in (item for item in given if isinstance(item, str)):
                meter.charge(40)
                bound_directives(meter, form)
        elif name == "replace" and not named and arguments and isinstance(arguments[0], str):
            raise TypeError("replace of texts only; call it on a text")
        else:
            if name in _SCANS:
                if kind in _LISTS or (kind is range and type(given[0] if given else 0) is not int):
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


def _pay_text(meter: Meter, name: str, value: str, arguments: tuple[Any, ...]) -> None:
    meter.characters(len(value))
    if name in _SPLITS:
        meter.items(len(value))
    elif name in _TEXT_GROWERS:
        _TEXT_GROWERS[name](meter, value, arguments)
    if name in _FROM_THE_RIGHT and arguments and type(arguments[0]) is str:
        # Python compares almost everything with everything here in the worst case.
        meter.charge(len(value) * len(arguments[0]) // 4096)


_SPLITS: Final = ("split", "rsplit", "splitlines")
_FROM_THE_RIGHT: Final = ("rfind", "rindex", "rpartition", "rsplit")
_UNIONS: Final = ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset")
# Methods that run through the whole of what they belong to: of anything, and of lists only.
_WHOLE: Final = frozenset(("copy", "most_common", "elements", "isdisjoint", *_UNIONS))
_SCANS: Final = frozenset(("count", "index", "insert", "remove", "reverse", "rotate", "sort"))


def _join(meter: Meter, value: str, parts: Any) -> str:
    """Join what may be a generator: only the finished list says how long the text will be."""
    spread_of(meter)(parts)
    texts = parts if type(parts) is list else list(parts)
    meter.characters(sum(len(part) for part in texts if type(part) is str) + len(value) * len(texts))
    return value.join(texts)


def _grow_replace(meter: Meter, value: str, arguments: tuple[Any, ...]) -> None:
    if len(arguments) >= 2 and type(arguments[0]) is str and type(arguments[1]) is str:
        times = value.count(arguments[0]) if arguments[0] else len(value) + 1
        meter.characters(len(value) + times * len(arguments[1]))


def _grow_width(meter: Meter, _value: str, arguments: tuple[Any, ...]) -> None:
    for width in arguments[:1]:
        if type(width) is int and width > _MAX_WIDTH:
            meter.stop(f"a text padded to more than {_MAX_WIDTH} characters")


def _grow_tabs(meter: Meter, value: str, arguments: tuple[Any, ...]) -> None:
    _grow_width(meter, value, arguments)
    size = arguments[0] if arguments and type(arguments[0]) is int else 8
    meter.characters(len(value) + value.count("\t") * max(size, 0))


_TEXT_GROWERS: Final[Mapping[str, Callable[[Meter, str, tuple[Any, ...]], None]]] = {
    "replace": _grow_replace,
    "center": _grow_width,
    "ljust": _grow_width,
    "rjust": _grow_width,
    "zfill": _grow_width,
    "expandtabs": _grow_tabs,
}
