"""Divergences as text for a person, in colour where a terminal shows it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gem_sim.canonical import Json
    from gem_sim.engine import Divergence
    from gem_sim.verifier import SourcedValue

_LINES = 40
# What is painted → the code of its colour in ECMA-48.
_COLOURS = {"pass": 32, "fail": 31, "undecided": 33, "error": 31, "warning": 33, "+": 32, "-": 31, "title": 1}


def paint(text: str, kind: str) -> str:
    """Return a text in the colour of its kind where standard output is a terminal that wants it, else as it is."""
    colour = _COLOURS.get(kind)
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def source_lines(sources: Sequence[SourcedValue] | None) -> list[str]:
    """Return lines that say, call by call, where each value comes from; none without sources."""
    from gem_sim.report.values import visible

    lines: list[str] = []
    number = 0
    for value in sources or ():
        if value.call != number:
            number = value.call
            lines.append(f"  call {number} {visible(value.tool)}")
        lines.append(f"    {visible(str(value))}")
    return lines


def divergence_lines(divergence: Divergence | None) -> list[str]:
    """Return lines that lay the first divergence's recorded and executed answers side by side; none without one."""
    import difflib

    from gem_sim.report.values import visible

    if divergence is None:
        return []
    head = f"  first divergence: turn {divergence.turn}, call {divergence.call}, {visible(divergence.tool)}"
    recorded, executed = _lines(divergence.recorded), _lines(divergence.executed)
    diff = list(difflib.unified_diff(recorded, executed, "recorded", "executed", n=3, lineterm=""))
    shown = [f"    {paint(visible(line), line[:1])}" for line in diff if not line.startswith("@@")]
    left_out = len(shown) - _LINES
    return [head, *shown[:_LINES], *([f"    … {left_out} more lines"] if left_out > 0 else [])]


def _lines(value: Json) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
