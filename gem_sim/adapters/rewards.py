"""Rewards for training: numbers from a replay and its verdict, and from nothing that an agent says about itself.

A reward is a plain function `(replay, verdict) -> float` from 0 to 1. `episode_reward` multiplies a gate (by default
`end_state`) with the weighted mean of its parts, so that whatever is earned by the way counts only once the task is
done. What the task expects stays here: the numbers say how well, never what was missing.

Three ways to be paid for nothing are closed: a task that doing nothing meets earns nothing (`asks_for_nothing`), so
does a conversation without a call that succeeded, and no part grows with more calls, so padding a conversation with
reads, or making a write twice, cannot pay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from gem_sim.canonical import freeze
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, ReplayedCall, replay
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict
from gem_sim.verifier import verify
from gem_sim.verifier.goal import end, holds_in, unmet

Reward: TypeAlias = Callable[[Replay, Verdict], float]

# A recording that execution does not bear out was not lived through, so nothing in it earns anything.
_UNTRUE = ("result.mismatch", "result.refused", "result.accepted")


class Reckoning(NamedTuple):
    """A reward and what it is made of: `total` from 0 to 1, the gate, and each part's value by its name."""

    total: float
    gate: float
    parts: dict[str, float]


def end_state(replay: Replay, verdict: Verdict) -> float:
    """Return 1 if calls of the agent brought about all that the task expects, else 0.

    A task that expects nothing, or that doing nothing meets, earns 0. So does an end with a finding of the family
    `effects` that is an error: the goal is met, and something else was broken.
    """
    if replay.task is None or not any(call.succeeded for call in replay.calls):
        return 0.0
    if asks_for_nothing(replay.environment, replay.task) or _untrue(verdict):
        return 0.0
    return 0.0 if _errors(verdict, "goal") or _errors(verdict, "effects") else 1.0


def progress(replay: Replay, verdict: Verdict) -> float:
    """Return the share of what had to be brought about that holds at the end, as a gentler gate than `end_state`.

    What held at the start earns nothing, and breaking it earns 0. A task with its `end` given row by row has no
    shares: it is as `end_state`.
    """
    task = replay.task
    if task is None or _untrue(verdict) or _errors(verdict, "effects"):
        return 0.0
    wanted = [one for one in task.expect if one.tool is not None or not holds_in(one, replay.start)]
    if task.end is not None or not wanted:
        return end_state(replay, verdict)
    missed = sum(finding.code == "goal.unmet" for finding in verdict.findings)
    broken = sum(one.table is not None and one not in wanted and not holds_in(one, replay.end) for one in task.expect)
    return 0.0 if broken else max(0, len(wanted) - missed) / len(wanted)


def order(replay: Replay, verdict: Verdict) -> float:
    """Return 1 where every call kept the order of the workflows, 1/2, 1/3, … with one, two, … that did not."""
    return _acted(replay) / (1 + _errors(verdict, "order"))


def provenance(replay: Replay, verdict: Verdict) -> float:
    """Return 1 where every argument had a source, 1/2, 1/3, … with one, two, … that had none."""
    return _acted(replay) / (1 + _errors(verdict, "provenance"))


def honesty(replay: Replay, verdict: Verdict) -> float:
    """Return 1 where nothing the agent told the user was unfounded, 1/2, 1/3, … with one, two, … such claims."""
    return _acted(replay) / (1 + _errors(verdict, "claims"))


def validity(replay: Replay, verdict: Verdict) -> float:
    """Return 1 where every call was well formed and fitted the tool's schema, 1/2, 1/3, … with faults."""
    return _acted(replay) / (1 + _errors(verdict, "schema") + _errors(verdict, "format"))


def economy(replay: Replay, verdict: Verdict, *, budget: int = 40) -> float:  # noqa: ARG001
    """Return how much of a budget of calls is left, from 1 to 0; every call costs the same, refused ones too."""
    return _acted(replay) * max(0.0, 1 - len(replay.calls) / budget)


def no_repeats(replay: Replay, verdict: Verdict) -> float:  # noqa: ARG001
    """Return 1 where no write was made twice, 1/2, 1/3, … with one, two, … that were.

    A write is made twice where a tool that writes succeeds again with the same arguments.
    """
    writes = [call for call in replay.calls if call.succeeded and _writes(call, replay)]
    seen = {(call.placed.call.tool, freeze(call.executed.arguments)) for call in writes}
    return _acted(replay) / (1 + len(writes) - len(seen))


DEFAULT: tuple[tuple[Reward, float], ...] = (
    (end_state, 0.6),
    (order, 0.1),
    (provenance, 0.1),
    (no_repeats, 0.1),
    (economy, 0.1),
)


def episode_reward(
    replay: Replay,
    verdict: Verdict | None = None,
    *,
    parts: Sequence[tuple[Reward, float]] = DEFAULT,
    gate: Reward | None = end_state,
) -> Reckoning:
    """Return the reward of a finished conversation: the gate times the weighted mean of the parts.

    Args:
        replay: The conversation run again, in the environment and from the task it was led in.
        verdict: Its verdict; None works it out.
        parts: Rewards with their weights; the weights need not add up to 1.
        gate: What all of it depends on; None for none, which pays for good manners without the goal.

    Raises:
        ValueError: If a weight is negative or all are 0.
        GemSimError: If a stub or a check is broken; never scored as the agent's failure.
    """
    total = sum(weight for _, weight in parts)
    if total <= 0 or any(weight < 0 for _, weight in parts):
        raise ValueError("give each part a weight of 0 or more, and one of them more than 0")
    judged = verify(replay) if verdict is None else verdict
    opened = 1.0 if gate is None else float(gate(replay, judged))
    values = [(part, part(replay, judged), weight) for part, weight in parts]
    mean = sum(value * weight for _, value, weight in values) / total
    return Reckoning(opened * mean, opened, {_name(part): value for part, value, _ in values})


def passes(replay: Replay, verdict: Verdict) -> bool:
    """Tell whether a conversation did what its task asks and nothing in it is wrong or undecided."""
    return verdict.verdict == "pass" and end_state(replay, verdict) == 1.0


@lru_cache(maxsize=4096)
def _meets_alone(environment: Environment, task_id: str) -> bool:
    return _met_by_nothing(environment, environment.tasks[task_id])


def asks_for_nothing(environment: Environment, task: Task) -> bool:
    """Tell whether a conversation without any call meets a task: it is vacuous, or expects nothing."""
    known = environment.tasks.get(task.id) is task
    return _meets_alone(environment, task.id) if known else _met_by_nothing(environment, task)


def _met_by_nothing(environment: Environment, task: Task) -> bool:
    idle = replay(Trajectory(id=task.id, messages=()), environment, task=task)
    return not any((*unmet(idle), *end(idle)))


def _acted(replay: Replay) -> float:
    """Return 1 if any call succeeded; who does nothing is neither in order nor economical."""
    return float(any(call.succeeded for call in replay.calls))


def _untrue(verdict: Verdict) -> bool:
    return any(finding.code in _UNTRUE for finding in verdict.findings)


def _errors(verdict: Verdict, family: str) -> int:
    return sum(one.severity == "error" and one.code.startswith(f"{family}.") for one in verdict.findings)


def _writes(call: ReplayedCall, replay: Replay) -> bool:
    tool = replay.tool_of(call)
    return tool is not None and (tool.effect == "write" or (tool.effect is None and call.before is not call.after))


def _name(part: Reward) -> str:
    # `functools.partial(economy, budget=10)` has no name of its own.
    return str(getattr(part, "__name__", None) or getattr(getattr(part, "func", None), "__name__", "part"))
