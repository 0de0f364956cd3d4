"""Calls and answers between tags in the text of messages.

Hermes writes `<tool_call>` and `<tool_response>`, the GEM paper also `<func>` and `<tool>`; reading takes all four.
Reading unfolds: a tagged assistant text becomes a message with calls, a tagged user text becomes tool messages.
Writing folds them back. Answers belong to calls by their order, the text has no ids.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from gem_sim.canonical import parse_json
from gem_sim.errors import FormatError
from gem_sim.formats.calls import make_call
from gem_sim.formats.format import read_list
from gem_sim.formats.openai import text_of
from gem_sim.formats.rows import JsonObject, dump_json, kind_of
from gem_sim.formats.toolspec import read_tools
from gem_sim.message import Message, Role, read_value
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import pair_answers

_CALL = re.compile(r"<(tool_call|func)>\s*")
_ANSWER = re.compile(r"<(tool_response|tool)>\s*")
_ANY_TAG = re.compile(r"</?(?:tool_call|func|tool_response|tool)>")
_LISTED = re.compile(r"<tools>\s*[\[{]")
_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
_BROKEN_CALL = re.compile(
    r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"(?:arguments|parameters)"\s*:\s*(.*)', re.DOTALL
)
_DECODER = json.JSONDecoder()


class Tags(NamedTuple):
    """How a format writes: the names of its tags, and the role of the message that carries answers."""

    call: str
    answer: str
    answer_role: Role


class _Cut(NamedTuple):
    """A text taken apart: `around` is what stands outside the tags (None: nothing), `bodies` what inside."""

    around: str | None
    bodies: list[str]


def has_tags(row: JsonObject, tags: Tags) -> bool:
    """Tell whether a row's messages hold calls or answers between these tags, and no `tool_calls`."""
    return any(
        f"<{tags.call}>" in text
        if role == "assistant"
        else role in ("user", "tool") and f"<{tags.answer}>" in text and f"</{tags.answer}>" in text
        for role, text in _plain_texts(row)
    )


def lists_tools(row: JsonObject) -> bool:
    """Tell whether a row's tools stand in its system prompt only, and its messages have no `tool_calls`."""
    if row.get("tools"):
        return False
    return any(role == "system" and _LISTED.search(text) is not None for role, text in _plain_texts(row))


def _plain_texts(row: JsonObject) -> list[tuple[JsonValue, str]]:
    """Return role and text of each message; nothing where calls are recorded as such, not in texts."""
    texts: list[tuple[JsonValue, str]] = []
    for message in read_list(row.get("messages")) or []:
        if isinstance(message, dict):
            if message.get("tool_calls") or message.get("function_call"):
                return []
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            found = [part.get("text") for part in parts if isinstance(part, dict)]
            texts.append((message.get("role"), "".join(text for text in found if isinstance(text, str))))
    return texts


def prompt_tools(messages: Iterable[Message]) -> tuple[Tool, ...]:
    """Return the tools that system prompts list between `<tools>` and `</tools>`, in one list or one a line.

    Raises:
        FormatError: If what stands there is no list of tools.
    """
    specs: list[JsonValue] = []
    for message in messages:
        if message.role != "system":
            continue
        for found in _TOOLS.finditer(message.content or ""):
            value = read_value(found[1].strip())
            if isinstance(value, str):
                value = [read_value(line) for line in value.splitlines() if line.strip()]
            specs += value if isinstance(value, list) else [value]
    return read_tools(specs)


