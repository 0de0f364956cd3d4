"""Conversations between a model and itself: turns to messages and back, and the interactive loop over a Session."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from gem_sim.canonical import Json, digest
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats.rows import dump_json
from gem_sim.message import Message
from gem_sim.pipeline.ledger import Attempt
from gem_sim.pipeline.llm import Client, Turn
from gem_sim.pipeline.prompts import load_prompt
from gem_sim.simulator import Session
from gem_sim.task import Task
from gem_sim.tool import ToolCall

MOST_TURNS = 12
MOST_CALLS = 24


def as_turns(value: Json) -> Iterator[Message]:
    """Yield the messages of turns that a model wrote: {"user"}, {"assistant"}, {"assistant", "call", "result"}.

    Raises:
        InputError: If a turn is none of these.
    """
    number = 0
    for turn in value if isinstance(value, list) else []:
        if not isinstance(turn, dict) or not ("user" in turn or "assistant" in turn or "call" in turn):
            raise InputError("a turn has neither `user` nor `assistant`")
        if "user" in turn:
            yield Message(role="user", content=str(turn["user"]))
            continue
        text = turn.get("assistant")
        content = None if text is None else str(text)
        call = turn.get("call")
        if not isinstance(call, dict):
            yield Message(role="assistant", content=content)
            continue
        number += 1
        made = _call(call, number)
        yield Message(role="assistant", content=content, tool_calls=(made,))
        yield Message(role="tool", content=_text(turn.get("result")), tool_call_id=made.id, name=made.tool)


def _call(call: dict[str, Json], number: int) -> ToolCall:
    arguments = call.get("arguments")
    return ToolCall(
        id=f"call_{number}",
        tool=str(call.get("tool")),
        arguments=arguments if isinstance(arguments, dict) else {},
    )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else dump_json(value)


def said(messages: Sequence[Message]) -> str:
    """Return messages as lines that a model reads."""
    lines = []
    for message in messages:
        if message.role == "tool":
            lines.append(f"[result of {message.name}] {message.content}")
        elif message.content:
            lines.append(f"[{message.role}] {message.content}")
        for call in message.tool_calls:
            lines.append(f"[call] {call.tool} {json.dumps(call.arguments, ensure_ascii=False)}")
    return "\n".join(lines) or "(nothing yet)"


async def converse(
    client: Client, environment: Environment, task: Task, entry: dict[str, Json], log: list[Attempt]
) -> tuple[Message, ...]:
    """Return a conversation in which the model plays user and assistant, and a Session answers every call."""
    session = Session(environment, seed=int(digest(f"{environment.name}/{task.id}")[:6], 16), task=task)
    messages = [Message(role="system", content="\n".join(environment.policy))]
    tools = [
        tool.model_dump(mode="json", include={"name", "description", "parameters"})
        for tool in environment.tools.values()
    ]
    known = json.dumps(entry.get("known"), ensure_ascii=False)
    user, assistant = load_prompt("user"), load_prompt("assistant")
    calls = 0
    for _ in range(MOST_TURNS):
        asked = user.fill(
            persona=entry.get("persona", ""), instruction=task.instruction, known=known, conversation=said(messages[1:])
        )
        reply = await client.ask(user, [_user(asked)], log)
        messages.append(Message(role="user", content=str(reply["say"])))
        while True:
            told = "\n".join(environment.policy)
            text = assistant.fill(policy=told, tools=dump_json(tools), conversation=said(messages[1:]))
            step = await client.ask(assistant, [_user(text)], log)
            content = None if step["say"] is None else str(step["say"])
            wanted = step["call"]
            if not isinstance(wanted, dict) or calls >= MOST_CALLS:
                messages.append(Message(role="assistant", content=content or "I have no more to say on this."))
                break
            calls += 1
            call = _call(wanted, calls)
            result = session.call(call)
            messages.append(Message(role="assistant", content=content, tool_calls=(call,)))
            answer = _text(result.content)
            messages.append(Message(role="tool", content=answer, tool_call_id=call.id, name=call.tool))
        if reply["done"]:
            break
    return tuple(messages)


def _user(text: str) -> Turn:
    return {"role": "user", "content": text}
