"""Text made by a body: what may be shown, how wide it may be, and what its methods cost."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from gem_sim.sandbox.kinds import ITERABLES, MAPPINGS, MOMENTS, SCALARS, spread_of
from gem_sim.sandbox.meter import CHARACTERS, Meter

_MAX_WIDTH: Final = 1000
_MAX_SHOWN_NODES: Final = 20_000
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
_TYPE_OF_METHOD: Final = re.compile(r"^[A-Za-z_]+\.(?=\w+\(\))")
_PERCENT: Final = re.compile(r"%(?:\(\w+\))?[-+ 0#]*(\d*)(?:\.(\d*))?([a-zA-Z%])")
_DIRECTIVES: Final = frozenset("aAbBdHIjmMpSyYfUWuVGF%zTDe")


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
        elif kind in SCALARS or isinstance(item, MOMENTS):
            continue
        elif kind is decimal.Decimal:
            _plain_exponent(item)
        elif isinstance(item, MAPPINGS):
            if getattr(item, "default_factory", None) is not None:
                raise TypeError("a defaultdict cannot be shown as text; make a dict of it")
            waiting += item
            waiting += item.values()
        elif isinstance(item, ITERABLES):
            waiting += item
        elif isinstance(item, Exception):
            waiting += real_args(item)
        elif kind is not range:
            raise TypeError(f"a {kind.__name__} cannot be shown as text; show its fields")
    meter.charge(nodes // 16)
    return characters + 8 * nodes


def steady_text(error: BaseException) -> None:
    """Take out of Python's own messages what differs from run to run.

    That is where an object lay in memory, and the type before a method's name, which Python tells or not as it
    has specialised the call.
    """
    args = real_args(error)
    if not args or type(args[0]) is not str:
        return
    text = _ADDRESS.sub("", args[0]) if " at 0x" in args[0] else args[0]
    if type(error) is TypeError and "()" in text:
        text = _TYPE_OF_METHOD.sub("", text)
    if text is not args[0]:
        BaseException.args.__set__(error, (text, *args[1:]))  # type: ignore[attr-defined]


def real_args(error: BaseException) -> tuple[Any, ...]:
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


def bound_percent(meter: Meter, text: str, values: Any) -> None:
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
    meter.characters(size + shown * (len(directives) if isinstance(values, MAPPINGS) else 1))


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


def pay_text(meter: Meter, name: str, value: str, arguments: tuple[Any, ...]) -> None:
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


def join(meter: Meter, value: str, parts: Any) -> str:
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
