"""The HTML report: one file, no network, whatever the trajectories hold."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined, Template

from gem_sim import __version__
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.formats.atomic import atomic_text
from gem_sim.report.context import context_of
from gem_sim.report.conversation import (
    MAX_CALLS,
    MAX_FINDINGS,
    MAX_MESSAGES,
    conversation_of,
    finding_views,
    more_findings,
    place_in_words,
)
from gem_sim.report.graph import svg
from gem_sim.report.values import ROOMY, TIGHT, flat
from gem_sim.verdict import Finding, Verdict
from gem_sim.verifier.codes import CODES

OUTCOMES = ("fail", "undecided", "pass")
# Bytes of conversations, by verdict. A trajectory beyond them is shown with its findings only, unless one of its codes
# has not had its examples yet; beyond `FINDINGS_ROOM` bytes of those, by its line in the list.
ROOM: dict[str, int] = {"fail": 8_000_000, "undecided": 3_000_000, "pass": 2_000_000}
FINDINGS_ROOM = 3_000_000
EXAMPLES = 20
# Lines in the list of trajectories, by verdict.
LISTED: dict[str, int] = {"fail": 6_000, "undecided": 3_000, "pass": 3_000}
# A conversation that needs more bytes is shown with its values cut short.
LONG = 150_000
# Bytes of conversations in the page as it opens; the rest is text until it is opened, which costs a browser nothing.
AT_ONCE = 1_000_000
_TOOLS = 6
# A drawing of more steps is no help to anybody.
_MOST_STEPS = 200


class _Row(NamedTuple):
    """A line of the list; `body` is the finished HTML below it, empty where there was no more room.

    `first` is the first finding in words; `later` says that the body is not parsed before it is opened.
    """

    number: int
    id: str
    verdict: str
    calls: int
    codes: dict[str, int]
    first: str
    body: str
    later: bool


class _Code(NamedTuple):
    """A finding code: in how many trajectories, what it means, at which tools most."""

    name: str
    trajectories: int
    meaning: str
    error: bool
    tools: str


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
    """Collects verdicts for a page. Its memory is bounded: what is beyond `ROOM` and `LISTED` is only counted."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._context = context_of(environment)
        self._rows: dict[str, list[_Row]] = {outcome: [] for outcome in OUTCOMES}
        self._outcomes: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._tools: dict[str, Counter[str]] = {}
        self._errors: set[str] = set()
        self._examples: Counter[str] = Counter()
        self._room: Counter[str] = Counter({**ROOM, "findings": FINDINGS_ROOM})
        self._at_once = AT_ONCE
        self._calls = 0

    def add(self, verdict: Verdict, trace: Mapping[str, Json] | None) -> None:
        """Take a verdict and its trace (None: nothing was replayed)."""
        outcome = verdict.verdict
        codes = Counter(finding.code for finding in verdict.findings)
        self._count(verdict, codes)
        if len(self._rows[outcome]) >= LISTED[outcome]:
            return
        number = self._outcomes.total()
        body = self._body(number, verdict, trace, codes)
        self._at_once -= len(body)
        row = _Row(
            number=number,
            id=flat(verdict.id, 160),
            verdict=outcome,
            calls=verdict.calls,
            codes=dict(sorted(codes.items())),
            first=_in_words(verdict.findings[0]) if verdict.findings else "",
            body=body,
            later=self._at_once < 0,
        )
        self._rows[outcome].append(row)

    def _count(self, verdict: Verdict, codes: Counter[str]) -> None:
        self._outcomes[verdict.verdict] += 1
        self._calls += verdict.calls
        self._codes.update(codes.keys())
        self._errors.update(finding.code for finding in verdict.findings if finding.severity == "error")
        for code, tool in {(finding.code, finding.tool) for finding in verdict.findings}:
            if tool in self._context.tools:
                self._tools.setdefault(code, Counter())[tool] += 1

    def _body(self, number: int, verdict: Verdict, trace: Mapping[str, Json] | None, codes: Counter[str]) -> str:
        """Return what opens below a line, as far as there is room for it; the empty string where there is none."""
        rare = any(self._examples[code] < EXAMPLES for code in codes)
        if trace is not None and (rare or self._room[verdict.verdict] > 0):
            body = self._conversation(number, verdict, trace)
            self._room[verdict.verdict] -= len(body)
            self._examples.update(codes.keys())
            return body
        if not verdict.findings or self._room["findings"] <= 0:
            return ""
        findings = finding_views(verdict.findings, TIGHT)
        why = "" if trace is None else "the conversation is left out: the page holds as much as it may"
        body = render("findings.html", findings=findings, more=more_findings(verdict), why=why)
        self._room["findings"] -= len(body)
        return body

    def _conversation(self, number: int, verdict: Verdict, trace: Mapping[str, Json]) -> str:
        task = self._environment.tasks.get(str(trace["task"]))
        instruction = None if task is None else task.instruction
        shown = conversation_of(verdict, trace, self._context, instruction, ROOMY)
        body = render("conversation.html", c=shown, number=number)
        if len(body) <= LONG:
            return body
        shown = conversation_of(verdict, trace, self._context, instruction, TIGHT)
        return render("conversation.html", c=shown, number=number)

    def _code(self, code: str) -> _Code:
        tools = sorted(self._tools.get(code, {}).items(), key=lambda item: (-item[1], item[0]))
        words = [f"{tool} {number:,}" for tool, number in tools[:_TOOLS]] + ["…"] * (len(tools) > _TOOLS)
        meaning = CODES.get(code, "A check of this environment.")
        return _Code(code, self._codes[code], meaning, code in self._errors, " · ".join(words))

    def page(self) -> Iterator[str]:
        """Yield the page in pieces."""
        script, style = asset("page.js"), asset("page.css")
        # Only this very script may run, and nothing may be fetched, whatever a trajectory smuggles in.
        digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode()
        steps = sum(len(workflow.steps) for workflow in self._environment.workflows)
        return _template("page.html").generate(
            context=self._context,
            version=__version__,
            outcomes={outcome: self._outcomes[outcome] for outcome in OUTCOMES},
            unlisted={outcome: self._outcomes[outcome] - len(self._rows[outcome]) for outcome in OUTCOMES},
            number=self._outcomes.total(),
            calls=self._calls,
            codes=[self._code(code) for code in sorted(self._codes, key=lambda code: (-self._codes[code], code))],
            rows=self._rows,
            drawing=svg(self._environment) if 0 < steps <= _MOST_STEPS else "",
            script=script,
            style=style,
            security=f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'",
            limits=ROOMY,
            messages=MAX_MESSAGES,
            most_calls=MAX_CALLS,
            findings=MAX_FINDINGS,
            listed=sum(LISTED.values()),
            megabytes=sum(ROOM.values()) // 1_000_000,
        )


def _in_words(finding: Finding) -> str:
    place = place_in_words(finding)
    return flat(f"{place}: {finding.message}" if place else finding.message, 200)


@cache
def _templates() -> Templates:
    return Templates(
        loader=PackageLoader("gem_sim.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _templates().get_template(name)


def render(name: str, **values: object) -> str:
    """Return a template of the folder `page`, filled."""
    return _template(name).render(**values)


@cache
def asset(name: str) -> str:
    """Return a file of the folder `page` as text."""
    return resources.files("gem_sim.report").joinpath("page", name).read_text(encoding="utf-8")
