"""Divergences as text for a person."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

from gem_sim.canonical import Json

if TYPE_CHECKING:
    from gem_sim.engine import Divergence

_LINES = 40


def divergence_lines(divergence: Divergence | None) -> list[str]:
    """Return lines that lay the first divergence's recorded and executed answers side by side; none without one."""
    if divergence is None:
        return []
    head = f"  first divergence: turn {divergence.turn}, call {divergence.call}, {divergence.tool}"
    recorded, executed = _lines(divergence.recorded), _lines(divergence.executed)
    diff = list(difflib.unified_diff(recorded, executed, "recorded", "executed", n=3, lineterm=""))
    shown = [f"    {line}" for line in diff if not line.startswith("@@")]
    left_out = len(shown) - _LINES
    return [head, *shown[:_LINES], *([f"    … {left_out} more lines"] if left_out > 0 else [])]


def _lines(value: Json) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
