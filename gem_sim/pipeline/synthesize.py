"""All stages over many texts: what the ledger has is not done again, what passes goes into the workspace."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import CheckError, GemSimError, StubError
from gem_sim.formats.openai import OPENAI
from gem_sim.formats.rows import JsonObject
from gem_sim.pipeline.documents import read_documents
from gem_sim.pipeline.draft import Draft, as_json, draft_of, with_tasks
from gem_sim.pipeline.elsewhere import tools_of_elsewhere
from gem_sim.pipeline.filter import Judged, judge
from gem_sim.pipeline.ledger import STAGES, Attempt, Ledger, Outcome, Total, later_than, overrules
from gem_sim.pipeline.relevance import Model, name_of, read_model
from gem_sim.pipeline.scrub import SCRUBBED, scrub_documents
from gem_sim.pipeline.teaching import Item, ModelFault, Teacher
from gem_sim.pipeline.workspace import clear_drafts, digest_of, load, only_run, place, unplace
from gem_sim.refiner import refine
from gem_sim.simulator import replay
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory
from gem_sim.verifier import verify

Pair = tuple[Task, Trajectory]
# Changes whenever the refiner makes something else of the same conversation.
REFINED = "refined-2"
# Stage, how many items are done, and how many there are to do (None: not known yet).
Watch = Callable[[str, int, int | None], None]
# What `noted` returns for each item it is given, in any order: how items are worked on in other processes.
Elsewhere = Callable[[Iterable[JsonObject]], Iterator["Noted"]]


class Run(NamedTuple):
    """What a run did: the totals of the workspace, how many stages of items this run worked on, its seconds."""

    totals: list[Total]
    worked: int
    seconds: float


def synthesize(
    paths: Sequence[str | Path],
    workspace: Path,
    teacher: Teacher,
    *,
    threshold: float | None = None,
    model: Model | None = None,
    concurrency: int = 1,
    ledger: Ledger | None = None,
    first: str = "extract",
    last: str = "validate",
    harder: bool = False,
    labels: bool = False,
    scrub: bool = False,
    watch: Watch = lambda _stage, _done, _total: None,
    elsewhere: Elsewhere | None = None,
) -> Run:
    """Take texts through filter, extract, ground, refine where wanted, and validate; write the workspace.

    Args:
        paths: Files and folders with texts; none where those in the ledger are to go on.
        workspace: Where environments, generated tools and the ledger go.
        teacher: Who extracts and grounds.
        threshold: The least score the filter keeps; None: one half.
        model: The filter's model; None: the one that comes with the package.
        concurrency: How many items are under way at once.
        ledger: The workspace's open ledger, where the teacher writes to it too; None opens it.
        first: The first stage that is this run's: what the ledger has of those before it stands, whoever did it.
        last: The stage after which to stop.
        harder: Whether each conversation that passes gets a refined twin (see `gem_sim.refiner`).
        labels: Whether the teacher labels each text that the filter keeps (GEM, stage 1), and may drop it.
        scrub: Whether personal data are taken out of the texts first.
        watch: Told of progress.
        elsewhere: Calls `noted` for items in other processes; None works on them in this one.

    Raises:
        InputError: If a text cannot be read, or another run is at work in the workspace.
    """
    begun = time.monotonic()
    with only_run(workspace), nullcontext(ledger) if ledger is not None else Ledger(workspace) as opened:
        worked = filter_texts(Texts(paths, threshold, model, scrub), opened, watch) if paths else 0
        items = opened.kept("filter")
        if elsewhere is not None:
            worked += _note(opened, elsewhere(_known(opened, item) for item in items), watch, len(items))
        else:
            work = _Work(workspace, teacher, opened, Stages(first, last, harder, labels), watch)
            asyncio.run(work.items(items, concurrency))
            worked += work.worked
        clear_drafts(workspace)
        if last == "validate":
            for name in opened.stale():
                unplace(workspace, name)
                opened.unplace(name)
        return Run(opened.totals(), worked, time.monotonic() - begun)


class Stages(NamedTuple):
    """Which stages are a run's, from `first` to `last`, and whether conversations are refined and texts labelled."""

    first: str = "extract"
    last: str = "validate"
    harder: bool = False
    labels: bool = False


