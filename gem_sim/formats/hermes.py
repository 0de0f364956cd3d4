"""Hermes: calls as `<tool_call>` in assistant texts, answers as `<tool_response>`, tools in the prompt or the row."""

from __future__ import annotations

from gem_sim.formats.calls import fill_ids
from gem_sim.formats.format import Format, read_frame, write_frame
from gem_sim.formats.openai import read_messages, write_message
from gem_sim.formats.rows import JsonObject
from gem_sim.formats.tagged import Tags, fold, has_tags, link, lists_tools, prompt_tools, unfold
from gem_sim.formats.toolspec import write_tool
from gem_sim.trajectory import Trajectory

TAGS = Tags(call="tool_call", answer="tool_response", answer_role="tool")


def recognise(row: JsonObject) -> bool:
    """Tell whether a row's messages hold Hermes tags, or its prompt alone the tools, and no `tool_calls`."""
    return has_tags(row, TAGS) or lists_tools(row)


def read(row: JsonObject, fallback_id: str) -> Trajectory:
    """Read a row of tagged messages; the tools come from the row, else from `<tools>` in the system prompt.

    Calls are numbered `call_<n>` and answers linked to them by order. A call that breaks off, or is no JSON, has
    unreadable arguments as long as its name can be made out. A recorded id or name on an answer is not kept.

    Raises:
        FormatError: If a message, a call or a tool cannot be read; says which.
    """
    frame = read_frame(row, fallback_id, ("messages",))
    recorded = read_messages(row)
    tools = frame.tools or prompt_tools(recorded)
    messages = tuple(link(fill_ids(unfold(recorded))))
    return Trajectory(messages=messages, **frame._replace(tools=tools)._asdict())


def write(trajectory: Trajectory) -> JsonObject:
    """Return a row of Hermes messages, with the tools in the row; answers have the role `tool`.

    Hermes has no ids: reading numbers the calls anew, and an answer belongs to a call by order, so answers are
    put into the order of their calls, and the name on an answer is not written. See `tagged.fold`.
    """
    return write_tagged(trajectory, TAGS)


def write_tagged(trajectory: Trajectory, tags: Tags) -> JsonObject:
    """Return a row of messages with the given tags."""
    folded = fold(trajectory.messages, tags)
    body: JsonObject = {"messages": [write_message(message) for message in folded]}
    if trajectory.tools:
        body["tools"] = [{"type": "function", "function": write_tool(tool)} for tool in trajectory.tools]
    return write_frame(trajectory, body)


HERMES = Format("hermes", recognise, read, write)
