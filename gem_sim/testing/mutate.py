"""Mutation: faults of known kinds planted in verified trajectories, to see which of them the checks find.

Every mutation is a plain function that yields edits; an edit of calls is planted only where it is a fault by execution
and stated rules (`faults`), so a mutant that survives is a fault that the checks miss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from gem_sim.errors import StubError
from gem_sim.simulator import Replay
from gem_sim.simulator.reground import reground
from gem_sim.testing import answers, calls, prose
from gem_sim.testing.faults import facts_of
from gem_sim.testing.scene import Draft, Mutant, Mutation, Planted, Samples, Scene, Variant
from gem_sim.trajectory import Trajectory

MUTATIONS: tuple[Mutation, ...] = (
    calls.drop_call,
    calls.duplicate_call,
    calls.reorder_calls,
    calls.swap_arguments,
    calls.fabricate_id,
    calls.wrong_entity,
    calls.shift_number,
    calls.shift_date,
    calls.wrong_enum,
    calls.extra_write,
    answers.result_changed,
    answers.result_removed,
    answers.result_added,
    answers.error_to_success,
    answers.success_to_error,
    answers.stale_value,
    prose.unsupported_claim,
    prose.contradicting_summary,
)
KINDS: dict[str, Mutation] = {mutation.__name__: mutation for mutation in MUTATIONS}

_EXTRA_KEY = "planted"


def mutants_of(
    original: Replay,
    *,
    kinds: Sequence[Mutation] = MUTATIONS,
    samples: Samples | None = None,
    seed: int = 0,
    most: int = 4,
) -> Iterator[Mutant]:
    """Yield mutants of a verified trajectory, kind by kind; the same for the same arguments.

    Args:
        original: The replay of a trajectory that passed.
        kinds: Which of `MUTATIONS`.
        samples: What tools answer; None takes the answers of this trajectory only.
        seed: Decides what is planted where.
        most: How many mutants of each kind at most.
    """
    scene = Scene(original, samples)
    for mutation in kinds:
        rng = Random(f"{seed}/{original.trajectory.id}/{mutation.__name__}")
        planted = (pair for draft in mutation(scene, rng) for pair in _planted(scene, draft))
        for number, (draft, variant, trajectory) in enumerate(islice(planted, most), start=1):
            yield _mutant(mutation.__name__, number, draft, variant, trajectory)


def _planted(scene: Scene, draft: Draft) -> Iterator[tuple[Draft, Variant, Trajectory]]:
    """Yield what of an edit is a fault: the recording as it stands, and with the answers executed."""
    if draft.certain:
        yield draft, "kept", draft.trajectory
        return
    try:
        facts = facts_of(scene, draft)
        if facts.lies and not draft.honest:
            yield draft, "kept", draft.trajectory
        if facts.harms:
            honest = reground(draft.trajectory, scene.environment, task=scene.original.task).trajectory
            yield draft, "rerun", honest.model_copy(update={"extra": scene.trajectory.extra})
    except StubError:
        # A body that breaks on strange arguments says nothing about the trajectory.
        return


def _mutant(kind: str, number: int, draft: Draft, variant: Variant, trajectory: Trajectory) -> Mutant:
    planted = Planted(
        kind=kind,
        variant=variant,
        message=draft.message,
        call=draft.call,
        what=draft.what,
        before=draft.before,
        after=draft.after,
    )
    extra = {**trajectory.extra, _EXTRA_KEY: planted.model_dump(mode="json")}
    name = f"{trajectory.id}#{kind}-{number}"
    return Mutant(trajectory.model_copy(update={"id": name, "extra": extra}), planted)
