"""Make a trajectory harder, one rewrite at a time: propose, replay, verify, keep or roll back."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from gem_sim.canonical import Json
from gem_sim.errors import StubError
from gem_sim.refiner import steps, talk
from gem_sim.refiner.complexity import Complexity, Target, complexity_of, missing
from gem_sim.refiner.scene import Draft, Promise, Propose, Scene
from gem_sim.simulator import Replay, replay
from gem_sim.state import changed_rows
from gem_sim.task import Task
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory
from gem_sim.verifier import verify
from gem_sim.verifier.goal import holds_in


class Rewrite(NamedTuple):
    """A function that proposes harder trajectories, and what it promises of them."""

    propose: Propose
    promise: Promise

    @property
    def name(self) -> str:
        """The kind of the rewrite."""
        return self.propose.__name__


REWRITES: Final[tuple[Rewrite, ...]] = (
    Rewrite(talk.vaguer_request, "keeps"),
    Rewrite(steps.mistyped_value, "keeps"),
    Rewrite(steps.several_constraints, "extends"),
    Rewrite(steps.question_across_outputs, "extends"),
    Rewrite(steps.pitfall, "extends"),
    Rewrite(steps.more_steps, "extends"),
    Rewrite(talk.noise, "keeps"),
    Rewrite(talk.paraphrase, "keeps"),
    Rewrite(talk.distractor_tools, "keeps"),
)
# Rewrites that change no figure of the target; once is enough.
_ONCE: Final = frozenset(("paraphrase", "distractor_tools", "vaguer_request", "mistyped_value"))
_DRAFTS: Final = 12


class Attempt(NamedTuple):
    """One rewrite that was tried: its kind, what was done, and why it was rolled back; None where it was kept."""

    rewrite: str
    what: str
    rejected: str | None


class Refined(NamedTuple):
    """What became of a trajectory. `task` is its task with what the rewrites added to the end; None without one."""

    trajectory: Trajectory
    task: Task | None
    attempts: tuple[Attempt, ...]
    before: Complexity
    after: Complexity

    @property
    def kept(self) -> tuple[str, ...]:
        """The kinds of the rewrites that were kept, in order."""
        return tuple(attempt.rewrite for attempt in self.attempts if attempt.rejected is None)


def refine(
    original: Replay,
    *,
    seed: int = 0,
    target: Target | None = None,
    rewrites: Sequence[Rewrite] = REWRITES,
    pool: Sequence[Tool] = (),
    rounds: int = 30,
) -> Refined:
    """Rewrite a verified trajectory until its complexity reaches the target; the same for the same arguments.

    Args:
        original: The replay of a trajectory that passes.
        seed: Decides what is proposed.
        target: By which factors the figures are to grow; None takes those of the paper.
        rewrites: What may be tried, in the order in which it is tried first.
        pool: Tools of elsewhere that `distractor_tools` may offer.
        rounds: The most rewrites tried.

    Raises:
        ValueError: If the trajectory does not pass as it is.
    """
    verdict = verify(original)
    if verdict.verdict != "pass":
        raise ValueError(f"{original.trajectory.id} cannot be refined, since it does not pass: {verdict}")
    rng = Random(f"{seed} {original.trajectory.id}")
    wanted = Target() if target is None else target
    current, attempts = original, list[Attempt]()
    before = now = complexity_of(original)
    spent: set[str] = set()
    begun: set[str] = set()
    for number in range(rounds):
        lacking = missing(before, now, wanted)
        rewrite = _next(rewrites, number, lacking, begun, spent)
        if rewrite is None:
            break
        begun.add(rewrite.name)
        kept = _try(rewrite, Scene(current, pool, only_new=set(lacking) == {"tools"}), rng, attempts)
        if kept is None or rewrite.name in _ONCE:
            spent.add(rewrite.name)
        if kept is not None:
            current, now = kept, complexity_of(kept)
    return Refined(current.trajectory, current.task, tuple(attempts), before, now)


def _next(
    rewrites: Sequence[Rewrite], number: int, lacking: dict[str, float], begun: set[str], spent: set[str]
) -> Rewrite | None:
    """Return what to try next: each rewrite once, then those that add what is lacking; None when all is reached."""
    for rewrite in rewrites:
        if rewrite.name not in begun and (rewrite.promise == "keeps" or lacking):
            return rewrite
    # Asides would make up for messages, and for nothing else.
    wanted = "keeps" if set(lacking) == {"messages"} else "extends"
    left = [rewrite for rewrite in rewrites if rewrite.name not in spent and rewrite.promise == wanted]
    return left[number % len(left)] if lacking and left else None


def _try(rewrite: Rewrite, scene: Scene, rng: Random, attempts: list[Attempt]) -> Replay | None:
    """Return the first draft of a rewrite that keeps its promise, replayed; None where none does."""
    for number, draft in enumerate(rewrite.propose(scene, rng)):
        if number >= _DRAFTS:
            return None
        done, reason = judged(scene.original, draft, rewrite.promise)
        attempts.append(Attempt(rewrite.name, draft.what, reason))
        if done is not None:
            return done
    return None


def judged(before: Replay, draft: Draft, promise: Promise) -> tuple[Replay | None, str | None]:
    """Replay and verify a draft; return its replay, or None and why it is to be rolled back."""
    try:
        after = replay(draft.trajectory, before.environment, task=before.task)
        broken = _broken(before, after, promise)
        if broken is not None:
            return None, broken
        if before.task is not None and promise == "extends":
            after = after._replace(task=_extended(before.task, after))
        verdict = verify(after)
    except StubError as error:
        return None, str(error)
    if verdict.verdict != "pass":
        return None, str(verdict)
    return after, None


def _broken(before: Replay, after: Replay, promise: Promise) -> str | None:
    """Return how a promise was broken, None if it was kept."""
    if not _runs_through(before, after):
        return "a call of the original is gone or came out otherwise"
    if promise == "keeps":
        return None if after.end.digest == before.end.digest else "the end is another one"
    if before.task is not None:
        unmet = [e for e in before.task.expect if e.table is not None and not holds_in(e, after.end)]
        if unmet:
            return f"what the task expects no longer holds: {unmet[0]}"
    return None if len(after.calls) > len(before.calls) else "nothing was added"


def _runs_through(before: Replay, after: Replay) -> bool:
    """Tell whether the calls of the original occur in order, with the results they had."""
    waiting = iter(after.calls)
    return all(
        any(
            other.executed.tool == call.executed.tool
            and other.executed.arguments == call.executed.arguments
            and other.result.content == call.result.content
            for other in waiting
        )
        for call in before.calls
    )


def _extended(task: Task, after: Replay) -> Task:
    """Return the task with the new end, where it names every row of its end."""
    if task.end is None:
        return task
    changed: dict[str, dict[str, dict[str, Json] | None]] = {}
    for table, key, _, row in changed_rows(after.start, after.end):
        changed.setdefault(table, {})[key] = None if row is None else dict(row)
    return task.model_copy(update={"end": changed})
