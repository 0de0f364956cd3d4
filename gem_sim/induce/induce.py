"""Recorded trajectories of one tool set → an environment, and the recordings replayed in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.induce.declared import declare
from gem_sim.induce.facts import gather
from gem_sim.induce.folder import files_of, write_folder
from gem_sim.induce.given import State
from gem_sim.induce.odd import changed_arguments, odd_answers
from gem_sim.induce.plan import Plan, make_plan
from gem_sim.induce.recorded import Seen, in_order, offered_tools, read_dialogues, situation_of
from gem_sim.induce.roles import SITUATION, roles_of
from gem_sim.simulator import Replay, ReplayedCall, load_environment, replay
from gem_sim.task import Task
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding

Fate = Literal["reproduced", "contradicted", "undecided"]

FATES: tuple[Fate, ...] = ("reproduced", "undecided", "contradicted")
_ROUNDS = 4


class Induced(NamedTuple):
    """An environment made of recordings.

    `plan` is what its bodies were written from; `findings` are the contradictions among recordings, and where calls
    depart from the declared tools; `replays` the recordings replayed in it, in order of id.
    """

    environment: Environment
    plan: Plan
    findings: tuple[Finding, ...]
    replays: tuple[Replay, ...]

    def fates(self) -> dict[str, Counter[str]]:
        """Return tool → how many of its recorded answers had which fate."""
        counts: dict[str, Counter[str]] = {}
        for call in (call for replayed in self.replays for call in replayed.calls if call.has_answer):
            counts.setdefault(call.placed.call.tool, Counter())[fate_of(call)] += 1
        return dict(sorted(counts.items()))


def induce(
    trajectories: Iterable[Trajectory], folder: str | Path, *, state: State | None = None, inputs: Sequence[str] = ()
) -> Induced:
    """Write the environment that recordings determine to a folder, and replay them in it.

    Args:
        trajectories: Recordings of one tool set; their order has no say.
        folder: Where to write `environment.json`, `source.md` and `state.json`; its name names the environment.
        state: What all dialogues start from, table → key → row; None where the recordings are all there is.
        inputs: How `source.md` names the files.

    Raises:
        InputError: If no recording has an answered call, or the folder cannot be written.
    """
    given = in_order(trajectories)
    dialogues = read_dialogues(given)
    if not any(dialogue.calls for dialogue in dialogues):
        raise InputError("no recording has an answered call", cure="give trajectories with calls and their results")
    offered = offered_tools(given)
    names = sorted(offered.keys() | {call.tool for dialogue in dialogues for call in dialogue.calls})
    calls = {name: [call for d in dialogues for call in d.calls if call.tool == name] for name in names}
    declared = {name: declare(name, offered.get(name, ()), calls[name]) for name in names}
    roles = roles_of(dialogues, names)
    plan, contradicted = make_plan(dialogues, {name: item.tool for name, item in declared.items()}, roles, state or {})
    departures = [finding for name in names for finding in declared[name].findings]
    findings = (*contradicted, *odd_answers(roles), *changed_arguments(dialogues, roles), *departures)
    target = Path(folder)
    for _ in range(_ROUNDS):
        write_folder(target, files_of(target.resolve().name, plan, dialogues, findings, inputs))
        environment = load_environment(target, trusted=True)
        replays = tuple(replay(item, environment, task=task_of(item)) for item in given)
        doubts = _more_doubts(plan, replays)
        if doubts == plan.doubts:
            break
        plan = plan._replace(doubts=doubts)
    return Induced(environment, plan, findings, replays)


def task_of(trajectory: Trajectory) -> Task:
    """Return the task that puts a session into the situation that a trajectory's system messages state."""
    situation, clock = situation_of(trajectory)
    rows = {SITUATION: {"now": {**situation, "@key": "now"}}} if situation else {}
    return Task(id=trajectory.id, state=rows, clock=clock)


def states_time(trajectory: Trajectory) -> bool:
    """Tell whether the system messages of a trajectory say when it takes place."""
    return situation_of(trajectory)[1] is not None


def fate_of(call: ReplayedCall) -> Fate:
    """Return whether execution bears out a recorded answer, contradicts it, or leaves it open."""
    kinds = {difference.kind for difference in call.differences}
    if "unspecified" in kinds and kinds == {"unspecified"}:
        return "undecided"
    if kinds or call.recorded_error != call.executed_error:
        return "contradicted"
    return "reproduced"


def _more_doubts(plan: Plan, replays: Sequence[Replay]) -> Mapping[str, frozenset[str]]:
    """Return the doubts with what replay shows: a write that comes before a read which then answers otherwise."""
    doubts = dict(plan.doubts)
    for replayed in replays:
        written: list[str] = []
        for call in replayed.calls:
            role = plan.roles[call.placed.call.tool]
            if role.may_write:
                written.append(role.tool)
            if role.writes:
                continue
            if fate_of(call) != "contradicted" or call.recorded_error:
                continue
            group = role.tool if role.table is None or role.kind == "lookup" else role.table.name
            for tool in (tool for tool in written if tool != role.tool or role.writes):
                own = plan.roles[tool].table
                if own is None or own.name != group:
                    doubts[tool] = doubts.get(tool, frozenset()) | {group}
    return doubts


def contradictions(trajectories: Iterable[Trajectory]) -> tuple[Finding, ...]:
    """Return where recordings contradict each other, each finding with both places; nothing is written or run."""
    given = list(trajectories)
    dialogues = read_dialogues(given)
    names = sorted({call.tool for dialogue in dialogues for call in dialogue.calls})
    roles = roles_of(dialogues, names)
    return (*gather(dialogues, roles).findings, *odd_answers(roles), *changed_arguments(dialogues, roles))


def inferred_tools(trajectories: Iterable[Trajectory]) -> dict[str, Tool]:
    """Return tool name → a definition inferred from the calls alone."""
    calls: dict[str, list[Seen]] = {}
    for dialogue in read_dialogues(trajectories):
        for call in dialogue.calls:
            calls.setdefault(call.tool, []).append(call)
    return {name: declare(name, (), seen).tool for name, seen in sorted(calls.items())}