class Noted(NamedTuple):
    """What was settled of an item elsewhere: arguments of `Ledger.settle`, in order, and how many stages it took."""

    settled: list[tuple[str, str, str, Outcome, tuple[Attempt, ...]]]
    worked: int


def noted(row: JsonObject, workspace: Path, teacher: Teacher, stages: Stages) -> Noted:
    """Take an item through the stages away from the ledger, which one process writes.

    Args:
        row: The item as `synthesize` hands it out: its text, and what the ledger has of it.
        workspace: Where its environment goes.
        teacher: Who extracts and grounds; it must not need the ledger.
        stages: Which stages are this run's.
    """
    page = _Page(row)
    work = _Work(workspace, teacher, page, stages, lambda _stage, _done, _total: None)
    asyncio.run(work.items([str(row["item"])], 1))
    return Noted(page.settled, work.worked)


def _known(ledger: Ledger, item: str) -> JsonObject:
    text, origin, licence = ledger.text(item)
    before = [list(settled) for settled in ledger.settled(item)]
    return {"item": item, "text": text, "origin": origin, "licence": licence, "before": before}  # type: ignore[dict-item]


def _note(ledger: Ledger, found: Iterator[Noted], watch: Watch, number: int) -> int:
    """Write to the ledger what was settled elsewhere, item by item as it comes."""
    worked = 0
    for count, one in enumerate(found, start=1):
        for settled in one.settled:
            ledger.settle(*settled)
        worked += one.worked
        watch("items", count, number)
    return worked


class _Page:
    """The part of a ledger that is about one item."""

    def __init__(self, row: JsonObject) -> None:
        self._row: Any = row
        self.settled: list[tuple[str, str, str, Outcome, tuple[Attempt, ...]]] = []

    def text(self, _item: str) -> tuple[str, str, str]:
        return self._row["text"], self._row["origin"], self._row["licence"]

    def outcome(self, item: str, stage: str, settings: str) -> Outcome | None:
        known = self.latest(item, stage)
        return None if known is None or known[0] != settings else known[1]

    def latest(self, _item: str, stage: str) -> tuple[str, Outcome] | None:
        found = ((under, Outcome(*rest)) for known, under, *rest in self._row["before"] if known == stage)
        return next((one for one in found if one[1].outcome != "failed"), None)

    def settle(
        self, item: str, stage: str, settings: str, outcome: Outcome, attempts: tuple[Attempt, ...] = (Attempt(),)
    ) -> None:
        self.settled.append((item, stage, settings, outcome, attempts))
        known = self.latest(item, stage)
        if known is not None and known[1] != outcome and overrules(stage, outcome.outcome):
            # As in the ledger: what was made of another outcome does not stand.
            self._row["before"] = [row for row in self._row["before"] if row[0] not in later_than(stage)]


class Texts(NamedTuple):
    """The texts that go in, and how they are filtered."""

    paths: Sequence[str | Path]
    threshold: float | None
    model: Model | None
    scrub: bool


def filter_texts(texts: Texts, ledger: Ledger, watch: Watch) -> int:
    """Judge the segments of the texts; texts that were read before are not read again."""
    model = read_model() if texts.model is None else texts.model
    threshold = texts.threshold
    settings = f"{name_of(model)}@{threshold}" + (f" {SCRUBBED}" if texts.scrub else "")
    inputs = digest_of(texts.paths)
    key = None if inputs is None else f"input {inputs} {settings}"
    if key is not None and ledger.response(key) is not None:
        watch("filter", 0, 0)
        return 0
    least = model.threshold(None) if threshold is None else threshold
    worked = 0
    documents = read_documents(texts.paths)
    judgements = judge(scrub_documents(documents) if texts.scrub else documents, model, threshold=least)
    for number, judged in enumerate(_named(judgements), start=1):
        item, one = judged
        own = f"{settings} {hashlib.sha256(one.text.encode('utf-8', 'replace')).hexdigest()[:16]}"
        if ledger.outcome(item, "filter", own) is None:
            ledger.enter(item, number, one.text, _origin(one), _licence(one), _filtered(one), own)
            worked += 1
        watch("filter", number, None)
    if key is not None:
        ledger.remember(key, "read")
    return worked


