"""The HTML report: one file, no network, whatever the trajectories hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.formats.atomic import atomic_text
from gem_sim.report.context import Context, context_of
from gem_sim.report.distributions import Distributions, shape_of_trace
from gem_sim.report.packed import At, Packer, pack
from gem_sim.report.sheet import (
    PAGE,
    CodeView,
    Line,
    Numbers,
    conversation,
    findings_only,
    in_words,
    listed,
    page,
    search_words,
)
from gem_sim.report.values import flat
from gem_sim.report.walk import Walks
from gem_sim.verdict import Verdict
from gem_sim.verifier.codes import CODES

OUTCOMES = ("fail", "undecided", "pass")
# Packed characters of conversations in all, and how many of them are kept for a verdict whatever there is of the
# others: failing ones come first. A trajectory beyond them is shown with its findings only, unless one of its codes has
# not had its examples yet (`EXAMPLES_ROOM` more); beyond `FINDINGS_ROOM` of those, by its line in the list.
ROOM = 15_000_000
KEPT: dict[str, int] = {"fail": 12_000_000, "undecided": 2_000_000, "pass": 1_000_000}
FINDINGS_ROOM = 1_000_000
EXAMPLES = 20
EXAMPLES_ROOM = 500_000
# Lines in the list of trajectories, by verdict, and packed characters of all lines together.
LISTED: dict[str, int] = {"fail": 10_000, "undecided": 10_000, "pass": 10_000}
INDEX_ROOM = 3_000_000
# Characters of conversations that stand in the page as they are, for who has no scripts.
AT_ONCE = 300_000
_TOOLS = 6
_INDEX_PIECE = 1_000


class _Scene(NamedTuple):
    """An environment in a report: what is shown of it, and paths over its drawing."""

    environment: Environment
    context: Context
    walks: Walks


def code_views(
    codes: Mapping[str, int], tools: Mapping[str, Counter[str]], errors: Collection[str]
) -> tuple[CodeView, ...]:
    """Return finding codes as a page shows them, the most frequent first.

    Args:
        codes: Code → in how many trajectories.
        tools: Code → tool → in how many.
        errors: The codes that were ever an error.
    """
    views = []
    for code, number in sorted(codes.items(), key=lambda item: (-item[1], item[0])):
        most = sorted(tools.get(code, {}).items(), key=lambda item: (-item[1], item[0]))
        words = [f"{tool} {times:,}" for tool, times in most[:_TOOLS]] + ["…"] * (len(most) > _TOOLS)
        meaning = CODES.get(code, "A check of this environment.")
        views.append(CodeView(code, number, meaning, code in errors, " · ".join(words)))
    return tuple(views)


def write_report(
    path: str | Path, environment: Environment, items: Iterable[tuple[Verdict, Mapping[str, Json] | None]]
) -> None:
    """Write the report of a run as one HTML file, whole or not at all.

    Args:
        path: The file.
        environment: What the trajectories were replayed in.
        items: Verdicts, each with its trace (`simulator.trace`), or None where nothing could be replayed.

    Raises:
        InputError: If the file cannot be written.
    """
    with open_report(path, environment) as report:
        for verdict, trace in items:
            report.add(verdict, trace)


@contextmanager
def open_report(path: str | Path, environment: Environment) -> Iterator[Report]:
    """Give a Report to add verdicts to; the file takes its name when the block ends without an exception.

    Raises:
        InputError: If the file cannot be written, as far as can be told before the block runs.
    """
    with atomic_text(path) as file:
        report = Report(environment)
        yield report
        file.writelines(report.page())


class Report:
    """Collects verdicts for a page. Its memory is bounded: what is beyond the limits above is only counted."""

    def __init__(self, environment: Environment) -> None:
        self._scenes: dict[str, _Scene] = {}
        self._first = self._scene(environment)
        self._rows: dict[str, list[Line]] = {outcome: [] for outcome in OUTCOMES}
        self._outcomes: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._places: Counter[str] = Counter()
        self._tools: dict[str, Counter[str]] = {}
        self._errors: set[str] = set()
        self._examples: Counter[str] = Counter()
        self._packers = {name: Packer(name) for name in (*OUTCOMES, "findings")}
        self._at_once = AT_ONCE
        self._calls = 0
        self._shapes = Distributions()

    def _scene(self, environment: Environment) -> _Scene:
        known = self._scenes.get(environment.name)
        if known is None:
            context = context_of(environment, f"e{len(self._scenes) + 1}")
            known = self._scenes[environment.name] = _Scene(environment, context, Walks(environment))
        return known

    def add(self, verdict: Verdict, trace: Mapping[str, Json] | None, environment: Environment | None = None) -> None:
        """Take a verdict and what `engine.sight` says of it (None: nothing was replayed).

        `environment` is where it was replayed, None for the report's own; those of one name count as one.
        """
        scene = self._first if environment is None else self._scene(environment)
        outcome = verdict.verdict
        codes = Counter(finding.code for finding in verdict.findings)
        self._count(verdict, codes, scene)
        if trace is not None:
            self._shapes.add(shape_of_trace(trace, scene.context.title or scene.context.name))
        if len(self._rows[outcome]) >= LISTED[outcome]:
            return
        number = self._outcomes.total()
        body, at = self._body(number, verdict, trace, codes, scene)
        keep = len(self._rows[outcome]) < PAGE and self._at_once >= len(body)
        self._at_once -= len(body) if keep else 0
        row = Line(
            number=number,
            id=flat(verdict.id, 160),
            verdict=outcome,
            environment=scene.context.key,
            calls=verdict.calls,
            codes=dict(sorted(codes.items())),
            first=in_words(verdict.findings[0]) if verdict.findings else "",
            words=search_words(verdict, trace),
            body=body if keep else "",
            at=at,
        )
        self._rows[outcome].append(row)

    def _count(self, verdict: Verdict, codes: Counter[str], scene: _Scene) -> None:
        self._outcomes[verdict.verdict] += 1
        self._places[scene.context.key] += 1
        self._calls += verdict.calls
        self._codes.update(codes.keys())
        self._errors.update(finding.code for finding in verdict.findings if finding.severity == "error")
        for code, tool in {(finding.code, finding.tool) for finding in verdict.findings}:
            if tool in scene.context.tools:
                self._tools.setdefault(code, Counter())[tool] += 1

    def _body(
        self, number: int, verdict: Verdict, trace: Mapping[str, Json] | None, codes: Counter[str], scene: _Scene
    ) -> tuple[str, At | None]:
        """Return what opens below a line and where it is packed, as far as there is room for it."""
        rare = any(self._examples[code] < EXAMPLES for code in codes)
        packer = self._packers[verdict.verdict]
        room = self._room(verdict.verdict) + (EXAMPLES_ROOM if rare else 0)
        if trace is not None and packer.size < room:
            body = conversation(number, verdict, trace, scene.environment, scene.context, scene.walks)
            self._examples.update(codes.keys())
            return body, packer.add(body)
        packer = self._packers["findings"]
        if not verdict.findings or packer.size >= FINDINGS_ROOM:
            return "", None
        why = "" if trace is None else "the conversation is left out: the page holds as much as it may"
        body = findings_only(verdict, why)
        return body, packer.add(body)

    def _room(self, outcome: str) -> int:
        """Return how much the conversations of a verdict may take while nothing is known of what is still to come."""
        return ROOM - sum(KEPT[other] for other in OUTCOMES[OUTCOMES.index(outcome) + 1 :])

    def _within_room(self) -> dict[str, str]:
        """Return the packed conversations that have room together; of too many, those that pass go first."""
        kept = dict(self._packers["fail"].pieces)
        left = ROOM - self._packers["fail"].size
        for outcome in OUTCOMES[1:]:
            later = sum(KEPT[other] for other in OUTCOMES[OUTCOMES.index(outcome) + 1 :])
            room = max(KEPT[outcome], left - later)
            for name, piece in self._packers[outcome].pieces.items():
                room -= len(piece)
                if room < 0:
                    break
                kept[name] = piece
                left -= len(piece)
        return kept

    def _index(self) -> tuple[list[str], int]:
        """Return the lines of the list, packed, and how many they are."""
        pieces: list[str] = []
        rows = [row for outcome in OUTCOMES for row in self._rows[outcome]]
        size = 0
        for start in range(0, len(rows), _INDEX_PIECE):
            piece = pack([listed(row) for row in rows[start : start + _INDEX_PIECE]])
            size += len(piece)
            if pieces and size > INDEX_ROOM:
                return pieces, start
            pieces.append(piece)
        return pieces, len(rows)

    def page(self) -> Iterator[str]:
        """Yield the page in pieces."""
        for packer in self._packers.values():
            packer.finish()
        packed = {**self._within_room(), **self._packers["findings"].pieces}
        for outcome in OUTCOMES:
            self._rows[outcome] = [
                row if row.at is None or row.at.piece in packed else row._replace(at=None, body="")
                for row in self._rows[outcome]
            ]
        index, number = self._index()
        rows = [row for outcome in OUTCOMES for row in self._rows[outcome]][:number]
        packed.update({f"index-{n}": piece for n, piece in enumerate(index)})
        numbers = Numbers(
            outcomes={outcome: self._outcomes[outcome] for outcome in OUTCOMES},
            calls=self._calls,
            codes=code_views(self._codes, self._tools, self._errors),
            environments={key: number for key, number in self._places.items() if number},
            listed=number,
            bare=sum(row.at is None for row in rows if row.calls),
            unlisted={name: self._outcomes[name] - sum(row.verdict == name for row in rows) for name in OUTCOMES},
        )
        return page(
            [(scene.context, scene.walks.drawing) for scene in self._scenes.values()],
            numbers,
            rows=rows[:PAGE],
            packed=packed,
            plots=self._shapes._repr_html_() if self._shapes.number else "",
            megabytes=ROOM // 1_000_000,
        )
