"""Family `format`: is it a well-formed conversation, whatever the tools do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import compress, pairwise, takewhile
from operator import attrgetter

from gem_sim.canonical import Json, show
from gem_sim.message import Message
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.schema import json_path
from gem_sim.trajectory import pair_answers
from gem_sim.verdict import Finding
from gem_sim.verifier.place import place_of, roles_of
from gem_sim.verifier.sources.seen import texts_in

# Placeholders GEM's stage 4 forbids, and their kin: a value somebody meant to fill in.
_WHOLE_PLACEHOLDER = re.compile(
    r"(path|file|url|id)=/?(example|placeholder)"
    r"|<[a-z][a-z0-9_ -]*>$|\[(insert|your|placeholder)\b[^\]]*\]$|\{\{.*\}\}$"
    r"|(todo|tbd|placeholder|your_[a-z_]+_here)$",
    re.IGNORECASE,
)
_PLACEHOLDER_STARTS = frozenset("PpFfUuIiTtYy<[{ıİ")
_PLACEHOLDER_WITHIN = re.compile(r"\b\d+\+? more (results|items|entries|rows)\b|\blorem ipsum\b", re.IGNORECASE)

_IDENTITY = attrgetter("placed.message", "placed.call.id")
_UNREADABLE = attrgetter("placed.call.unreadable")
# The pairs of roles that may not stand beside each other.
_APART = frozenset((("tool", "user"), ("user", "system"), ("assistant", "system"), ("tool", "system")))


def role_order(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each message that stands where its role may not."""
    if _in_order(roles_of(replay)):
        return
    earlier: set[str] = set()
    before: Message | None = None
    turn = 0
    for index, message in enumerate(replay.trajectory.messages):
        role = message.role
        turn += role == "user"
        complaint = _misplaced(role, None if before is None else before.role, earlier) if role != "assistant" else None
        if complaint is not None:
            evidence: dict[str, Json] = {"message": index + 1, "role": role}
            evidence["after"] = before.role if before is not None else None
            yield Finding(
                code="format.role_order",
                turn=turn or None,
                message=f"message {index + 1}: {complaint}",
                evidence=evidence,
            )
        earlier.add(role)
        before = message


def _in_order(roles: Sequence[str]) -> bool:
    """Tell, quickly, whether each role stands where it may."""
    if not _APART.isdisjoint(pairwise(roles)):
        return False
    return "tool" not in roles or "assistant" in roles[: roles.index("tool")]


def _misplaced(role: str, before: str | None, earlier: Set[str]) -> str | None:
    if role == "system" and not earlier <= {"system"}:
        return "a system prompt stands after the conversation began"
    if role == "user" and before == "tool":
        return "the user speaks right after a tool; the assistant has to answer first"
    if role == "tool" and "assistant" not in earlier:
        return "a tool answers before the assistant has said anything"
    return None