def _named(judged: Iterable[Judged]) -> Iterable[tuple[str, Judged]]:
    """Yield each segment under a name that no other has."""
    seen: dict[str, int] = {}
    for one in judged:
        seen[one.id] = seen.get(one.id, 0) + 1
        yield one.id if seen[one.id] == 1 else f"{one.id}~{seen[one.id]}", one


def _filtered(one: Judged) -> Outcome:
    return Outcome("kept" if one.keep else "rejected", one.reason or "", {"score": round(one.score, 4)})


def _origin(one: Judged) -> str:
    found = (one.document.row.get(key) for key in ("url", "url_or_package", "source", "origin"))
    return next((text for text in found if isinstance(text, str) and text), Path(one.document.file).name)


def _licence(one: Judged) -> str:
    found = (one.document.row.get(key) for key in ("licence", "license"))
    return next((text for text in found if isinstance(text, str)), "")


class _Settled(NamedTuple):
    """What became of an item at a stage, and under which settings.

    `after` names who did it, or what came before it, "" where all is this run's own.
    """

    outcome: Outcome
    settings: str
    after: str

    @property
    def kept(self) -> Any:
        """What the stage made, None where it kept nothing."""
        return self.outcome.result if self.outcome.outcome == "kept" else None


class _Drafted:
    """A draft with what loads it, which is done once for all the stages that an item goes through."""

    def __init__(self, draft: Draft, load: Callable[[Draft], Environment]) -> None:
        self.draft, self._load = draft, load

    @cached_property
    def environment(self) -> Environment:
        return self._load(self.draft)


def _is_rejected(known: tuple[str, Outcome] | None) -> bool:
    return known is not None and known[1].outcome != "kept"


