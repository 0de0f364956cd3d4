"""The offline teacher: the stages extract and ground without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gem_sim.environment import Environment
from gem_sim.pipeline.draft import Draft
from gem_sim.pipeline.ledger import Attempt
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.procedure import NoProcedure, procedure_of
from gem_sim.pipeline.offline.script import Grounded, ground
from gem_sim.pipeline.teaching import Conversations, Extracted, Item, Labelled, Load
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding

# Changes whenever the rules make other environments or conversations of the same text.
VERSION = "offline-1"


class Offline(NamedTuple):
    """Rules and templates; see docs/pipeline.md for what they can and cannot find."""

    trusted: bool = True

    def settings(self, _stage: str) -> str:
        """Return the version of the rules."""
        return VERSION

    async def label(self, _item: Item) -> Labelled:
        """Return no labels: rules cannot tell them."""
        return Labelled(None, "the offline teacher has no labels", (Attempt(),))

    async def extract(self, item: Item, load: Load) -> Extracted:
        """Return the environment that the rules find in a text, None with the reason where they find none."""
        try:
            _, draft = extract(item.text, origin=item.origin, licence=item.licence)
        except NoProcedure as reason:
            return Extracted(None, f"no procedure: {reason}", (Attempt(),))
        load(draft)
        return Extracted(draft, "", (Attempt(),))

    async def ground(self, item: Item, _draft: Draft, environment: Environment) -> Conversations:
        """Return conversations by templates, every result from a Session."""
        found: Sequence[Grounded] = ground(procedure_of(item.text), environment, item.text)
        pairs = tuple((one.task, one.trajectory) for one in found)
        return Conversations(pairs, "", (Attempt(),))

    async def judge(
        self, _item: Item, _environment: Environment, _task: Task, _trajectory: Trajectory
    ) -> tuple[tuple[Finding, ...], tuple[Attempt, ...]]:
        """Return nothing: there is no judge without a model."""
        return (), ()
