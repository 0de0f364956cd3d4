"""Family `claims`: what the assistant says against what it had seen when it said it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches

from gem_sim.canonical import Json
from gem_sim.message import Message
from gem_sim.simulator import Replay
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.comparisons import false_comparisons
from gem_sim.verifier.derive import Scene, supported
from gem_sim.verifier.prose import Mention, Sentence, sentences
from gem_sim.verifier.seen import Seen
from gem_sim.verifier.watched import unseen_words

_LIST_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s", re.MULTILINE)
# Proposals of the assistant that the user answers are agreed on from then on.


def statements(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each value without evidence, false comparison and contradiction in the assistant's prose."""
    seen = Seen()
    _prepare(seen, replay)
    clock = _clock(replay)
    answers = {id(call.placed.answer): call for call in replay.calls if call.placed.answer is not None}
    reported: set[object] = set()
    turn = 0
    for index, message in enumerate(replay.trajectory.messages):
        turn += message.role == "user"
        if message.role == "tool":
            call = answers.get(id(message))
            seen.receive(
                message.value(),
                {} if call is None else call.placed.call.arguments,
                index + 1,
                message.name or (call.placed.call.tool if call else "tool"),
            )
        elif message.role != "assistant":
            seen.hear(message.content or "", index + 1, "the user" if message.role == "user" else "the system prompt")
        else:
            for tool_call in message.tool_calls:
                seen.receive(None, tool_call.arguments, index + 1, tool_call.tool)
            if message.content:
                yield from _judged(message, index, turn, seen, clock, reported)


def _prepare(seen: Seen, replay: Replay) -> None:
    for line in replay.environment.policy:
        seen.hear(line, 0, "the policy")


def _clock(replay: Replay) -> datetime:
    text = replay.task.clock if replay.task is not None and replay.task.clock else replay.environment.clock
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _judged(
    message: Message, index: int, turn: int, seen: Seen, clock: datetime, reported: set[object]
) -> Iterator[Finding]:
    content = message.content or ""
    parts = sentences(content)
    scene: Scene | None = None
    for position, sentence in enumerate(parts):
        for mention in sentence.mentions:
            if scene is None:
                every = tuple(m for part in parts for m in part.mentions)
                scene = Scene(seen.catch_up(), clock, every, len(_LIST_ITEM.findall(content)))
            key = (mention.kind, mention.value)
            if key in reported or supported(mention, scene):
                continue
            reported.add(key)
            severity = _severity(mention, sentence)
            if severity is not None:
                yield _unsupported(
                    mention.text, _KINDS[mention.kind], sentence, index, turn, _nearest(mention, seen), severity
                )
        for word, what in unseen_words(sentence.text, seen):
            if word not in reported:
                reported.add(word)
                yield _unsupported(word, what, sentence, index, turn, None, "error")
        if sentence.mentions:
            for false in false_comparisons(parts, position):
                yield Finding(
                    code="claims.false_comparison",
                    turn=turn or None,
                    message=false.message,
                    evidence={"message": index + 1, "sentence": sentence.text, **false.evidence},
                )


_KINDS = {
    "number": "number",
    "word": "number",
    "ordinal": "number",
    "amount": "amount",
    "percent": "percentage",
    "date": "date",
    "time": "time",
    "weekday": "weekday",
    "identifier": "identifier",
    "contact": "address",
}


def _severity(mention: Mention, sentence: Sentence) -> Severity | None:
    if sentence.proposes and mention.kind not in ("contact", "amount"):
        return None
    if mention.kind == "ordinal" or (mention.kind == "word" and mention.unit is None):
        return None
    if mention.kind == "identifier":
        text = mention.text.lstrip("#")
        digits = sum(map(str.isdigit, text))
        if (
            len(text) < 5
            or digits < 2
            or re.fullmatch(r"covid-19|utf-\d+|iso-\d+|python\d+|http\d+", text, re.IGNORECASE)
        ):
            return None
    if mention.kind == "number" and mention.unit is None and isinstance(mention.value, float) and mention.value <= 12:
        return None
    return "error"


def _nearest(mention: Mention, seen: Seen) -> Json:
    if isinstance(mention.value, float) and mention.kind not in ("time", "weekday"):
        value = mention.value
        near = min(seen.numbers, key=lambda n: abs(n - value), default=None)
        if near is None:
            return None
        sighting = seen.numbers[near][0]
        return {"value": near, "message": sighting.message, "where": sighting.where, "field": sighting.field}
    if isinstance(mention.value, str):
        words = {word for text in seen.texts for word in text.replace('"', " ").split()}
        return next(iter(get_close_matches(mention.value, sorted(words), 1)), None)
    return None


def _unsupported(
    value: str, what: str, sentence: Sentence, index: int, turn: int, nearest: Json, severity: Severity
) -> Finding:
    evidence: dict[str, Json] = {"message": index + 1, "sentence": sentence.text, "value": value, "nearest": nearest}
    return Finding(
        code="claims.unsupported",
        severity=severity,
        turn=turn or None,
        message=f"nothing the assistant had seen says the {what} {value!r}",
        evidence=evidence,
    )