class _Work:
    """One run's way through the stages: an item's stages follow each other, items go side by side."""

    def __init__(
        self,
        workspace: Path,
        teacher: Teacher,
        ledger: Ledger | _Page,
        stages: Stages,
        watch: Watch,
    ) -> None:
        self.workspace = workspace
        self.teacher = teacher
        self.ledger = ledger
        self.stages = stages
        self.watch = watch
        self.worked = 0
        self._done: dict[str, int] = {}
        self._total: dict[str, int] = {}

    async def items(self, names: Sequence[str], concurrency: int) -> None:
        """Take items through the stages, so many at once."""
        self.expect("label" if self.stages.labels else "extract", len(names))
        gate = asyncio.Semaphore(concurrency)

        async def one(name: str) -> None:
            async with gate:
                await self.item(name)

        await asyncio.gather(*map(one, names))

    def expect(self, stage: str, number: int) -> None:
        """Say how many items will reach a stage."""
        self._total[stage] = number
        self.watch(stage, self._done.get(stage, 0), number)

    def _advance(self, stage: str, outcome: Outcome, following: str | None) -> None:
        self._done[stage] = self._done.get(stage, 0) + 1
        self.watch(stage, self._done[stage], self._total.get(stage))
        if following is not None and outcome.outcome == "kept":
            self.expect(following, self._total.get(following, 0) + 1)

    async def item(self, name: str) -> None:
        """Take an item through the stages, up to the first that rejects it."""
        text, origin, licence = self.ledger.text(name)
        item, stages = Item(name, text, origin, licence), self.stages
        if stages.labels:
            labelled = await self._stage(item, "label", "extract", self._label)
            if labelled.outcome.outcome != "kept":
                return
        elif self._is_before("label") and _is_rejected(self.ledger.latest(name, "label")):
            return
        extracted = await self._stage(item, "extract", "ground", self._extract)
        if extracted.kept is None or stages.last == "extract":
            return
        # Bodies that another teacher wrote are not this one's to trust.
        trusted = self.teacher.trusted and not extracted.after
        draft = _Drafted(draft_of(_mapping(extracted.kept)), partial(self._load, trusted=trusted))
        made = await self._stage(
            item, "ground", "refine" if stages.harder else "validate", self._ground, extracted, draft
        )
        if made.kept is None or stages.last == "ground":
            return
        if stages.harder:
            made = await self._stage(item, "refine", "validate", self._refine, made, draft, made.kept)
        settings = self._settings("validate") + made.after
        await self._stage(item, "validate", None, self._validate, made, draft, made.kept, settings)

    async def _stage(
        self,
        item: Item,
        stage: str,
        following: str | None,
        function: Callable[..., Any],
        before: _Settled | None = None,
        *arguments: Any,
    ) -> _Settled:
        """Return what became of an item at a stage; done now where it has not been done under the same settings.

        What another teacher did in the stages before belongs to the settings.
        """
        after = "" if before is None else before.after
        own = self._settings(stage, before)
        if self._is_before(stage) and (known := self.ledger.latest(item.id, stage)) is not None:
            return _Settled(known[1], known[0], "" if known[0] == own else f" after {known[0]}")
        settings = own if stage == "refine" else own + after
        outcome = self.ledger.outcome(item.id, stage, settings)
        if outcome is None:
            outcome = await self._done_now(item, stage, settings, function, arguments)
        self._advance(stage, outcome, following)
        return _Settled(outcome, settings, after)

    async def _done_now(
        self, item: Item, stage: str, settings: str, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> Outcome:
        self.worked += 1
        begun = time.monotonic()
        outcome: Outcome
        attempts: tuple[Attempt, ...]
        try:
            outcome, attempts = await function(item, *arguments)
        except ModelFault as fault:
            outcome, attempts = Outcome("failed", str(fault)), fault.attempts
        except (StubError, CheckError) as error:
            outcome, attempts = Outcome("rejected", f"broken: {error}"), (Attempt(outcome="broken"),)
        except GemSimError as error:
            outcome, attempts = Outcome("rejected", f"unusable: {error}"), (Attempt(outcome="unusable"),)
        if attempts:
            seconds = time.monotonic() - begun - sum(attempt.seconds for attempt in attempts[:-1])
            attempts = (*attempts[:-1], attempts[-1]._replace(seconds=round(seconds, 4)))
        self.ledger.settle(item.id, stage, settings, outcome, attempts)
        return outcome

    def _is_before(self, stage: str) -> bool:
        return STAGES.index(stage) < STAGES.index(self.stages.first)

    def _settings(self, stage: str, before: _Settled | None = None) -> str:
        if stage == "refine":
            # By rules, whoever the teacher is: what it refines is all that counts.
            return f"{REFINED} of {'' if before is None else before.settings}"
        return self.teacher.settings(stage) + (f" {REFINED}" if self.stages.harder and stage == "validate" else "")

    def _load(self, draft: Draft, *, trusted: bool) -> Environment:
        return load(self.workspace, draft, trusted=trusted)

    async def _label(self, item: Item) -> tuple[Outcome, tuple[Attempt, ...]]:
        labelled = await self.teacher.label(item)
        if labelled.labels is None:
            return Outcome("kept", labelled.reason), labelled.attempts
        result = labelled.labels.as_json()
        if not labelled.labels.procedural:
            return Outcome("rejected", "no procedure, says the teacher", result), labelled.attempts
        return Outcome("kept", "", result), labelled.attempts

    async def _extract(self, item: Item) -> tuple[Outcome, tuple[Attempt, ...]]:
        extracted = await self.teacher.extract(item, partial(self._load, trusted=self.teacher.trusted))
        if extracted.draft is None:
            return Outcome("rejected", extracted.reason), extracted.attempts
        result: Json = as_json(extracted.draft)
        return Outcome("kept", "", result), extracted.attempts

    async def _ground(self, item: Item, made: _Drafted) -> tuple[Outcome, tuple[Attempt, ...]]:
        draft, plain = made.draft, made.environment
        talks = await self.teacher.ground(item, draft, plain)
        if not talks.pairs:
            return Outcome("rejected", talks.reason or "no conversation came about"), talks.attempts
        return Outcome("kept", talks.reason, [_pair_row(pair, plain) for pair in talks.pairs]), talks.attempts

    async def _refine(self, item: Item, made: _Drafted, rows: list[Json]) -> tuple[Outcome, tuple[Attempt, ...]]:  # noqa: ARG002
        """Give each conversation that passes a twin made harder by rules; every rewrite is in the ledger."""
        plain = made.environment
        pairs = [_read_pair(_mapping(row), plain) for row in rows]
        environment = with_tasks(plain, [task for task, _ in pairs])
        attempts: list[Attempt] = []
        twins: list[Pair] = []
        for _, trajectory in pairs:
            original = replay(trajectory, environment)
            if verify(original).verdict != "pass":
                continue
            refined = refine(original, pool=tuple(tools_of_elsewhere().values()))
            for attempt in refined.attempts:
                outcome = "kept" if attempt.rejected is None else "rolled back"
                attempts.append(Attempt(attempt.rewrite, "rules", outcome=outcome, reason=attempt.rejected or ""))
            if refined.kept and refined.task is not None:
                name = f"{refined.task.id}-harder"
                renamed = {"id": f"{plain.name}/{name}", "task": name}
                twins.append(
                    (refined.task.model_copy(update={"id": name}), refined.trajectory.model_copy(update=renamed))
                )
        return Outcome("kept", "", [*rows, *(_pair_row(twin, plain) for twin in twins)]), (
            *attempts,
            Attempt(model="rules"),
        )

    async def _validate(
        self, item: Item, made: _Drafted, rows: list[Json], settings: str
    ) -> tuple[Outcome, tuple[Attempt, ...]]:
        """Verify each conversation, let the judge add what it finds, and place what passes."""
        draft, plain = made.draft, made.environment
        pairs = [_read_pair(_mapping(row), plain) for row in rows]
        environment = with_tasks(plain, [task for task, _ in pairs])
        passed: list[Pair] = []
        attempts: list[Attempt] = []
        for task, trajectory in pairs:
            reason = _fault(trajectory, environment)
            if reason is None:
                findings, tried = await self.teacher.judge(item, environment, task, trajectory)
                attempts += tried
                reason = str(findings[0]) if findings else None
            outcome = Outcome("kept") if reason is None else Outcome("rejected", reason)
            self.ledger.settle(f"{item.id}/{task.id}", "trajectory", settings, outcome, ())
            if reason is None:
                passed.append((task, trajectory))
        if not passed:
            return Outcome("rejected", "no conversation passed"), (*attempts, Attempt())
        place(self.workspace, draft, plain, passed)
        return Outcome("kept", "", {"environment": draft.name, "trajectories": len(passed)}), (*attempts, Attempt())


def _fault(trajectory: Trajectory, environment: Environment) -> str | None:
    """Return why a trajectory does not pass, None where every check lets it."""
    verdict = verify(replay(trajectory, environment))
    if verdict.verdict == "pass":
        return None
    return str(next(finding for finding in verdict.findings if finding.severity != "warning"))


def _pair_row(pair: Pair, environment: Environment) -> Json:
    """Return a pair as the ledger keeps it: without the environment's own tools; `besides` names the others."""
    task, trajectory = pair
    bare = trajectory.model_copy(update={"tools": ()})
    row: dict[str, Json] = {"task": task.model_dump(mode="json", exclude_defaults=True), "row": OPENAI.write(bare)}
    besides: list[Json] = [tool.name for tool in trajectory.tools if tool.name not in environment.tools]
    return {**row, "besides": besides} if besides else row


def _read_pair(row: dict[str, Json], environment: Environment) -> Pair:
    trajectory = OPENAI.read(_mapping(row["row"]), "")
    besides = row.get("besides", [])
    strange = [tools_of_elsewhere()[str(name)] for name in besides] if isinstance(besides, list) else []
    tools = [tool.model_copy(update={"body": None}) for tool in environment.tools.values()]
    offered = tuple(sorted([*tools, *strange], key=lambda tool: tool.name) if strange else tools)
    return Task.model_validate(row["task"]), trajectory.model_copy(update={"tools": offered})


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("the ledger holds no object where one belongs")
    return value
