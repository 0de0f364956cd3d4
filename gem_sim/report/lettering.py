"""Text in drawings: how wide it is at most, cut or broken to fit, and safe inside XML."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Literal

Face = Literal["plain", "bold", "mono"]

# Characters and their width in parts of an em, not less than in the widest of the common screen fonts (DejaVu Sans).
_WIDTHS = {
    " ,.'ijlIJ/\\|:;": 0.35,
    "-f()[]!rt": 0.43,
    '"*_`szc?': 0.55,
    "LFkvxy": 0.6,
    "TYaoeESbdghnpqu$0123456789{}P": 0.64,
    "KAVBRXZCU": 0.74,
    "HNDG&OQ": 0.79,
    "w#+<=>^~": 0.84,
    "M%mW@": 1.0,
}
_EM = {character: width for characters, width in _WIDTHS.items() for character in characters}
_MONO = 0.61
_MONO_SIGNS = frozenset("…←→·“”‘’–—")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Emoji are as wide as this in common fonts.
_WIDE = 1.4


def width_of(text: str, size: float, face: Face = "plain") -> float:
    """Return an upper bound of the text's width in pixels at a font size in pixels."""
    return size * sum(_em(character, face) for character in text)


def fit(text: str, width: float, size: float, face: Face = "plain") -> str:
    """Return the text on one line, cut with an ellipsis where it is wider than `width` pixels."""
    line = flat(text)
    if width_of(line, size, face) <= width:
        return line
    room = width - size * _em("…", face)
    kept = ""
    for character in line:
        room -= size * _em(character, face)
        if room < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def wrap(text: str, width: float, size: float, face: Face = "plain", lines: int = 3) -> list[str]:
    """Break the text into at most that many lines, each within `width` pixels; what is left over is cut."""
    broken: list[str] = []
    line = ""
    words = flat(text).split(" ")
    for index, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, face) <= width or not line:
            line = longer
            continue
        if len(broken) == lines - 1:
            return [*broken, fit(" ".join([line, *words[index:]]), width, size, face)]
        broken.append(fit(line, width, size, face))
        line = word
    return [*broken, fit(line, width, size, face)] if line else broken


def flat(text: str) -> str:
    """Return the text on one line, each run of white space one space."""
    return " ".join(text.split())


def escaped(text: str) -> str:
    """Return the text as it stands in XML, as content or in an attribute; what XML forbids is replaced."""
    return html.escape(_FORBIDDEN.sub("\ufffd", text))


def _em(character: str, face: Face) -> float:
    if unicodedata.east_asian_width(character) in ("W", "F") or not character.isprintable():
        return _WIDE
    if face == "mono":
        return _MONO if ord(character) < 0x250 or character in _MONO_SIGNS else _WIDE
    ems = _EM.get(character, 1.05 if ord(character) >= 0x2000 else 0.9)
    return ems * (1.15 if face == "bold" else 1.0)
