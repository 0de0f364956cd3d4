"""Faults planted in what the assistant says: another figure, another date, another id, an added sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from gem_sim import Replay, Trajectory
from gem_sim.verifier.prose import Mention, read

ADDED = {
    "reference": "Your reference number is RX-48213.",
    "fee": "A fee of $37.50 applies.",
    "date": "It will be ready on 19 August.",
    "name": "Ask for Gregory when you come.",
    "duration": "It takes 47 minutes.",
    "discount": "You also get a 17% discount.",
    "address": "Write to desk@nowhere.example.",
}


def planted(replay: Replay) -> Iterator[tuple[str, Replay]]:
    """Yield (kind of fault, the replay with that one fault in a message of the assistant)."""
    messages = replay.trajectory.messages
    speaking = [
        i for i, m in enumerate(messages) if m.role == "assistant" and m.content and read(m.content).text == m.content
    ]
    for index in speaking:
        content = messages[index].content or ""
        for mention in read(content).mentions:
            for kind, text in _changed(mention):
                yield kind, _with(replay, index, content[: mention.start] + text + content[mention.end :])
    for kind, sentence in ADDED.items():
        yield f"added {kind}", _with(replay, speaking[-1], f"{messages[speaking[-1]].content} {sentence}")


def _changed(mention: Mention) -> Iterator[tuple[str, str]]:
    digits = re.search(r"\d+", mention.text)
    if mention.kind == "amount" and digits is not None and isinstance(mention.value, float):
        for more in (1, 3, 7):
            yield "amount", re.sub(r"\d+(?:\.\d+)?", f"{mention.value + more:g}", mention.text, count=1)
    elif mention.kind == "date" and isinstance(mention.value, tuple):
        year, month, day = mention.value
        other = date(year or 2026, month, day) + timedelta(days=5)
        yield "date", f"{other.day} {other:%B}"
    elif mention.kind == "identifier" and mention.text[-1].isdigit():
        yield "identifier", mention.text[:-1] + str((int(mention.text[-1]) + 6) % 10)


def _with(replay: Replay, index: int, content: str) -> Replay:
    messages = list(replay.trajectory.messages)
    messages[index] = messages[index].model_copy(update={"content": content})
    trajectory: Trajectory = replay.trajectory.model_copy(update={"messages": tuple(messages)})
    return replay._replace(trajectory=trajectory)
