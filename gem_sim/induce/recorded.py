"""What recordings show: every answered call with the situation its dialogue starts in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gem_sim.canonical import Json, canonical_bytes
from gem_sim.simulator.compare import says_error
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory

_FACT = re.compile(r"^[ \t]*([A-Za-z][\w ()/-]{0,60}?)[ \t]*:[ \t]*(\S.{0,120}?)?[ \t]*$", re.MULTILINE)
_MOMENT = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?")


class Seen(NamedTuple):
    """One answered call of a recording; `number` counts from 1 over its dialogue, 0 for what no call said."""

    dialogue: str
    number: int
    tool: str
    arguments: Mapping[str, Json]
    answer: Json
    refused: bool

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"{self.dialogue} call {self.number}" if self.number else self.dialogue


class Dialogue(NamedTuple):
    """The answered calls of one recording, and what its system message states: `situation`, name → value.

    `clock` is the time that the system message states as ISO 8601, None where it states none. `task` names the task
    it pursues, None where none is recorded.
    """

    id: str
    calls: tuple[Seen, ...]
    situation: Mapping[str, str]
    clock: str | None
    task: str | None


def read_dialogues(trajectories: Iterable[Trajectory]) -> tuple[Dialogue, ...]:
    """Return the dialogues in order of id (of content where ids repeat), so that the order of files has no say."""
    return tuple(_dialogue(trajectory) for trajectory in in_order(trajectories))


def in_order(trajectories: Iterable[Trajectory]) -> list[Trajectory]:
    """Return trajectories by id, those of one id by content."""
    return sorted(trajectories, key=lambda t: (t.id, canonical_bytes(t.model_dump(mode="json"))))


def offered_tools(trajectories: Iterable[Trajectory]) -> dict[str, list[Tool]]:
    """Return tool name → the definitions that trajectories offer, the most frequent first, then by content."""
    counts: dict[str, dict[bytes, list[Tool]]] = {}
    for trajectory in trajectories:
        for tool in trajectory.tools:
            counts.setdefault(tool.name, {}).setdefault(canonical_bytes(tool.model_dump(mode="json")), []).append(tool)
    return {
        name: [tools[0] for _, tools in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))]
        for name, found in sorted(counts.items())
    }


def _dialogue(trajectory: Trajectory) -> Dialogue:
    seen = []
    for placed in trajectory.calls():
        if placed.answer is None or placed.call.unreadable is not None:
            continue
        answer = placed.answer.value()
        refused = says_error(answer)
        seen.append(Seen(trajectory.id, placed.number, placed.call.tool, placed.call.arguments, answer, refused))
    situation, clock = situation_of(trajectory)
    return Dialogue(trajectory.id, tuple(seen), situation, clock, trajectory.task)


def situation_of(trajectory: Trajectory) -> tuple[dict[str, str], str | None]:
    """Return what the lines `name: value` of the system messages state, and the time among it.

    A value that begins with a date also gives `<name>_date`.
    """
    situation: dict[str, str] = {}
    clock = None
    for message in trajectory.messages:
        if message.role != "system":
            continue
        for name, value in _FACT.findall(message.content or ""):
            slug = "_".join(re.findall(r"[a-z0-9]+", name.lower()))
            situation[slug] = value
            moment = _MOMENT.match(value)
            if moment is not None:
                situation[f"{slug}_date"] = moment[1]
                clock = clock or _clock(moment[1], moment[2])
    return situation, clock


def _clock(day: str, time: str | None) -> str:
    whole = f"{time}:00" if time and len(time) == 5 else time or "00:00:00"
    return f"{day}T{whole}Z"
