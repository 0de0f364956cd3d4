"""A run too large for a page: what its page asks for, answered from the files."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import FormatError, GemSimError
from gem_sim.formats.paged import PagedRows
from gem_sim.report.context import context_of
from gem_sim.report.html import OUTCOMES, code_views
from gem_sim.report.packed import At
from gem_sim.report.run import Conversations, replayed_trace, verdict_of
from gem_sim.report.sheet import (
    PAGE,
    Line,
    Numbers,
    conversation,
    findings_only,
    in_words,
    line_html,
    page,
    search_words,
)
from gem_sim.report.values import flat
from gem_sim.report.walk import Walks
from gem_sim.verdict import Verdict


class _Sort(NamedTuple):
    """What the filters know of a verdict; there are few different ones, however many verdicts there are."""

    verdict: str
    codes: tuple[str, ...]

    def values(self, kind: str) -> tuple[str, ...]:
        """Return the values of a filter that it has."""
        if kind == "verdict":
            return (self.verdict,)
        if kind == "code":
            return self.codes
        return tuple(dict.fromkeys(code.partition(".")[0] for code in self.codes)) if kind == "family" else ("e1",)


class Wanted(NamedTuple):
    """A question of the page: filter → values of which one must hold (none: all do), words to find, the first line.

    `place` is the number of a trajectory whose page is wanted, None where `start` says which.
    """

    values: Mapping[str, frozenset[str]]
    words: str
    start: int
    place: int | None


KINDS = ("verdict", "environment", "family", "code")


class Viewer:
    """Verdicts in files, and the trajectories they are about; memory holds a few bytes of each.

    Its methods may be called from several threads.

    Args:
        verdicts: Rows of `gem-sim verify --out`.
        conversations: The trajectories; None: only findings are shown.
        environment: Where they are replayed when somebody looks.

    Raises:
        InputError: If a file as a whole is unusable.
        FormatError: If a row is no verdict.
    """

    def __init__(self, verdicts: PagedRows, conversations: Conversations | None, environment: Environment) -> None:
        self._rows = verdicts
        self._conversations = conversations
        self._environment = environment
        self._context = context_of(environment)
        self._walks = Walks(environment)
        self._lock = Lock()
        self._found: tuple[str, bytes] = ("", b"")
        self._sorts: list[_Sort] = []
        self._sort_of = array("L")
        self._calls = 0
        self._tools: dict[str, Counter[str]] = {}
        self._errors: set[str] = set()
        self._scan()
        by_verdict: dict[str, array[int]] = {outcome: array("L") for outcome in OUTCOMES}
        for number, sort in enumerate(self._sort_of):
            by_verdict[self._sorts[sort].verdict].append(number)
        self._order = array("L", [number for outcome in OUTCOMES for number in by_verdict[outcome]])

    def _scan(self) -> None:
        known: dict[_Sort, int] = {}
        for place, row in self._rows.scan():
            if isinstance(row, FormatError):
                raise row
            verdict = verdict_of(row, place)
            sort = _Sort(verdict.verdict, tuple(sorted({finding.code for finding in verdict.findings})))
            self._sort_of.append(known.setdefault(sort, len(known)))
            self._calls += verdict.calls
            self._errors.update(finding.code for finding in verdict.findings if finding.severity == "error")
            for code, tool in {(finding.code, finding.tool) for finding in verdict.findings}:
                if tool in self._context.tools:
                    self._tools.setdefault(code, Counter())[tool] += 1
        self._sorts = list(known)

    def __len__(self) -> int:
        return len(self._sort_of)

    def page(self) -> str:
        """Return the page without its list, which it asks for."""
        counted = Counter(self._sort_of)
        outcomes: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        for sort, number in counted.items():
            outcomes[self._sorts[sort].verdict] += number
            codes.update(dict.fromkeys(self._sorts[sort].codes, number))
        numbers = Numbers(
            outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
            calls=self._calls,
            codes=code_views(codes, self._tools, self._errors),
            environments={"e1": len(self)},
            listed=len(self),
            unlisted={},
            bare=0,
        )
        return "".join(page([(self._context, self._walks.drawing)], numbers, remote=True))

    def rows(self, wanted: Wanted) -> dict[str, Json]:
        """Return what the page shows of the list: `rows` (n, v, h, b), `from`, `total`, `of` and `counts`."""
        found = self._found_by(wanted.words) if wanted.words else None
        numbers = self._sort_of if found is None else [s for s, has in zip(self._sort_of, found, strict=True) if has]
        counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        good: set[int] = set()
        for sort, number in Counter(numbers).items():
            values = {kind: self._sorts[sort].values(kind) for kind in KINDS}
            misses = [k for k in KINDS if wanted.values.get(k) and wanted.values[k].isdisjoint(values[k])]
            if not misses:
                good.add(sort)
            for kind in () if len(misses) > 1 else misses or KINDS:
                counts[kind].update(dict.fromkeys(values[kind], number))
        chosen = [n for n in self._order if self._sort_of[n] in good and (found is None or found[n])]
        start = wanted.start
        if wanted.place is not None and wanted.place - 1 in chosen:
            at = chosen.index(wanted.place - 1)
            start = at - at % PAGE
        lines: list[Json] = [self._line(number) for number in chosen[start : start + PAGE]]
        told: dict[str, Json] = {kind: dict(number) for kind, number in counts.items()}
        return {"rows": lines, "from": start, "total": len(chosen), "of": len(self), "counts": told}

    def _verdict(self, number: int) -> Verdict:
        with self._lock:
            place, row = self._rows.row(number)
        return verdict_of(row, place)

    def _line(self, number: int) -> dict[str, Json]:
        verdict = self._verdict(number)
        line = Line(
            number=number + 1,
            id=flat(verdict.id, 160),
            verdict=verdict.verdict,
            environment="e1",
            calls=verdict.calls,
            codes=dict(sorted(Counter(finding.code for finding in verdict.findings).items())),
            first=in_words(verdict.findings[0]) if verdict.findings else "",
            words="",
            body="",
            at=At("", 0),
        )
        return {"n": number + 1, "v": verdict.verdict, "h": line_html(line), "b": True}

    def body(self, number: int) -> str:
        """Return what opens below the line of a trajectory, by its number from 1: replayed now.

        Raises:
            IndexError: If there is no such trajectory.
        """
        if not 1 <= number <= len(self):
            raise IndexError(number)
        verdict = self._verdict(number - 1)
        why = "no file of trajectories was named (--with), so only the findings are here"
        with self._lock:
            try:
                trace = replayed_trace(verdict, self._conversations, self._environment).trace
            except GemSimError as error:
                trace, why = None, f"it cannot be replayed: {error}"
        if trace is None:
            if self._conversations is not None:
                why = "its trajectory is not in the files named, or cannot be replayed"
            return findings_only(verdict, why)
        return conversation(number, verdict, trace, self._environment, self._context, self._walks)

    def _found_by(self, words: str) -> bytes:
        """Return for each verdict 1 where the words are in its id or its findings; the last answer is kept."""
        with self._lock:
            if self._found[0] != words:
                self._found = words, bytes(self._search(words))
            return self._found[1]

    def _search(self, words: str) -> Iterator[bool]:
        # JSON may write these characters as escapes; parts without them stand in the line as they are.
        parts = [part for part in words.split() if part.isascii() and not set(part) & set('"\\/')]
        for number, text in enumerate(self._rows.texts()):
            folded = text.lower()
            if all(part in folded for part in parts):
                place, row = self._rows.row(number)
                yield words in search_words(verdict_of(row, place), None)
            else:
                yield False


def wanted_of(query: Mapping[str, Sequence[str]]) -> Wanted:
    """Return the question that the parts of an address ask; what they lack is not wanted.

    Raises:
        ValueError: If a number is none.
    """
    values = {kind: frozenset(query.get(kind, ())) for kind in KINDS}
    first: dict[str, Any] = {name: given[0] for name, given in query.items() if given}
    place = int(first["place"]) if "place" in first else None
    return Wanted(values, first.get("words", "").lower(), max(0, int(first.get("from", 0))), place)
