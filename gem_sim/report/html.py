"""The HTML report: one file, no network, whatever the trajectories hold."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
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
    ANSWERS,
    MAX_CALLS,
    MAX_FINDINGS,
    MAX_MESSAGES,
    conversation_of,
    finding_views,
    one_line_of,
)
from gem_sim.report.values import ROOMY, TIGHT
from gem_sim.verdict import Verdict
from gem_sim.verifier.codes import CODES

OUTCOMES = ("fail", "undecided", "pass")
# Bytes of conversations and findings, by verdict; a browser opens a page of their sum in about a second.
ROOM: dict[str, int] = {"fail": 10_000_000, "undecided": 4_000_000, "pass": 2_000_000}
# Lines in the list of trajectories, by verdict.
LISTED: dict[str, int] = {"fail": 6_000, "undecided": 3_000, "pass": 3_000}
# A conversation that needs more than this is shown with its values cut short.
LONG = 200_000
# Conversations beyond this are kept as text until they are opened: a browser lays out what it parses.
AT_ONCE = 1_500_000


class _Row(NamedTuple):
    """A line of the list; `body` is the finished HTML below it, empty where there was no more room."""

    number: int
    id: str
    verdict: str
    calls: int
    codes: dict[str, int]
    body: str
    later: bool


def write_report(
    path: str | Path, environment: Environment, items: Iterable[tuple[Verdict, Mapping[str, Json] | None]]
) -> None:
    """Write the report of a run as one HTML file, whole or not at all.

    Args:
        path: The file; what it is called decides nothing.
        environment: What the trajectories were replayed in.
        items: Verdicts, each with its trace (`simulator.trace`), or None where nothing could be replayed.

    Raises:
        InputError: If the file cannot be written.
    """
    report = Report(environment)
    for verdict, trace in items:
        report.add(verdict, trace)
    report.write(path)


class Report:
    """Collects verdicts for a page. Memory is bounded: what is beyond `ROOM` and `LISTED` is counted only."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._context = context_of(environment)
        self._rows: dict[str, list[_Row]] = {outcome: [] for outcome in OUTCOMES}
        self._outcomes: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._used: Counter[str] = Counter()
        self._calls = 0

    def add(self, verdict: Verdict, trace: Mapping[str, Json] | None) -> None:
        """Take a verdict and its trace (None: nothing was replayed)."""
        outcome = verdict.verdict
        codes = Counter(finding.code for finding in verdict.findings)
        self._outcomes[outcome] += 1
        self._calls += verdict.calls
        self._codes.update(codes.keys())
        if len(self._rows[outcome]) >= LISTED[outcome]:
            return
        number = self._outcomes.total()
        body = self._body(number, verdict, trace) if self._used[outcome] < ROOM[outcome] else ""
        later = self._used.total() > AT_ONCE
        self._used[outcome] += len(body)
        name = one_line_of(verdict.id, 160)
        self._rows[outcome].append(_Row(number, name, outcome, verdict.calls, dict(sorted(codes.items())), body, later))

    def _body(self, number: int, verdict: Verdict, trace: Mapping[str, Json] | None) -> str:
        if trace is None:
            return _render("findings.html", findings=finding_views(verdict.findings, ROOMY), more=0)
        task = self._environment.tasks.get(str(trace["task"]))
        instruction = None if task is None else task.instruction
        body = ""
        for limits in (ROOMY, TIGHT):
            shown = conversation_of(verdict, trace, self._context, instruction, limits)
            body = _render("conversation.html", c=shown, number=number, verdict=verdict, answers=ANSWERS)
            if len(body) <= LONG:
                break
        return body

    def write(self, path: str | Path) -> None:
        """Write the page.

        Raises:
            InputError: If the file cannot be written.
        """
        script, style = _asset("page.js"), _asset("page.css")
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        page = _template("page.html").generate(
            context=self._context,
            version=__version__,
            outcomes={outcome: self._outcomes[outcome] for outcome in OUTCOMES},
            unlisted={outcome: self._outcomes[outcome] - len(self._rows[outcome]) for outcome in OUTCOMES},
            number=self._outcomes.total(),
            calls=self._calls,
            codes=[(code, CODES.get(code, ""), number) for code, number in sorted(self._codes.items())],
            rows=self._rows,
            script=script,
            style=style,
            policy=f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:",
            limits={"messages": MAX_MESSAGES, "calls": MAX_CALLS, "findings": MAX_FINDINGS, "values": ROOMY},
        )
        with atomic_text(path) as file:
            file.writelines(page)


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


def _render(name: str, **values: object) -> str:
    return _template(name).render(**values)


@cache
def _asset(name: str) -> str:
    return resources.files("gem_sim.report").joinpath("page", name).read_text(encoding="utf-8")
