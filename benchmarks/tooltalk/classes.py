"""How a replayed call of ToolTalk relates to its recording: one word per call, to be counted."""

from __future__ import annotations

from typing import Any

from gem_sim.simulator.replay import ReplayedCall

SAME = "same"
OTHER_ORDER = "same up to list order"
FILTERED = "filtered by the annotator"
EDITED = "edited by the annotator"
ID_TWICE = "an id given twice"
OTHER_FIELD = "a field of another tool"

REPRODUCED = (SAME, OTHER_ORDER)


def class_of(call: ReplayedCall) -> str:
    """Return the class of a call; those of `REPRODUCED` are the ones whose record execution bears out."""
    recorded, executed = _entries(call.recorded), _entries(call.result.content)
    if not call.differences and call.recorded_error == call.executed_error:
        return SAME if recorded == executed else OTHER_ORDER
    if recorded is not None and executed is not None:
        return FILTERED if all(entry in executed for entry in recorded) else EDITED
    if any(difference.kind == "extra" for difference in call.differences):
        return OTHER_FIELD
    return ID_TWICE if all(d.path.endswith(("_id", "_token")) for d in call.differences) else EDITED


def _entries(content: Any) -> list[dict[str, Any]] | None:
    """Return the list that an answer holds, its entries without their ids; None where it holds none."""
    response = content.get("response") if isinstance(content, dict) else None
    lists = [value for value in (response or {}).values() if isinstance(value, list)]
    if len(lists) != 1:
        return None
    return [{name: value for name, value in entry.items() if not name.endswith("_id")} for entry in lists[0]]