def answers(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call without an answer and each answer without a call."""
    answered = 0
    for call in replay.calls:
        if call.placed.answer is not None:
            answered += 1
            continue
        yield Finding(
            code="format.unanswered_call",
            turn=call.placed.turn,
            call=call.placed.number,
            tool=call.placed.call.tool,
            message="the call has no answer before the conversation goes on",
            evidence={"call_id": call.placed.call.id},
        )
    if answered < roles_of(replay).count("tool"):
        yield from _orphans(replay.trajectory.messages)


def _orphans(messages: Sequence[Message]) -> Iterator[Finding]:
    turn = 0
    asked: Message | None = None
    for index, message in enumerate(messages):
        turn += message.role == "user"
        if message.role != "tool":
            asked = message
            continue
        if index and messages[index - 1].role == "tool":
            continue
        answers = list(takewhile(lambda answer: answer.role == "tool", messages[index:]))
        paired = {id(answer) for answer in pair_answers(asked.tool_calls if asked is not None else (), answers)}
        for number, answer in enumerate(answers, start=index + 1):
            if id(answer) not in paired:
                yield Finding(
                    code="format.orphaned_result",
                    turn=turn or None,
                    tool=answer.name,
                    message=f"message {number} answers no call of the assistant message before it",
                    evidence={"message": number, "tool_call_id": answer.tool_call_id},
                )


def calls(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call id used twice in a message and each call whose arguments are unreadable."""
    # Nearly always, no id is used twice and all can be read, which is seen in one go.
    identities, unreadable = set(map(_IDENTITY, replay.calls)), set(map(_UNREADABLE, replay.calls))
    if len(identities) == len(replay.calls) and unreadable <= {None}:
        return
    seen: set[tuple[int, str]] = set()
    for call in replay.calls:
        place = place_of(call)
        identity = (call.placed.message, call.placed.call.id)
        if identity in seen:
            message = f"the call id {identity[1]!r} occurs twice in one message"
            yield Finding(code="format.duplicate_call_id", message=message, evidence={"call_id": identity[1]}, **place)
        seen.add(identity)
        text = call.placed.call.unreadable
        if text is not None:
            message = "the arguments are not a JSON object"
            yield Finding(code="format.arguments", message=message, evidence={"arguments": text[:400]}, **place)


def parallel_calls(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each message with several calls; for profiles that allow one, not in `CHECKS`."""
    for call in replay.calls:
        number = len(replay.trajectory.messages[call.placed.message].tool_calls)
        if number > 1 and replay.trajectory.messages[call.placed.message].tool_calls[1] is call.placed.call:
            yield Finding(
                code="format.parallel_calls",
                turn=call.placed.turn,
                call=call.placed.number,
                tool=call.placed.call.tool,
                message=f"the message makes {number} calls; one call per message is allowed",
                evidence={"calls": number},
            )


def empty_message(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each assistant message that says nothing and calls nothing."""
    messages = replay.trajectory.messages
    for index, message in compress(enumerate(messages), map("assistant".__eq__, roles_of(replay))):
        if not message.tool_calls and not (message.content or "").strip():
            yield Finding(
                code="format.empty_message",
                turn=sum(earlier.role == "user" for earlier in messages[:index]) or None,
                message=f"message {index + 1} of the assistant has neither content nor a call",
                evidence={"message": index + 1},
            )


def placeholder(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each argument or answer that holds a placeholder (GEM, stage 4).

    An answer that execution bears out is what the tool says, whatever it looks like; and an argument that repeats
    what the user or a tool said is filled in already.
    """
    for number, call in enumerate(replay.calls):
        for name, value in call.placed.call.arguments.items():
            for _, text in _placeholders(value):
                if not _was_said(text, replay, number):
                    yield _placeholder(call, text, name, None)
        if call.differences or call.result.is_error:
            for path, text in _placeholders(call.recorded):
                yield _placeholder(call, text, None, path)


def _placeholder(call: ReplayedCall, text: str, argument: str | None, path: str | None) -> Finding:
    return Finding(
        code="format.placeholder",
        argument=argument,
        path=path,
        message=f"{show(text)} is a placeholder, not a value",
        evidence={"value": text[:400]},
        **place_of(call),
    )


def _placeholders(value: Json) -> list[tuple[str, str]]:
    """Return path and text of every placeholder in a value."""
    if isinstance(value, str):
        return [("$", value)] if _is_placeholder(value) else []
    # Where a text stands is worked out only where one of them is a placeholder.
    if not isinstance(value, (dict, list)) or not any(map(_is_placeholder, texts_in(value))):
        return []
    return [(json_path(path), text) for path, text in _texts(value, ()) if _is_placeholder(text)]


def _is_placeholder(text: str) -> bool:
    """Tell whether a text is a placeholder or has one in it; searched for only where one of its words stands."""
    if text[:1] in _PLACEHOLDER_STARTS and _WHOLE_PLACEHOLDER.match(text):
        return True
    if " " not in text:
        return False
    lowered = text.lower()
    return (" more " in lowered or "lorem" in lowered) and _PLACEHOLDER_WITHIN.search(text) is not None


def _was_said(text: str, replay: Replay, number: int) -> bool:
    """Tell whether a text occurs in what the user said, or execution answered, before the call of that index."""
    before = replay.calls[number].placed.message
    if any(text in (m.content or "") for m in replay.trajectory.messages[:before] if m.role == "user"):
        return True
    answers = (call.result.content for call in replay.calls[:number])
    return any(text in said for answer in answers for _, said in _texts(answer, ()))


def _texts(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
