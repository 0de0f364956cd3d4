"""Findings and values as text for a person."""

from __future__ import annotations

import difflib
import json

from gem_sim.canonical import Json
from gem_sim.verdict import Verdict

_RESULT_CODES = ("result.mismatch", "result.refused", "result.accepted")


def divergence(verdict: Verdict) -> list[str]:
    """Return lines that show the first place where recorded and executed part, none where nothing does."""
    first = next((f for f in verdict.findings if f.code in _RESULT_CODES), None)
    if first is None:
        return []
    head = f"  first divergence: turn {first.turn}, call {first.call}, {first.tool} {first.path or ''}".rstrip()
    recorded, executed = (_lines(first.evidence.get(side)) for side in ("recorded", "executed"))
    lines = list(difflib.unified_diff(recorded, executed, "recorded", "executed", n=99, lineterm=""))
    return [head, *(f"    {line}" for line in lines if not line.startswith("@@"))]


def _lines(value: Json) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
