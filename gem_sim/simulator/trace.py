"""A replay as plain JSON, for reports and for other processes."""

from __future__ import annotations

from gem_sim.canonical import Json
from gem_sim.simulator.replay import Replay, ReplayedCall
from gem_sim.state import changed_rows


def trace(replay: Replay) -> dict[str, Json]:
    """Return what a person wants to see of a replay.

    Shape: `id`, `task` (its id or None), `messages` (role, content, `calls`: numbers of the calls it makes, `answers`:
    the number of the call it answers or None) and `calls` (number, turn, tool, arguments, recorded, executed,
    refused, differences, changes: table, key, before, after).
    """
    by_message: dict[int, list[Json]] = {}
    answers: dict[int, int] = {}
    for call in replay.calls:
        by_message.setdefault(call.placed.message, []).append(call.placed.number)
        if call.placed.answer is not None:
            answers[id(call.placed.answer)] = call.placed.number
    messages: list[Json] = [
        {"role": m.role, "content": m.content, "calls": by_message.get(i, []), "answers": answers.get(id(m))}
        for i, m in enumerate(replay.trajectory.messages)
    ]
    calls: list[Json] = [_call(call) for call in replay.calls]
    task = None if replay.task is None else replay.task.id
    return {"id": replay.trajectory.id, "task": task, "messages": messages, "calls": calls}


def _call(call: ReplayedCall) -> dict[str, Json]:
    differences: list[Json] = [
        {"path": d.path, "kind": d.kind, "recorded": d.recorded, "executed": d.executed} for d in call.differences
    ]
    changes: list[Json] = [
        {"table": table, "key": key, "before": before, "after": after}
        for table, key, before, after in changed_rows(call.before, call.after)
    ]
    return {
        "number": call.placed.number,
        "turn": call.placed.turn,
        "tool": call.placed.call.tool,
        "arguments": call.placed.call.arguments,
        "recorded": call.recorded,
        "has_answer": call.has_answer,
        "executed": call.result.content,
        "refused": call.result.is_error,
        "differences": differences,
        "changes": changes,
    }
