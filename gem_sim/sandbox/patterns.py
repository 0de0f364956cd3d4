"""Regular expressions as a body sees them: matched by RE2, so that no pattern can run away, and paid for.

RE2 takes time by the length of the text times, at worst, the size of the compiled pattern; it has no look-around and no
back references. Replacements are worked out here, as Python's `re` does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from gem_sim.sandbox.meter import MAX_CHARACTERS, Meter

_MAX_PATTERN: Final = 1000
# Steps of the matcher that one unit of fuel buys.
_STEPS: Final = 192
_COMPILING: Final = 20
_REFERENCE: Final = re.compile(r"\\(?:g<(\w+)>|([1-9]\d?)|(.)|$)", re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_CLASSES: Final = {r"\w": r"\pL\pN_", r"\d": r"\p{Nd}", r"\s": r"\t-\r\x1c-\x1f\x{85}\p{Z}"}
IGNORECASE: Final = 1


class Match:
    """A match: its groups and where they stand."""

    __slots__ = ("_found", "_meter")

    def __init__(self, found: Any, meter: Meter) -> None:
        self._found = found
        self._meter = meter

    def __repr__(self) -> str:
        return "<match>"

    def __getitem__(self, group: int | str) -> Any:
        return self.group(group)

    def group(self, *groups: int | str) -> Any:
        """Return the text of a group, or of several; None for one that took no part."""
        parts = tuple(self._found.group(group) for group in groups or (0,))
        self._meter.characters(sum(len(part) for part in parts if part is not None))
        return parts[0] if len(parts) == 1 else parts

    def groups(self, default: Any = None) -> tuple[Any, ...]:
        """Return the texts of all groups."""
        parts: tuple[Any, ...] = self._found.groups(default)
        self._meter.characters(sum(len(part) for part in parts if type(part) is str))
        return parts

    def groupdict(self, default: Any = None) -> dict[str, Any]:
        """Return the texts of the named groups by their names."""
        self._meter.characters(sum(len(part) for part in self._found.groups("")))
        return dict(self._found.groupdict(default))

    def start(self, group: int | str = 0) -> int:
        """Return where a group begins."""
        return int(self._found.start(group))

    def end(self, group: int | str = 0) -> int:
        """Return where a group ends."""
        return int(self._found.end(group))

    def span(self, group: int | str = 0) -> tuple[int, int]:
        """Return where a group begins and ends."""
        return self.start(group), self.end(group)

    @property
    def lastgroup(self) -> Any:
        """The name of the last group that matched."""
        return self._found.lastgroup


class Pattern:
    """A compiled pattern; its methods take what those of Python's patterns take."""

    __slots__ = ("_make", "_meter", "_narrow", "_wide")

    def __init__(self, make: Callable[[bool], Any], meter: Meter) -> None:
        self._make = make
        self._meter = meter
        self._narrow = make(False)
        self._wide: Any = None

    def __repr__(self) -> str:
        return "<pattern>"

    def _for(self, text: Any) -> Any:
        """Return the expression that matches this text, the work paid for."""
        if type(text) is not str:
            raise TypeError("a pattern is matched with a text")
        expression = self._narrow
        if not text.isascii():
            if self._wide is None:
                self._wide = self._make(True)
            expression = self._wide
        self._meter.charge(1 + len(text) * int(expression.programsize) // _STEPS)
        return expression

    def _once(self, name: str, text: str) -> Match | None:
        found = getattr(self._for(text), name)(text)
        return None if found is None else Match(found, self._meter)

    def match(self, string: str) -> Match | None:
        """Match at the beginning of a text."""
        return self._once("match", string)

    def fullmatch(self, string: str) -> Match | None:
        """Match the whole of a text."""
        return self._once("fullmatch", string)

    def search(self, string: str) -> Match | None:
        """Match anywhere in a text."""
        return self._once("search", string)

    def _all(self, text: str) -> Iterator[Any]:
        """Yield every match; each looks through the rest of the text at worst."""
        expression = self._for(text)
        slow = 1 + int(expression.programsize) // _STEPS
        for found in expression.finditer(text):
            self._meter.charge(1 + (len(text) - found.start()) * slow // 2048)
            yield found

    def findall(self, string: str) -> list[Any]:
        """Return the texts of all matches, of their groups where there are any."""
        items: list[Any] = []
        for found in self._all(string):
            groups = found.groups("")
            self._meter.characters(sum(map(len, groups)) if groups else found.end() - found.start())
            items.append(found.group() if not groups else groups[0] if len(groups) == 1 else groups)
        return items

    def split(self, string: str, maxsplit: int = 0) -> list[str | None]:
        """Return the texts between the matches, and the groups of these."""
        parts: list[str | None] = []
        end = 0
        for number, found in enumerate(self._all(string), start=1):
            groups = found.groups()
            parts += [string[end : found.start()], *groups]
            self._meter.characters(found.start() - end + sum(len(group) for group in groups if group is not None))
            end = found.end()
            if number == maxsplit:
                break
        return [*parts, string[end:]]

    def sub(self, repl: Any, string: str, count: int = 0) -> str:
        """Return a text with its matches replaced by `repl`, a template or a function of the match."""
        make = repl if type(repl) is not str else _template(repl)
        parts: list[str] = []
        total = end = 0
        for number, found in enumerate(self._all(string), start=1):
            text = make(Match(found, self._meter))
            if type(text) is not str:
                raise TypeError("a replacement is a text")
            total += len(text)
            if total > MAX_CHARACTERS:
                self._meter.stop(f"a text of more than {MAX_CHARACTERS} characters")
            self._meter.characters(len(text))
            parts += [string[end : found.start()], text]
            end = found.end()
            if number == count:
                break
        self._meter.characters(len(string) + total)
        return "".join([*parts, string[end:]])


@lru_cache(maxsize=256)
def _translated(pattern: str, *, wide: bool) -> str:
    r"""Return a pattern of Python's as one of RE2's, whose `\w`, `\d` and `\s` know no letters but ASCII's.

    Raises:
        ValueError: If `wide`, and the complement of such a class stands inside of another class.
    """
    parts: list[str] = []
    inside = False
    place = 0
    while place < len(pattern):
        piece = pattern[place : place + 2] if pattern[place] == "\\" else pattern[place]
        if inside:
            inside = piece != "]"
        elif piece == "[":
            inside = True
            # A bracket that comes first in a class stands for itself.
            piece = pattern[place : place + 3 if pattern[place + 1 : place + 3] == "^]" else place + 2]
            piece = piece if piece.endswith("]") else "["
        members = _CLASSES.get(piece.lower()) if wide else None
        if piece == "\\Z" and not inside:
            parts.append("\\z")
        elif members is None:
            parts.append(piece)
        elif piece[1].islower():
            parts.append(members if inside else f"[{members}]")
        elif inside:
            raise ValueError(f"{piece} inside of a class, with a text beyond ASCII; write the class without it")
        else:
            parts.append(f"[^{members}]")
        place += len(piece)
    return "".join(parts)


@lru_cache(maxsize=256)
def _template(text: str) -> Callable[[Match], str]:
    """Return what a replacement makes of a match.

    Raises:
        ValueError: For an escape that Python's `re` refuses.
    """
    parts: list[str | tuple[int | str]] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        name, number, letter = found.groups()
        parts.append(text[end : found.start()])
        end = found.end()
        key = name or number
        if key is not None:
            parts.append((int(key) if key.isdigit() else key,))
        elif letter is None or (letter not in _ESCAPES and letter.isascii() and letter.isalnum()):
            raise ValueError(f"the replacement has a bad escape: \\{letter or ''}")
        else:
            parts.append(_ESCAPES.get(letter, f"\\{letter}"))
    parts.append(text[end:])

    def made(match: Match) -> str:
        return "".join(part if isinstance(part, str) else match.group(part[0]) or "" for part in parts)

    return made


def functions(meter: Meter) -> dict[str, Any]:
    """Return what `re` has in the dialect, bound to a meter."""
    import re2

    plain, folding = re2.Options(), re2.Options()
    plain.log_errors = folding.log_errors = False
    folding.case_sensitive = False

    def compiled(pattern: Any, flags: int = 0) -> Pattern:
        if isinstance(pattern, Pattern):
            return pattern
        if type(pattern) is not str:
            raise TypeError("a pattern is a text")
        if len(pattern) > _MAX_PATTERN:
            raise ValueError(f"a pattern of more than {_MAX_PATTERN} characters")
        if flags not in (0, IGNORECASE):
            raise ValueError("of the flags the dialect has IGNORECASE only")

        def make(wide: bool) -> Any:
            meter.charge(_COMPILING)
            try:
                expression = re2.compile(_translated(pattern, wide=wide), folding if flags else plain)
            except re2.error as error:
                reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
                raise ValueError(f"not a pattern of the dialect: {reason}") from None
            meter.charge(int(expression.programsize) // _STEPS)
            return expression

        return Pattern(make, meter)

    def using(name: str) -> Callable[..., Any]:
        method = getattr(Pattern, name)

        def call(pattern: Any, string: Any, flags: int = 0) -> Any:
            return method(compiled(pattern, flags), string)

        return call

    def split(pattern: Any, string: Any, maxsplit: int = 0, flags: int = 0) -> list[str | None]:
        return compiled(pattern, flags).split(string, maxsplit)

    def sub(pattern: Any, repl: Any, string: Any, count: int = 0, flags: int = 0) -> str:
        return compiled(pattern, flags).sub(repl, string, count)

    made = {name: using(name) for name in ("findall", "fullmatch", "match", "search")}
    return {**made, "split": split, "sub": sub, "compile": compiled, "IGNORECASE": IGNORECASE, "I": IGNORECASE}
