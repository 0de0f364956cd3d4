"""How long, how varied and about what the trajectories of a data set are, beside the figures of the GEM paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gem_sim.canonical import Json
from gem_sim.refiner.complexity import complexity_of
from gem_sim.report.plots import Bars, Histogram, Mark, plot
from gem_sim.report.values import flat
from gem_sim.simulator import Replay
from gem_sim.trajectory import Trajectory

MEASURES = {"messages": "Messages", "tools": "Distinct tools called", "calls": "Tool calls"}
# Means per trajectory as the paper (arXiv 2601.10355, section on statistics) gives them for its data before and after
# refinement and for two others; what it does not give is not here.
PAPER: dict[str, dict[str, float]] = {
    "messages": {"GEM, first draft": 30.05, "GEM, refined": 46.1, "APIGen-MT": 18.5, "Toucan": 6.24},
    "tools": {"GEM, first draft": 5.01, "GEM, refined": 8.6},
    "calls": {"GEM, first draft": 7.83, "GEM, refined": 16.3, "APIGen-MT": 4.3},
}
# Shares in percent of the paper's source texts by task category.
CATEGORIES = {
    "customer support": 22.4,
    "research and data": 15.5,
    "e-learning": 12.1,
    "developer tools": 7.6,
    "e-commerce": 6.3,
    "search": 4.1,
    "databases": 3.7,
    "file systems": 3.0,
    "website control": 2.5,
    "multimedia": 2.4,
    "social media": 2.3,
    "security": 2.2,
    "communication": 2.2,
    "cloud": 1.8,
    "business intelligence": 1.7,
    "others": 10.3,
}
PATTERNS = {
    "error_recovery": "error recovery",
    "limit": "a limit is met",
    "clarification": "clarification",
    "multi_hop": "multi-hop reasoning",
    "several_at_once": "three tools in a turn",
}
_MOST_DOMAINS = 15
_KEYS = ("domain", "category", "environment")


class Shape(NamedTuple):
    """One trajectory in figures: messages, distinct tools called, calls.

    `patterns` is None where it was not replayed, since some of them show only then; `domain` says what it is about,
    None where nothing says so.
    """

    messages: int
    tools: int
    calls: int
    patterns: frozenset[str] | None
    domain: str | None


class Distributions:
    """The shapes of many trajectories. Memory is bounded by how much they differ, not by how many they are."""

    def __init__(self) -> None:
        self.number = 0
        self._values: dict[str, Counter[int]] = {name: Counter() for name in MEASURES}
        self._patterns: Counter[str] = Counter()
        self._replayed = 0
        self._domains: Counter[str] = Counter()

    def add(self, shape: Shape) -> None:
        """Count one trajectory."""
        self.number += 1
        for name, values in self._values.items():
            values[getattr(shape, name)] += 1
        if shape.patterns is not None:
            self._replayed += 1
            self._patterns.update(shape.patterns)
        if shape.domain is not None:
            self._domains[flat(shape.domain, 60)] += 1

    def numbers(self) -> dict[str, Any]:
        """Return what is plotted as numbers.

        Shape: `trajectories`; per measure (`messages`, `tools`, `calls`) `mean`, `median`, `least`, `most` and `paper`
        (whose → mean); `replayed`, `patterns` (name → share of the replayed, 0 to 1) and `domains` (name → share).
        """
        found: dict[str, Any] = {"trajectories": self.number}
        for name, values in self._values.items():
            found[name] = {**_spread(values), "paper": PAPER[name]}
        found["replayed"] = self._replayed
        found["patterns"] = {name: _share(self._patterns[name], self._replayed) for name in PATTERNS}
        named = self._domains.most_common()
        found["domains"] = {name: _share(number, self._domains.total()) for name, number in sorted(named, key=_order)}
        return found

    def svg(self) -> str:
        """Return the plots as one drawing, the same bytes for the same trajectories."""
        numbers = self.numbers()
        histograms = [
            Histogram(
                title,
                self._values[name],
                [Mark("this data set", numbers[name]["mean"]), *(Mark(*item) for item in PAPER[name].items())],
            )
            for name, title in MEASURES.items()
        ]
        shares = [(PATTERNS[name], 100 * share) for name, share in numbers["patterns"].items()]
        known = f"of {self._replayed:,} replayed; GEM asks for three" if self._replayed else "unknown without a replay"
        domains = [(name, 100 * share) for name, share in numbers["domains"].items()]
        rest = sum(share for _, share in domains[_MOST_DOMAINS:])
        domains = [*domains[:_MOST_DOMAINS], *([("others", rest)] if rest else [])]
        bars = [
            Bars("Patterns", f"share {known}", shares, ours=True),
            Bars("What they are about", "share of trajectories, by environment or domain", domains, ours=True),
            Bars("GEM's source texts", "share of texts, by task category", [*CATEGORIES.items()], ours=False),
        ]
        trajectories = "trajectory" if self.number == 1 else "trajectories"
        return plot(f"{self.number:,} {trajectories} beside the figures of the GEM paper", histograms, bars)

    def table(self) -> str:
        """Return the figures as an HTML table, for who cannot see the drawing."""
        names = ["this data set", *PAPER["messages"]]
        head = "".join(f'<th scope="col">{name}' for name in ("mean per trajectory", *names))
        rows = []
        numbers = self.numbers()
        for name, title in MEASURES.items():
            given = {"this data set": round(numbers[name]["mean"], 2), **PAPER[name]}
            cells = "".join(f"<td>{given.get(one, '')}" for one in names)
            rows.append(f'<tr><th scope="row">{title}{cells}</tr>')
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f"{self.svg()}{self.table()}"


def distributions(trajectories: Iterable[Trajectory | Replay]) -> Distributions:
    """Return the distributions of a data set; a notebook shows them as a drawing.

    Args:
        trajectories: Trajectories, or replays of them; patterns are counted among replays only. What one is about is
            the title of the environment it was replayed in, else what its row has as `domain`, `category` or
            `environment`.
    """
    found = Distributions()
    for item in trajectories:
        found.add(_of_replay(item) if isinstance(item, Replay) else _of_trajectory(item))
    return found


def _of_replay(replay: Replay) -> Shape:
    shape = complexity_of(replay)
    environment = replay.environment
    return Shape(shape.messages, shape.tools, shape.calls, shape.patterns, environment.title or environment.name)


def _of_trajectory(trajectory: Trajectory) -> Shape:
    tools = [placed.call.tool for placed in trajectory.calls()]
    domain = next((value for key in _KEYS if isinstance(value := trajectory.extra.get(key), str)), None)
    return Shape(len(trajectory.messages), len(set(tools)), len(tools), None, domain)


def shape_of_trace(trace: Mapping[str, Json], domain: str) -> Shape:
    """Return the shape of what `engine.sight` (or `simulator.trace`, then without patterns) says of a replay."""
    known: Any = trace
    tools = [call["tool"] for call in known["calls"]]
    patterns = frozenset(known["patterns"]) if "patterns" in known else None
    return Shape(len(known["messages"]), len(set(tools)), len(tools), patterns, domain)


def _spread(values: Counter[int]) -> dict[str, float]:
    number = values.total()
    if not number:
        return {"mean": 0.0, "median": 0, "least": 0, "most": 0}
    mean = sum(value * times for value, times in values.items()) / number
    middle = [_at(values, place) for place in ((number - 1) // 2, number // 2)]
    return {"mean": mean, "median": sum(middle) / 2, "least": min(values), "most": max(values)}


def _at(values: Counter[int], place: int) -> int:
    """Return the value at a place, from 0, were all of them in order."""
    for value in sorted(values):
        place -= values[value]
        if place < 0:
            return value
    raise IndexError(place)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _order(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
