"""Generation: texts in, one call each (or the best of n by verification), a workspace out; recorded in its ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from gem_sim.canonical import Json
from gem_sim.pipeline.ledger import Attempt, Ledger, Outcome
from gem_sim.pipeline.relevance import Model
from gem_sim.pipeline.synthesize import Run, Texts, Watch, filter_texts
from gem_sim.pipeline.teaching import ModelFault
from gem_sim.pipeline.workspace import DRAFTS, clear_drafts, load, only_run, place
from gem_sim.synthesizer.judging import STEPS, Judged, judge_text

_STAGE = "write"


def _quiet(_stage: str, _done: int, _total: int | None) -> None:
    pass


class Drawn(NamedTuple):
    """A text that a model wrote; `ended` False: it was cut off. The last attempt of `attempts` gave it."""

    text: str
    ended: bool
    attempts: tuple[Attempt, ...]


class Writer(Protocol):
    """Whoever writes texts about passages, `batch` of them at once (1: each by itself, all side by side)."""

    @property
    def batch(self) -> int: ...

    def settings(self) -> str:
        """Return a name for all that decides what is written; under another name texts are written anew."""

    async def write(self, passages: Sequence[str], draw: int) -> list[Drawn | ModelFault]:
        """Return a text for each passage, or what went wrong; `draw` from 0 tells the draws of a passage apart."""


@dataclass
class _Item:
    """A passage under way: its draws so far, each judged."""

    id: str
    text: str
    origin: str
    licence: str
    judged: list[Judged] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


class Generated(NamedTuple):
    """What a run did, and for each number of draws how many of the passages had passed by then."""

    run: Run
    texts: int
    passed_by: tuple[int, ...]


def generate(
    paths: Sequence[str | Path],
    workspace: Path,
    writer: Writer,
    ledger: Ledger,
    *,
    draws: int = 1,
    threshold: float | None = None,
    model: Model | None = None,
    trusted: bool = False,
    watch: Watch = _quiet,
) -> Generated:
    """Write about texts until a draw of each passes, or there were `draws` of them; place what passes.

    The first draw takes the likeliest words, the others are sampled; so more draws lose nothing that fewer had.

    Args:
        paths: Files and folders with texts.
        workspace: Where environments, generated tools and the ledger go.
        writer: Who writes.
        ledger: The workspace's open ledger, which the writer may use too.
        draws: How many texts are written about a passage at most.
        threshold: The least score that the filter keeps; None: one half.
        model: The filter's model; None: the one that comes with the package.
        trusted: Whether bodies that the writer writes may run in this process.
        watch: Told of progress.

    Raises:
        InputError: If a text cannot be read, or another run is at work in the workspace.
    """
    begun = time.monotonic()
    with only_run(workspace):
        worked = filter_texts(Texts(paths, threshold, model, scrub=False), ledger, watch)
        work = _Work(workspace, writer, ledger, draws, trusted, watch)
        asyncio.run(work.all())
        clear_drafts(workspace)
        passed = tuple(_passed_by(ledger, work.settings, draws))
        run = Run(ledger.totals(), worked + work.worked, time.monotonic() - begun)
        return Generated(run, len(ledger.kept("filter")), passed)


def _passed_by(ledger: Ledger, settings: str, draws: int) -> list[int]:
    """Return for 1, 2, … draws how many of the passages had one that passed."""
    numbers = [0] * draws
    for item in ledger.kept("filter"):
        outcome = ledger.outcome(item, _STAGE, settings)
        if outcome is not None and isinstance(outcome.result, dict):
            first = outcome.result.get("draw")
            for place_ in range(first if isinstance(first, int) else draws, draws):
                numbers[place_] += 1
    return numbers


class _Work:
    """One run: rounds of draws, each over the passages that have none that passed."""

    def __init__(
        self, workspace: Path, writer: Writer, ledger: Ledger, draws: int, trusted: bool, watch: Watch
    ) -> None:
        self.workspace = workspace
        self.writer = writer
        self.ledger = ledger
        self.draws = draws
        self.trusted = trusted
        self.watch = watch
        self.settings = f"{writer.settings()} n={draws}"
        self.worked = 0
        self._done = 0
        self._total = 0

    async def all(self) -> None:
        """Take every passage that the filter kept, and that is not settled, through its draws."""
        names = self.ledger.kept("filter")
        # Cut before what is settled is left out: a batch of a run that goes on is what it would have been.
        size = self.writer.batch
        pieces = [[self._item(name) for name in names[at : at + size]] for at in range(0, len(names), size)]
        left = [[item for item in piece if not self._settled(item)] for piece in pieces]
        self._total = len(names)
        self._done = len(names) - sum(map(len, left))
        self.watch(_STAGE, self._done, self._total)
        if size > 1:
            for piece in left:
                await self._piece(piece)
        else:
            await asyncio.gather(*(self._piece(piece) for piece in left))

    def _settled(self, item: _Item) -> bool:
        return self.ledger.outcome(item.id, _STAGE, self.settings) is not None

    def _item(self, name: str) -> _Item:
        text, origin, licence = self.ledger.text(name)
        return _Item(name, text.strip("\n"), origin, licence)

    async def _piece(self, items: Sequence[_Item]) -> None:
        waiting = list(items)
        for draw in range(self.draws):
            if not waiting:
                return
            begun = time.monotonic()
            drawn = await self.writer.write([item.text for item in waiting], draw)
            seconds = (time.monotonic() - begun) / len(waiting)
            waiting = [
                item for item, one in zip(waiting, drawn, strict=True) if not self._take(item, draw, one, seconds)
            ]
        for item in waiting:
            self._reject(item)

    def _take(self, item: _Item, draw: int, drawn: Drawn | ModelFault, seconds: float) -> bool:
        """Judge what was drawn for an item; return whether the item is settled by it."""
        if isinstance(drawn, ModelFault):
            item.attempts += drawn.attempts
            if drawn.kind == "endpoint":
                self._settle(item, Outcome("failed", str(drawn)))
                return True
            item.judged.append(Judged(None, "", str(drawn)))
            return False
        folder = self.workspace / DRAFTS / item.id.replace("/", "_")
        judged = judge_text(
            drawn.text, item.text, folder, origin=item.origin, licence=item.licence, trusted=self.trusted
        )
        if not judged.passed and not drawn.ended:
            judged = judged._replace(reason=f"cut off: {judged.reason}")
        item.judged.append(judged)
        outcome = "done" if judged.passed else judged.reason.partition(":")[0]
        last = drawn.attempts[-1]._replace(outcome=outcome, reason=judged.reason[:400], seconds=round(seconds, 4))
        item.attempts += [*drawn.attempts[:-1], last]
        if judged.passed and judged.pair is not None:
            pair = judged.pair
            plain = load(self.workspace, pair.draft, trusted=self.trusted)
            place(self.workspace, pair.draft, plain, [(pair.task, pair.trajectory)])
            result: Json = {"environment": pair.draft.name, "trajectories": 1, "draw": draw}
            self._settle(item, Outcome("kept", "", result))
            return True
        return False

    def _reject(self, item: _Item) -> None:
        """Settle an item none of whose draws passed, for the reason of the one that came furthest."""
        furthest = max(item.judged, key=lambda one: STEPS.index(one.reached) if one.reached else -1)
        self._settle(item, Outcome("rejected", furthest.reason, {"reached": furthest.reached}))

    def _settle(self, item: _Item, outcome: Outcome) -> None:
        for draw, one in enumerate(item.judged):
            made = Outcome("kept") if one.passed else Outcome("rejected", one.reason)
            self.ledger.settle(f"{item.id}/{draw}", "trajectory", self.settings, made, ())
        # A workspace's ledger says of `validate` which environment an item gave.
        self.ledger.settle(item.id, _STAGE, self.settings, outcome, tuple(item.attempts) or (Attempt(),))
        self.ledger.settle(item.id, "validate", self.settings, outcome, ())
        self.worked += 1
        self._done += 1
        self.watch(_STAGE, self._done, self._total)
