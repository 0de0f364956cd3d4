"""Two workspaces made of the same texts, side by side: what passed, how complex it is, what it took."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from gem_sim.errors import InputError
from gem_sim.formats import read_trajectories
from gem_sim.pipeline.ledger import FILE, Ledger


class Line(NamedTuple):
    """A workspace in numbers, over the texts that all of them had.

    `passed` counts the texts that gave an environment; tokens are read and written ones, `cost` is in US dollars, both
    of everything that was tried. `messages`, `calls` and distinct `tools` are means of the accepted trajectories, None
    without any.
    """

    name: str
    texts: int
    passed: int
    accepted: int
    messages: float | None
    calls: float | None
    tools: float | None
    tokens: int
    seconds: float
    cost: float

    @property
    def share(self) -> float:
        """The share of the texts that passed."""
        return self.passed / self.texts if self.texts else 0.0

    def each(self, amount: float) -> float | None:
        """Return an amount divided among the accepted trajectories, None without any."""
        return amount / self.accepted if self.accepted else None


def compare(workspaces: Sequence[Path]) -> list[Line]:
    """Return a line for each workspace, over the texts that the filter kept in all of them.

    Raises:
        InputError: If one has no ledger, or they have no text in common.
    """
    kept = [_texts(workspace) for workspace in workspaces]
    common = set.intersection(*(set(texts) for texts in kept))
    if not common:
        raise InputError(
            "the workspaces have no text in common",
            file=str(workspaces[0]),
            cure="make them of the same texts, by synthesize and by synthesizer generate",
        )
    return [_line(workspace, texts, common) for workspace, texts in zip(workspaces, kept, strict=True)]


def _texts(workspace: Path) -> dict[str, str]:
    """Return the texts that the filter kept, each with its item."""
    if not (workspace / FILE).is_file():
        raise InputError(f"the folder has no {FILE}", file=str(workspace), cure="write it with gem-sim synthesize")
    with Ledger(workspace) as ledger:
        return {ledger.text(item)[0]: item for item in ledger.kept("filter")}


def _line(workspace: Path, texts: dict[str, str], common: set[str]) -> Line:
    items = {texts[text] for text in common}
    passed: list[str] = []
    tokens, seconds, cost = 0, 0.0, 0.0
    with Ledger(workspace) as ledger:
        for item in sorted(items):
            for _, attempt in ledger.attempts(item):
                tokens += attempt.tokens_in + attempt.tokens_out
                seconds += attempt.seconds
                cost += attempt.cost
    for item, environment in _environments(workspace):
        if item in items:
            passed.append(environment)
    found = [one for name in passed for one in _accepted(workspace / "environments" / name)]
    means = [mean(values) for values in zip(*found, strict=True)]
    messages, calls, tools = means if means else (None, None, None)
    return Line(workspace.name, len(items), len(passed), len(found), messages, calls, tools, tokens, seconds, cost)


def _environments(workspace: Path) -> Iterator[tuple[str, str]]:
    """Yield item and environment of what was placed."""
    query = (
        "SELECT item, json_extract(result, '$.environment') FROM outcomes "
        "WHERE stage = 'validate' AND outcome = 'kept' ORDER BY item"
    )
    database = sqlite3.connect(f"file:{workspace / FILE}?mode=ro", uri=True)
    try:
        yield from database.execute(query).fetchall()
    finally:
        database.close()


def _accepted(folder: Path) -> Iterator[tuple[int, int, int]]:
    """Yield messages, calls and distinct tools of each trajectory of an environment."""
    for trajectory in read_trajectories(folder / "trajectories.jsonl"):
        called = [placed.call.tool for placed in trajectory.calls()]
        yield len(trajectory.messages), len(called), len(set(called))


def comparison_table(lines: Sequence[Line]) -> str:
    """Return the lines as one table, a column for each workspace."""
    rows: list[tuple[str, list[str]]] = [
        ("texts", [str(line.texts) for line in lines]),
        ("passed", [f"{line.passed} ({line.share:.0%})" for line in lines]),
        ("trajectories accepted", [str(line.accepted) for line in lines]),
        ("messages, mean", [_shown(line.messages, 1) for line in lines]),
        ("calls, mean", [_shown(line.calls, 1) for line in lines]),
        ("distinct tools, mean", [_shown(line.tools, 1) for line in lines]),
        ("tokens", [str(line.tokens) for line in lines]),
        ("tokens per accepted", [_shown(line.each(line.tokens), 0) for line in lines]),
        ("seconds per accepted", [_shown(line.each(line.seconds), 2) for line in lines]),
        ("dollars per accepted", [_shown(line.each(line.cost), 4) for line in lines]),
    ]
    head = f"{'':<24}" + "".join(f"{line.name[:18]:>20}" for line in lines)
    return "\n".join([head, *(f"{name:<24}" + "".join(f"{value:>20}" for value in values) for name, values in rows)])


def _shown(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
