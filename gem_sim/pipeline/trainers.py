"""Rows as TRL, LLaMA-Factory and verl read them: each loses or alters something of OpenAI messages.

TRL hands arguments to the model's template, which would write a JSON string as a string. LLaMA-Factory drops, with
no more than a line in its log, every conversation in which the two sides do not take turns. verl tells tools neither
from JSON text nor from a column that Arrow has filled with null, so that they stand in the prompt there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from gem_sim.errors import FormatError
from gem_sim.formats.calls import arguments_text
from gem_sim.formats.rows import JsonObject, dump_json
from gem_sim.formats.tagged import Tags, escaped, fold, linked, spell_answer, spell_call
from gem_sim.formats.toolspec import write_tool
from gem_sim.message import Message
from gem_sim.trajectory import Trajectory

_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}
_IN_PROMPT = Tags(call="tool_call", answer="tool_response", answer_role="user")
_HOW_TO_CALL = """# Tools

To call a tool, write a JSON object with "name" and "arguments" between <tool_call> and </tool_call>. The answer comes
between <tool_response> and </tool_response>. These are the tools:
<tools>
{tools}
</tools>"""
_DROPS = "LLaMA-Factory would drop it: "


class Trainer(NamedTuple):
    """How a trainer's rows are made.

    `shape` gives the trajectory that can be said to it, and raises a FormatError where there is none; `write` says that
    one. Both keep every text, call and answer in order.
    """

    shape: Callable[[Trajectory], Trajectory]
    write: Callable[[Trajectory], JsonObject]


def shown_tools(trajectory: Trajectory) -> list[JsonValue]:
    """Return the tools as a model is told of them: without bodies and what is ours."""
    keys = ("name", "description", "parameters")
    shown = [{k: v for k, v in write_tool(tool).items() if k in keys} for tool in trajectory.tools]
    return [{"type": "function", "function": spec} for spec in shown]


def _write_trl(trajectory: Trajectory) -> JsonObject:
    """Return messages with arguments as objects, and no text as an empty one: templates join texts."""
    messages: list[JsonValue] = []
    for message in trajectory.messages:
        written: JsonObject = {"role": message.role, "content": message.content or ""}
        if message.tool_calls:
            written["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.tool, "arguments": call.arguments}}
                for call in message.tool_calls
            ]
        if message.role == "tool":
            written |= {"tool_call_id": message.tool_call_id, "name": message.name}
        messages.append(written)
    return {"id": trajectory.id, "messages": messages}


def _readable(trajectory: Trajectory) -> Trajectory:
    """Return the trajectory, whose arguments can all be said as objects.

    Raises:
        FormatError: If some could not be read.
    """
    for placed in trajectory.calls():
        if placed.call.unreadable is not None:
            text = arguments_text(placed.call)[:80]
            raise FormatError(f"the arguments of {placed.call.tool} are no object: {text}")
    return trajectory


def _take_turns(trajectory: Trajectory) -> Trajectory:
    """Return the same talk with the two sides in turn: users and answers, then the assistant, one call at a time.

    Raises:
        FormatError: If the order of the talk would have to change.
    """
    head = [message for message in trajectory.messages[:1] if message.role == "system"]
    turns: list[Message] = []
    for message in _single_calls(trajectory.messages[len(head) :]):
        last = turns[-1] if turns else None
        if message.role == "system":
            raise FormatError(f"{_DROPS}a system message stands amid it")
        if last is None or _side(last) != _side(message):
            turns.append(message)
        elif last.role == message.role and not last.tool_calls and message.role != "tool":
            texts = [text for text in (last.content, message.content) if text]
            turns[-1] = message.model_copy(update={"content": "\n\n".join(texts) or None})
        else:
            raise FormatError(f"{_DROPS}{message.role} follows {last.role}")
    if not turns or turns[0].role != "user":
        raise FormatError(f"{_DROPS}it does not begin with the user")
    if turns[-1].role != "assistant":
        raise FormatError(f"{_DROPS}it does not end with the assistant")
    return trajectory.model_copy(update={"messages": (*head, *turns)})


def _side(message: Message) -> bool:
    return message.role == "assistant"


def _single_calls(messages: Sequence[Message]) -> Iterator[Message]:
    """Yield the messages with each call of several in a message of its own, followed by its answer."""
    trajectory = Trajectory(id="", messages=tuple(messages))
    placed = {place.call.id: place for place in trajectory.calls()}
    after = 0
    for index, message in enumerate(messages):
        if index < after:
            continue
        if len(message.tool_calls) < 2:
            yield message
            continue
        answers = [placed[call.id].answer for call in message.tool_calls]
        after = index + 1 + len(trajectory.answers_after(index))
        if None in answers or after - index - 1 != len(answers):
            raise FormatError(f"{_DROPS}a call has no answer, or more than one")
        for number, (call, answer) in enumerate(zip(message.tool_calls, answers, strict=True)):
            content = message.content if number == 0 else None
            yield message.model_copy(update={"content": content, "tool_calls": (call,)})
            if answer is not None:
                yield answer


def _write_llamafactory(trajectory: Trajectory) -> JsonObject:
    """Return ShareGPT turns; what is said beside a call stands before it in the same `function_call`."""
    turns: list[JsonValue] = []
    for message, call in linked(trajectory.messages):
        if message.tool_calls:
            turns.append({"from": "function_call", "value": _said_and_called(message)})
        else:
            text = spell_answer(message.content, call) if message.role == "tool" else escaped(message.content or "")
            turns.append({"from": _SPEAKERS[message.role], "value": text})
    return {"id": trajectory.id, "conversations": turns}


def _said_and_called(message: Message) -> str:
    (call,) = message.tool_calls
    if not message.content:
        return spell_call(call)
    return f"{escaped(message.content)}\n<tool_call>\n{spell_call(call)}\n</tool_call>"


def _tell_tools(trajectory: Trajectory) -> Trajectory:
    """Return the trajectory with its tools told in the system prompt."""
    tools = "\n".join(dump_json(tool) for tool in shown_tools(trajectory))
    told = _HOW_TO_CALL.format(tools=tools)
    first = trajectory.messages[0]
    if first.role == "system":
        told = f"{first.content}\n\n{told}" if first.content else told
        rest = trajectory.messages[1:]
    else:
        rest = trajectory.messages
    return trajectory.model_copy(update={"messages": (Message(role="system", content=told), *rest)})


def _write_verl(trajectory: Trajectory) -> JsonObject:
    """Return texts only, calls and answers in tags, and the columns of a prompt to roll out from."""
    messages: list[JsonValue] = [
        {"role": message.role, "content": message.content or ""} for message in fold(trajectory.messages, _IN_PROMPT)
    ]
    return {"id": trajectory.id, "messages": messages, "prompt": messages[:2], "data_source": "gem-sim"}


TRAINERS: dict[str, Trainer] = {
    "trl": Trainer(_readable, _write_trl),
    "llamafactory": Trainer(_take_turns, _write_llamafactory),
    "verl": Trainer(_tell_tools, _write_verl),
}

# What LLaMA-Factory's `dataset_dir` has to hold beside the rows, for `dataset: gem_sim`.
DATASET_INFO: JsonObject = {
    "gem_sim": {
        "file_name": "train.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "tools": "tools"},
    }
}
