"""A page: what stands above its list, the lines of the list, and what opens below each."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined, Template

from gem_sim import __version__
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.report.context import Context
from gem_sim.report.conversation import (
    MAX_CALLS,
    MAX_FINDINGS,
    MAX_MESSAGES,
    conversation_of,
    finding_views,
    more_findings,
    place_in_words,
)
from gem_sim.report.packed import At
from gem_sim.report.values import ROOMY, TIGHT, flat
from gem_sim.report.walk import Walks
from gem_sim.verdict import Finding, Verdict

# A conversation that needs more characters is shown with its values cut short.
LONG = 300_000
# Lines on a page of the list.
PAGE = 50
# Finding codes that are seen at once; the others are behind a click.
_CODES = 8
_WORDS = 500


class Line(NamedTuple):
    """A line of the list; `first` is the first finding in words, `words` what it is found by.

    `body` is what opens below it as long as it may stand in the page as it is, else empty; `at` is where it is packed,
    None where there was no more room for it.
    """

    number: int
    id: str
    verdict: str
    environment: str
    calls: int
    codes: dict[str, int]
    first: str
    words: str
    body: str
    at: At | None


class CodeView(NamedTuple):
    """A finding code: in how many trajectories, what it means, at which tools most."""

    name: str
    trajectories: int
    meaning: str
    error: bool
    tools: str


class Numbers(NamedTuple):
    """What a page says above its list: trajectories by verdict, calls, finding codes, trajectories by environment.

    `listed` is how many trajectories the list has, `unlisted` how many of each verdict it lacks;
    `bare` lines have nothing below them, though there is something to show.
    """

    outcomes: dict[str, int]
    calls: int
    codes: tuple[CodeView, ...]
    environments: dict[str, int]
    listed: int
    unlisted: dict[str, int]
    bare: int


def page(
    scenes: Sequence[tuple[Context, str]],
    numbers: Numbers,
    *,
    rows: Sequence[Line] = (),
    packed: Mapping[str, str] | None = None,
    plots: str = "",
    megabytes: int = 0,
    remote: bool = False,
) -> Iterator[str]:
    """Yield a page in pieces.

    Args:
        scenes: The environments, each with its drawing.
        numbers: What stands above the list.
        rows: The first page of the list.
        packed: Id → what the browser unpacks: `index-N` lines of the list, others what opens below them.
        plots: The distributions, as HTML.
        megabytes: How much of conversations the page may hold.
        remote: Whether the lines come from a server instead.
    """
    script, style = asset("page.js"), asset("page.css")
    # Only this very script may run, and nothing may be fetched, whatever a trajectory smuggles in.
    digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode()
    security = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'"
    families: Counter[str] = Counter()
    for code in numbers.codes:
        families[code.name.partition(".")[0]] += 1
    titles = [context.title or context.name for context, _ in scenes]
    return _template("page.html").generate(
        scenes=scenes,
        title=titles[0] if len(titles) == 1 else f"{len(titles)} environments",
        version=__version__,
        numbers=numbers,
        number=sum(numbers.outcomes.values()),
        families=sorted(families),
        rows=rows,
        packed=packed or {},
        plots=plots,
        page=PAGE,
        most_codes=_CODES,
        remote=remote,
        script=script,
        style=style,
        security=f"{security}; connect-src 'self'; base-uri 'none'" if remote else security,
        limits=ROOMY,
        messages=MAX_MESSAGES,
        most_calls=MAX_CALLS,
        findings=MAX_FINDINGS,
        megabytes=megabytes,
    )


def conversation(
    number: int,
    verdict: Verdict,
    trace: Mapping[str, Json],
    environment: Environment,
    context: Context,
    walks: Walks,
) -> str:
    """Return what opens below the line of a trajectory that was replayed."""
    task = environment.tasks.get(str(trace["task"]))
    instruction = None if task is None else task.instruction
    for limits in (ROOMY, TIGHT):
        shown = conversation_of(verdict, trace, context, instruction, limits)
        walk = walks.over(shown.path, number)
        body = render("conversation.html", c=shown, number=number, walk=walk, key=context.key)
        if len(body) <= LONG:
            break
    return body


def findings_only(verdict: Verdict, why: str) -> str:
    """Return what opens below the line of a trajectory that was not replayed, or has no room; `why` says so."""
    findings = finding_views(verdict.findings, TIGHT)
    return render("findings.html", findings=findings, more=more_findings(verdict), why=why)


def search_words(verdict: Verdict, trace: Mapping[str, Json] | None) -> str:
    """Return what a trajectory is found by: its id, its task, the tools it calls, its findings."""
    calls = () if trace is None else trace["calls"]
    tools = dict.fromkeys(call["tool"] for call in calls)  # type: ignore[union-attr,index,call-overload]
    task = [] if trace is None or trace["task"] is None else [trace["task"]]
    words = [verdict.id, *task, *tools, *(finding.message for finding in verdict.findings)]
    return flat(" ".join(str(word) for word in words), _WORDS).lower()


def line_html(row: Line) -> str:
    """Return a line of the list without what opens below it."""
    return render("row.html", r=row)


def listed(row: Line) -> dict[str, object]:
    """Return a line as the page's script reads it."""
    return {
        "n": row.number,
        "v": row.verdict,
        "c": list(row.codes),
        "e": row.environment,
        "w": row.words,
        "h": line_html(row._replace(body="")),
        "b": row.at,
    }


def in_words(finding: Finding) -> str:
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