def unfold(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages with tagged texts taken apart; the calls have empty ids.

    An assistant text with calls becomes a message with calls, and the text around them its content. A user text
    with answers becomes one tool message for each, then a user message of the text around, if there is any. A
    tag that is not closed ends with the message. A system message stays.

    Raises:
        FormatError: If a tagged call names no tool.
    """
    for index, message in enumerate(messages):
        if message.role == "assistant" and not message.tool_calls and message.content:
            try:
                yield _unfold_calls(message, message.content)
            except FormatError as error:
                raise FormatError(f"messages[{index}]: {error.message}", cure=error.cure) from None
        elif message.role in ("user", "tool") and message.content:
            yield from _unfold_answers(message, message.content)
        else:
            yield message


def _unfold_calls(message: Message, text: str) -> Message:
    cut = _cut(text, _CALL)
    if not cut.bodies:
        return message
    calls = tuple(call for body in cut.bodies for call in read_calls(body))
    return message.model_copy(update={"content": cut.around, "tool_calls": calls, "extra": _kept(message)})


def _unfold_answers(message: Message, text: str) -> Iterator[Message]:
    cut = _cut(text, _ANSWER)
    # A tool that returns a text with tags in it says one thing.
    if not cut.bodies or (message.role == "tool" and cut.around is not None):
        yield message
        return
    first = _kept(message)
    for body in cut.bodies:
        yield Message(role="tool", content=body, extra=first)
        first = {}
    if cut.around is not None:
        yield Message(role="user", content=cut.around)


def _kept(message: Message) -> JsonObject:
    """Return the foreign keys without recorded content, which no longer says what the message says."""
    return {key: value for key, value in message.extra.items() if key != "content"}


def _cut(text: str, tag: re.Pattern[str]) -> _Cut:
    pieces: list[str] = []
    bodies: list[str] = []
    at = search_from = 0
    while opening := tag.search(text, search_from):
        found = _body(text, opening, tag)
        if found is None:
            search_from = opening.end()
            continue
        body, stop = found
        pieces.append(text[at : opening.start()])
        bodies.append(body)
        at = search_from = stop
    if not bodies:
        return _Cut(text, [])
    pieces.append(text[at:])
    around = [_trimmed(piece, number, len(bodies)) for number, piece in enumerate(pieces)]
    return _Cut("\n".join(filter(None, around)) or None, bodies)


def _trimmed(piece: str, number: int, last: int) -> str:
    """Cut the white space that only sets the tags apart from the text."""
    piece = piece if number == 0 else piece.lstrip()
    return piece.rstrip() if number < last or not piece.strip() else piece


def _body(text: str, opening: re.Match[str], tag: re.Pattern[str]) -> tuple[str, int] | None:
    """Return what an opening tag encloses and where the text goes on; None where the tag is but mentioned."""
    start, closer = opening.end(), f"</{opening[1]}>"
    is_json = text[start : start + 1] in ("{", "[")
    if is_json and (end := _json_end(text, start)) is not None:
        # A string of the JSON text may quote the closing tag.
        if text.startswith(closer, end):
            return text[start:end].strip(), end + len(closer)
        if end == len(text) or tag.match(text, end):
            return text[start:end].strip(), end
    closing = text.find(closer, start)
    following = tag.search(text, start)
    if closing >= 0 and (following is None or closing < following.start()):
        return text[start:closing].strip(), closing + len(closer)
    if is_json or not text[: opening.start()].strip():
        stop = following.start() if following else len(text)
        return text[start:stop].strip(), stop
    return None


def _json_end(text: str, start: int) -> int | None:
    """Return where the JSON value at `start` and the white space after it end; None where none stands there."""
    try:
        end = _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None
    while text[end : end + 1].isspace():
        end += 1
    return end


def read_calls(body: str) -> list[ToolCall]:
    """Read one call, or a list of them, from JSON text; the ids are empty.

    Of a text that breaks off or is no JSON, the name is read, and the rest kept as unreadable arguments.

    Raises:
        FormatError: If no name can be read.
    """
    value: JsonValue = body
    try:
        while isinstance(value, str):
            value = parse_json(value)
    except ValueError:
        return [_broken_call(body)]
    return [_one_call(item) for item in (value if isinstance(value, list) else [value])]


def _one_call(value: JsonValue) -> ToolCall:
    if not isinstance(value, dict):
        raise FormatError(f"a call is {kind_of(value)}, not an object", cure="write name and arguments")
    if isinstance(inner := value.get("function"), dict):
        value = inner
    return make_call(value.get("name"), value.get("arguments", value.get("parameters")))


def _broken_call(body: str) -> ToolCall:
    found = _BROKEN_CALL.match(body)
    if found is None:
        raise FormatError("a call is not JSON and its tool cannot be made out", cure="write name and arguments")
    arguments = found[2].rstrip()
    call = make_call(read_value(found[1]), arguments)
    if call.unreadable is not None and arguments.endswith("}"):
        # The last brace is the call's own, unless the text broke off before it.
        call = make_call(read_value(found[1]), arguments[:-1].rstrip())
    return call


def link(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages with each answer linked by order to a call, and taken out of its wrapping."""
    for message, call in linked(messages):
        if message.role != "tool":
            yield message
            continue
        content = message.content if call is None else _unwrapped(message.content, call)
        call_id = None if call is None else call.id
        yield message.model_copy(update={"content": content, "tool_call_id": call_id, "name": None})


def linked(messages: Iterable[Message]) -> Iterator[tuple[Message, ToolCall | None]]:
    """Yield each message, and for a tool message the call it answers by order.

    That is the first call of the latest message with calls that no answer has been linked to; None where there
    is none left, and for all other messages.
    """
    waiting: deque[ToolCall] = deque()
    for message in messages:
        if message.tool_calls:
            waiting = deque(message.tool_calls)
        yield message, waiting.popleft() if message.role == "tool" and waiting else None


def _unwrapped(content: str | None, call: ToolCall) -> str | None:
    """Return the answer inside `{"name": <the call's tool>, "content": ...}`, as Hermes wraps it, else `content`."""
    if content is None or '"content"' not in content:
        return content
    try:
        value = parse_json(content)
    except ValueError:
        return content
    if not isinstance(value, dict) or not {"name", "content"} <= value.keys() <= {
        "name",
        "content",
        "tool_call_id",
    }:
        return content
    return text_of(value["content"], "tool") if value["name"] == call.tool else content


def fold(messages: Sequence[Message], tags: Tags) -> Iterator[Message]:
    """Yield the messages with calls and answers written into texts, as `unfold` and `link` read them.

    Answers are put into the order of their calls. A tag that stands in prose is written `&lt;tool_call>`. The
    text cannot say ids, the name on an answer, which call is left without an answer before one that has it, nor
    white space beside a tag.
    """
    run: list[Message] = []
    for message, call in linked(arranged(messages)):
        if message.role == "tool":
            run.append(_fold_answer(message, call, tags))
            continue
        yield from _joined(run)
        run = []
        yield fold_calls(message, tags)
    yield from _joined(run)


def _fold_answer(message: Message, call: ToolCall | None, tags: Tags) -> Message:
    text = f"<{tags.answer}>\n{spell_answer(message.content, call)}\n</{tags.answer}>"
    return Message(role=tags.answer_role, content=text, extra=_kept(message))


def _joined(run: list[Message]) -> list[Message]:
    """Return a run of answers as one message, or as they are where foreign keys would be lost."""
    if len(run) < 2 or any(message.extra for message in run):
        return run
    return [run[0].model_copy(update={"content": "\n".join(message.content or "" for message in run)})]


def fold_calls(message: Message, tags: Tags) -> Message:
    """Return an assistant or user message with its calls written into the text, and tags in its prose escaped."""
    tag = _CALL if message.role == "assistant" else _ANSWER
    prose = tag.search(message.content or "") is not None
    if message.role not in ("assistant", "user") or not (message.tool_calls or prose):
        return message
    parts = [escaped(message.content, tag)] if message.content else []
    parts += [f"<{tags.call}>\n{spell_call(call)}\n</{tags.call}>" for call in message.tool_calls]
    return message.model_copy(update={"content": "\n".join(parts), "tool_calls": (), "extra": _kept(message)})


def arranged(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with the answers that follow calls in the order of the calls."""
    placed: list[Message] = []
    index = 0
    while index < len(messages):
        message = messages[index]
        placed.append(message)
        index += 1
        if not message.tool_calls:
            continue
        answers = list(itertools.takewhile(lambda item: item.role == "tool", messages[index:]))
        index += len(answers)
        paired = [answer for answer in pair_answers(message.tool_calls, answers) if answer is not None]
        taken = {id(answer) for answer in paired}
        placed += paired + [answer for answer in answers if id(answer) not in taken]
    return placed


def escaped(text: str, tag: re.Pattern[str] = _ANY_TAG) -> str:
    """Return prose in which no such tag is read."""
    return tag.sub(lambda found: "&lt;" + found[0][1:], text)


def spell_call(call: ToolCall, verbatim: bool = True) -> str:
    """Return the JSON text of a call, which reads back as the same call.

    Arguments that could not be read are written verbatim, so that the text is as broken as the recorded one;
    where that reads back otherwise, or `verbatim` is False, they are a string.
    """
    if call.unreadable is not None and verbatim:
        raw = f'{{"name": {dump_json(call.tool)}, "arguments": {call.unreadable}}}'
        wanted = call.model_copy(update={"id": ""})
        if not _ANY_TAG.search(raw) and _reads_as(f"<func>\n{raw}\n</func>", wanted):
            return raw
    arguments: JsonValue = call.arguments if call.unreadable is None else call.unreadable
    return _quoting_tags(dump_json({"name": call.tool, "arguments": arguments}))


def _reads_as(text: str, call: ToolCall) -> bool:
    try:
        return [found for body in _cut(text, _CALL).bodies for found in read_calls(body)] == [call]
    except FormatError:
        return False


def spell_answer(content: str | None, call: ToolCall | None) -> str:
    """Return what stands between the tags of an answer: the content, wrapped where it would be misread."""
    if call is None:
        return escaped(content or "")
    if content is not None and _stands_alone(content, call):
        return content
    return _quoting_tags(dump_json({"name": call.tool, "content": content}))


def _stands_alone(content: str, call: ToolCall) -> bool:
    bare = content == content.strip() and not _ANY_TAG.search(content)
    return bare and _unwrapped(content, call) == content


def _quoting_tags(text: str) -> str:
    """Write tags inside the strings of JSON text so that none is seen."""
    return _ANY_TAG.sub(lambda tag: "\\u003c" + tag[0][1:], text)
