"""What a mutation works on, and what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from pydantic import JsonValue

from gem_sim.canonical import Json, freeze
from gem_sim.environment import Environment
from gem_sim.frozen import Frozen
from gem_sim.simulator import Replay, ReplayedCall, replay
from gem_sim.simulator.compare import says_error
from gem_sim.simulator.mentions import leaves
from gem_sim.simulator.reground import Replaced
from gem_sim.trajectory import Trajectory

Variant: TypeAlias = Literal["kept", "rerun"]


class Planted(Frozen):
    """A fault that was planted: its kind, where it is, and what was done in words.

    `variant` is *kept* where every answer stands as it was recorded, *rerun* where the answers are those of the
    mutated calls, so that the recording is honest and the conduct wrong. `message` and `call` count from 1 in the
    mutant; None where the fault is about no single one. `before` and `after` are what was changed.
    """

    kind: str
    variant: Variant = "kept"
    message: int | None = None
    call: int | None = None
    what: str
    before: JsonValue = None
    after: JsonValue = None


class Mutant(NamedTuple):
    """A trajectory with one planted fault; its id is that of the original, `#`, the kind and a number."""

    trajectory: Trajectory
    planted: Planted


class Draft(NamedTuple):
    """A trajectory edited, of which nobody knows yet whether the edit is a fault.

    `origins` has for each of its calls the number of the call it was, None for one put in. `touched` are the numbers
    of calls that are new, changed or moved; `gone` is the answer that was taken out, if one was. `certain` says that
    it is a fault whatever execution does: a recorded answer was changed, or a sentence. `honest` says that the answer
    of a call put in is the executed one.
    """

    trajectory: Trajectory
    what: str
    message: int | None = None
    call: int | None = None
    before: Json = None
    after: Json = None
    origins: tuple[int | None, ...] = ()
    touched: tuple[int, ...] = ()
    gone: Replaced | None = None
    certain: bool = False
    honest: bool = False


class Samples:
    """What tools answered, and with which arguments they were called, in the trajectories at hand."""

    def __init__(self, replays: Sequence[Replay]) -> None:
        self._calls: dict[str, list[ReplayedCall]] = {}
        for replayed in replays:
            for call in replayed.calls:
                self._calls.setdefault(call.placed.call.tool, []).append(call)

    def calls(self, tool: str) -> list[ReplayedCall]:
        """Return the calls of a tool, in the order of the trajectories."""
        return self._calls.get(tool, [])

    def answers(self, tool: str, *, refused: bool) -> list[Json]:
        """Return the different answers of a tool that read as refusals, or those that do not."""
        found = {freeze(c.recorded): c.recorded for c in self.calls(tool) if says_error(c.recorded) is refused}
        return list(found.values())

    def leaves(self, tool: str, key: str) -> list[Json]:
        """Return the different leaves that stand under a key in the answers of a tool."""
        found = (leaf for answer in self.answers(tool, refused=False) for leaf in leaves(answer))
        return list({freeze(leaf.value): leaf.value for leaf in found if leaf.path and leaf.path[-1] == key}.values())


class Scene:
    """A verified trajectory with its replay, its environment, and samples of what tools answer."""

    def __init__(self, original: Replay, samples: Samples | None = None) -> None:
        self.original = original
        self.samples = samples or Samples([original])

    @property
    def trajectory(self) -> Trajectory:
        """The trajectory as it was verified."""
        return self.original.trajectory

    @property
    def environment(self) -> Environment:
        """Where it was verified."""
        return self.original.environment

    @property
    def calls(self) -> tuple[ReplayedCall, ...]:
        """Its calls that have an answer."""
        return tuple(call for call in self.original.calls if call.has_answer)

    @cached_property
    def origins(self) -> tuple[int | None, ...]:
        """The origins of the calls where none was put in, taken out or moved."""
        return tuple(call.placed.number for call in self.original.calls)

    @cached_property
    def keys(self) -> dict[str, list[str]]:
        """Key → the tables that have a row under it when the trajectory begins or when it ends."""
        found: dict[str, list[str]] = {}
        for state in (self.original.start, self.original.end):
            for name, table in state.items():
                for key in table:
                    if name not in found.setdefault(key, []):
                        found[key].append(name)
        return found

    @property
    def clock(self) -> str:
        """The time at which the trajectory happens."""
        return self.environment.clock_of(self.original.task)

    def replay(self, trajectory: Trajectory) -> Replay:
        """Run an edited trajectory from the same start."""
        return replay(trajectory, self.environment, task=self.original.task)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """What had been told to the assistant before each message: prompts, the user's words, answers."""
        return told_before(self.trajectory, self.environment)

    @cached_property
    def everything(self) -> str:
        """All that was said, told and called in the trajectory, and the policy."""
        parts = [*self.environment.policy, *(message.content or "" for message in self.trajectory.messages)]
        return "\n".join([*parts, *(str(dict(call.placed.call.arguments)) for call in self.original.calls)])


Mutation: TypeAlias = Callable[[Scene, Random], Iterator[Draft]]


def told_before(trajectory: Trajectory, environment: Environment) -> tuple[str, ...]:
    """Return for each message what the assistant had been told before it: all but its own words and calls."""
    seen = "\n".join(environment.policy) + "\n"
    found = []
    for message in trajectory.messages:
        found.append(seen)
        if message.role != "assistant":
            seen += f"{message.content or ''}\n"
    return tuple(found)
