"""Whether an edit of calls is a fault, decided by execution and stated rules, never by asking a check.

docs/decisions/mutation.md states the rules and their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json, canonical_bytes
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.compare import PROSE_FIELDS
from gem_sim.simulator.mentions import leaves, stands_in
from gem_sim.simulator.reground import Replaced, reground, resting
from gem_sim.state import changed_rows
from gem_sim.testing.scene import Draft, Scene, told_before
from gem_sim.testing.shifts import is_new_number, is_number, is_unheard
from gem_sim.tool import is_unspecified
from gem_sim.workflow import Step, Workflow


class Facts(NamedTuple):
    """What is wrong with an edited trajectory.

    `lies`: some recorded answer is not what its call gives. `other_end`: the state at the end is another one.
    `unsourced`: an edited call uses a value nobody had told by then, in place of one that somebody had. `orphaned`:
    something said or called later rests on an answer that is no longer there. `out_of_order`: a call lacks a call
    that every step of its tool declares to come first.
    """

    lies: bool
    other_end: bool
    unsourced: bool
    orphaned: bool
    out_of_order: bool

    @property
    def harms(self) -> bool:
        """Whether it is a fault even where every answer is the executed one."""
        return self.other_end or self.unsourced or self.orphaned or self.out_of_order


def facts_of(scene: Scene, draft: Draft) -> Facts:
    """Execute an edited trajectory and say what is wrong with it."""
    mutated = scene.replay(draft.trajectory)
    names = named(scene.original, scene.origins), named(mutated, draft.origins)
    before = {call.placed.number: _essence(call, names[0]) for call in scene.original.calls}
    lies = False
    for call, origin in zip(mutated.calls, draft.origins, strict=True):
        if origin is None:
            lies = lies or not draft.honest
        elif _essence(call, names[1]) != before[origin]:
            lies = True
    return Facts(
        lies=lies,
        other_end=_changes(scene.original) != _changes(mutated),
        unsourced=_unsourced(scene, draft, mutated),
        orphaned=_orphaned(scene, draft),
        out_of_order=_out_of_order(mutated) and not _out_of_order(scene.original),
    )


def named(replayed: Replay, origins: tuple[int | None, ...]) -> dict[str, str]:
    """Return generated id → a name for it that depends only on the call that made it."""
    found = {}
    labels: set[str] = set()
    for call, origin in zip(replayed.calls, origins, strict=True):
        label = f"new {call.placed.number}" if origin is None else str(origin)
        # A call that was doubled makes ids of its own.
        label = f"{label} again" if label in labels else label
        labels.add(label)
        for index, made in enumerate(call.made):
            found[made] = f"<made by call {label}, {index}>"
    return found


def essence(content: Json, names: Mapping[str, str]) -> bytes:
    """Return what an executed answer says, generated ids under their names, prose and the unspecified left out."""
    return canonical_bytes(_renamed(content, names, prose=False))


def _essence(call: ReplayedCall, names: Mapping[str, str]) -> bytes:
    return b"refused" if call.result.is_error else essence(call.result.content, names)


def _renamed(value: Json, names: Mapping[str, str], *, prose: bool) -> Json:
    if isinstance(value, str):
        for made, name in names.items():
            value = value.replace(made, name)
        return value
    if isinstance(value, list):
        return [_renamed(item, names, prose=True) for item in value]
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if (prose or k not in PROSE_FIELDS) and not is_unspecified(v)}
        return {str(_renamed(k, names, prose=True)): _renamed(v, names, prose=True) for k, v in kept.items()}
    return value


def _changes(replayed: Replay) -> list[bytes]:
    """Return in what the end differs from the start; generated ids are all one, since any may have any name."""
    names = {made: "<made>" for call in replayed.calls for made in call.made}
    changed = changed_rows(replayed.start, replayed.end)
    return sorted(
        canonical_bytes([table, *(_renamed(part, names, prose=True) for part in (key, after))])
        for table, key, _, after in changed
    )


def _unsourced(scene: Scene, draft: Draft, mutated: Replay) -> bool:
    """Tell whether a touched call uses a value that nobody had told by then, where the original's had been told."""
    told = told_before(draft.trajectory, scene.environment)
    by_number = {call.placed.number: call.placed for call in scene.original.calls}
    for call in mutated.calls:
        placed = call.placed
        origin = draft.origins[placed.number - 1]
        if placed.number not in draft.touched or origin is None:
            continue
        known = {leaf.path: leaf.value for leaf in leaves(by_number[origin].call.arguments)}
        for leaf in leaves(placed.call.arguments):
            was_told = stands_in(known.get(leaf.path), scene.told[by_number[origin].message])
            if was_told and is_unheard(leaf.value, told[placed.message], scene):
                return True
    return False


def _orphaned(scene: Scene, draft: Draft) -> bool:
    """Tell whether words or arguments rest on an answer that is gone, or that execution gives another way now.

    What an answer says in prose is no value that could be lost, and a number is not lost with an answer taken out if it
    follows from what was told otherwise.
    """
    honest = reground(draft.trajectory, scene.environment, task=scene.original.task)
    lost = [item for item in honest.replaced if item.path[2:] not in PROSE_FIELDS]
    if next(resting(honest.trajectory, _without_prose(lost), outcomes=False), None) is not None:
        return True
    if draft.gone is None:
        return False
    told = told_before(honest.trajectory, scene.environment)
    marks = resting(honest.trajectory, _without_prose([draft.gone]), outcomes=False)
    return any(not _reckoned(mark.old, told[mark.message - 1]) for mark in marks)


def _reckoned(value: Json, told: str) -> bool:
    return is_number(value) and not is_new_number(float(value), told)  # type: ignore[arg-type]


def _without_prose(items: Sequence[Replaced]) -> list[Replaced]:
    found = []
    for item in items:
        old = item.old
        kept = {k: v for k, v in old.items() if k not in PROSE_FIELDS} if isinstance(old, dict) else old
        found.append(item._replace(old=kept))
    return found


def _out_of_order(replayed: Replay) -> bool:
    """Tell whether a successful call has no step whose declared predecessors had all succeeded before.

    Conditions count for the accused: a step or a predecessor that applies only sometimes is not missed.
    """
    done: set[str] = set()
    for call in replayed.calls:
        if not call.succeeded:
            continue
        steps = [
            (step, workflow)
            for workflow in replayed.environment.workflows
            for step in workflow.steps
            if step.tool == call.placed.call.tool
        ]
        if steps and all(_lacks(step, workflow, done) for step, workflow in steps):
            return True
        done.add(call.placed.call.tool)
    return False


def _lacks(step: Step, workflow: Workflow, done: set[str]) -> bool:
    """Tell whether of some predecessor of a step, and of all its alternatives, no call had succeeded."""
    by_id = {other.id: other for other in workflow.steps}
    for group in step.groups:
        before = [by_id[edge.before] for edge in group if edge.kind == "after"]
        if before and all(other.when is None and other.tool not in done for other in before):
            return True
    return False
