"""What a tool answered, as the agent and the user get to see it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gem_sim.canonical import Json
from gem_sim.message import Message
from gem_sim.tool import ToolCall, is_unspecified


def shown(content: Json) -> Json:
    """Return an answer without the values that nothing determines: an agent is not told what nobody knows."""
    if isinstance(content, dict):
        return {name: shown(value) for name, value in content.items() if not is_unspecified(value)}
    if isinstance(content, list):
        return [shown(value) for value in content if not is_unspecified(value)]
    return content


def answer_message(call: ToolCall, content: Json, *, fault: Json = None) -> Message:
    """Return the tool message that answers a call; `fault` declares what was done to the answer (None: nothing)."""
    extra: dict[str, Json] = {} if fault is None else {"fault": fault}
    text = json.dumps(content, ensure_ascii=False)
    return Message(role="tool", tool_call_id=call.id, name=call.tool, content=text, extra=extra)


def told(content: Json) -> str:
    """Return the amounts of an answer in words, `charge_cents: 600` as `charge 600 cents.`, without the rest."""
    return " ".join(_amounts(content))


def _amounts(content: Json) -> Iterator[str]:
    if not isinstance(content, dict):
        return
    for name, value in content.items():
        head, _, unit = name.rpartition("_")
        if head and isinstance(value, int | float) and not isinstance(value, bool) and value:
            yield f"{head.replace('_', ' ').capitalize()} {value} {unit}."
