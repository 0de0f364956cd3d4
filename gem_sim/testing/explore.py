"""Explore an environment: calls in ever new states, led to the sites of the bodies that none has reached yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.task import Task
from gem_sim.testing.budget import Budget
from gem_sim.testing.lab import Lab, Made, Node, Taken, is_limit
from gem_sim.testing.probe import Site
from gem_sim.testing.values import Values, answers_for, properties_of

MOST_STEPS: Final = 20_000
_DEPTH: Final = 40
_NODES: Final = 400
_KEPT: Final = 40
_GOOD: Final = 8
_SPENT: Final = 5
# How often to look at the comparisons of a tool all of whose sites are reached.
_LOGGED: Final = 0.1
_WAITING: Final = 2000
_DAYS: Final = (1, 30, 400, -400)


@dataclass
class Explored:
    """What an exploration saw.

    `tried`, `succeeded`: calls by tool. `reached`: how often each site was reached, by its number. `calls`: how many
    in all. `stopped`: why it ended. `paths`: sessions worth running again, each a start and calls. `good`: by tool,
    some calls that succeeded.
    """

    sites: tuple[Site, ...]
    tried: Counter[str] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    reached: Counter[int] = field(default_factory=Counter)
    calls: int = 0
    stopped: str = ""
    paths: list[tuple[Task | None, tuple[Made, ...]]] = field(default_factory=list)
    good: dict[str, list[Made]] = field(default_factory=dict)

    def covered(self, *kinds: str) -> tuple[int, int]:
        """Return how many sites of these kinds were reached, and how many there are."""
        of_kind = [number for number, site in enumerate(self.sites) if site.kind in kinds]
        return sum(self.reached[number] > 0 for number in of_kind), len(of_kind)

    def unreached(self) -> list[Site]:
        """Return the sites that no call reached."""
        return [site for number, site in enumerate(self.sites) if not self.reached[number]]


def explore(
    lab: Lab,
    *,
    seeds: Iterable[tuple[Task | None, tuple[Made, ...]]] = (),
    starts: Iterable[Task] = (),
    seed: int = 0,
    steps: int = MOST_STEPS,
    seconds: float = 20.0,
    only_starts: bool = False,
    hints: Iterable[tuple[str, Json]] = (),
    until: Callable[[], bool] = lambda: False,
    watch: Callable[[Taken], object] = lambda _taken: None,
) -> Explored:
    """Try calls until nothing new comes up, the steps are used up or the time is; the same seed tries the same calls.

    Args:
        lab: The environment.
        seeds: Sessions to begin with, such as those of bundled trajectories.
        starts: Further tasks to start from.
        seed: Decides every draw.
        steps: The most calls.
        seconds: The most seconds of work (see `Budget`); where it ends a run, that is not repeatable to the last call.
        only_starts: Whether to begin at `starts` alone, not at the environment's own start and tasks.
        hints: Values to try for arguments of such a name.
        until: Ends the exploration when it answers True.
        watch: Is given every call that was tried.
    """
    explorer = _Explorer(lab, seed, watch)
    for name, value in hints:
        explorer.hint(name, value)
    roots = [lab.start(task) for task in starts]
    usual = [] if only_starts else [lab.start(task) for task in session_starts(lab.environment)]
    for node in (*usual, *roots):
        explorer.keep(node)
    return explorer.run(list(seeds), steps, Budget(seconds), until)


def session_starts(environment: Environment) -> Iterator[Task | None]:
    """Yield where sessions start: as the environment has it (None), on other days, and at its tasks."""
    yield None
    clock = datetime.fromisoformat(environment.clock)
    for days in _DAYS:
        moved = (clock + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        yield Task(id=f"clock-{days:+d}-days", clock=moved)
    yield from environment.tasks.values()


class _Explorer:
    def __init__(self, lab: Lab, seed: int, watch: Callable[[Taken], object]) -> None:
        self.lab, self.watch = lab, watch
        self.random = Random(seed)
        self.values = Values(lab.environment)
        self.explored = Explored(lab.sites)
        self.sites = {tool: [number for number, _ in lab.sites_of(tool)] for tool in lab.environment.tools}
        self.nodes: list[Node] = []
        self.known: set[str] = set()
        self.waiting: list[tuple[Node, Made]] = []
        # Tool → calls that reached something new, with where they were made.
        self.good: dict[str, list[tuple[Node, Made]]] = {tool: [] for tool in lab.environment.tools}
        self.results: dict[str, list[Json]] = {}
        self.last_new = 0
        # Calls by tool that hit a limit: they cost seconds each, and more of them show nothing new.
        self.spent: Counter[str] = Counter()

    def run(
        self,
        seeds: list[tuple[Task | None, tuple[Made, ...]]],
        steps: int,
        budget: Budget,
        until: Callable[[], bool],
    ) -> Explored:
        """Run the seeds, then step until one of the limits is met."""
        explored = self.explored
        for start, calls in seeds:
            self._run_seed(start, calls, budget)
        while True:
            patience = self._patience()
            if until():
                explored.stopped = "found what was looked for"
            elif explored.calls >= steps:
                explored.stopped = f"after {steps} calls"
            elif explored.calls - self.last_new > patience:
                explored.stopped = f"nothing new in {patience} calls"
            elif budget.spent():
                explored.stopped = "out of time"
            else:
                self._step()
                continue
            return explored

    def _patience(self) -> int:
        """Return after how many calls without anything new to stop: sooner where there is nothing left to reach."""
        sites = len(self.lab.sites)
        return 1000 + 10 * sites if len(self.explored.reached) == sites else 1500 + 30 * sites

    def hint(self, name: str, value: Json) -> None:
        """Note a value to try for arguments of that name, or of one that it ends in."""
        for tool in self.lab.environment.tools.values():
            for argument in properties_of(tool):
                if argument == name or argument.endswith(f"_{name}") or name.endswith(f"_{argument}"):
                    self.values.learn(tool.name, argument, value)

    def _run_seed(self, start: Task | None, calls: tuple[Made, ...], budget: Budget) -> None:
        node = self.lab.start(start)
        self.keep(node)
        for made in calls:
            if self.lab.accepts(made) and not budget.spent():
                node = self._take(node, made).after
        self.explored.paths.append((start, calls))

    def _step(self) -> None:
        """Try one call: one that a comparison asked for, a variation of a good one, or a fresh one."""
        random = self.random
        if self.waiting and random.random() < 0.6:
            node, made = self.waiting.pop(random.randrange(len(self.waiting)))
        else:
            tool = self._tool()
            if self.good[tool] and random.random() < 0.5:
                node, made = random.choice(self.good[tool])
                if random.random() < 0.4:
                    node = random.choice(self.nodes)
                made = self._varied(made, node)
            else:
                node = self._node()
                drawn = self.values.arguments(self.lab.environment.tools[tool], node.moment.state, random, self.results)
                made = Made(tool, drawn)
        if not self.lab.accepts(made) or self.spent[made.tool] >= _SPENT:
            # What cannot be called costs a step too, so that the search ends.
            self.explored.calls += 1
            return
        taken = self._take(node, made)
        if taken.succeeded and taken.changes and random.random() < 0.5:
            self._again(taken)

    def _open(self, tool: str) -> bool:
        """Tell whether a tool has sites that no call has reached."""
        return any(not self.explored.reached[number] for number in self.sites[tool])

    def _tool(self) -> str:
        """Draw a tool, those with unreached sites and those that rarely succeeded more often."""
        tools = list(self.lab.environment.tools)
        open_sites = Counter(site.tool for site in self.explored.unreached())
        weights = [1 + 3 * open_sites[tool] + (5 if not self.explored.succeeded[tool] else 0) for tool in tools]
        return self.random.choices(tools, weights)[0]

    def _node(self) -> Node:
        nodes = self.nodes
        return (
            nodes[-1 - min(int(self.random.expovariate(0.1)), len(nodes) - 1)]
            if self.random.random() < 0.4
            else self.random.choice(nodes)
        )

    def _varied(self, made: Made, node: Node) -> Made:
        """Return a call with one or two arguments drawn anew."""
        tool = self.lab.environment.tools[made.tool]
        arguments, schemas = dict(made.arguments), properties_of(tool)
        for argument in self.random.sample(sorted(schemas), min(len(schemas), self.random.choice((1, 1, 2)))):
            required = (tool.parameters or {}).get("required")
            if argument in arguments and self.random.random() < 0.2 and argument not in (required or []):  # type: ignore[operator]
                del arguments[argument]
            else:
                state = node.moment.state
                arguments[argument] = self.values.value(
                    tool, argument, schemas[argument], state, self.random, self.results
                )
        return Made(made.tool, arguments)

    def _again(self, taken: Taken) -> None:
        """Repeat a success where it led to: with the same arguments, then with one of them kept, up to some limit."""
        node, made = taken.after, taken.made
        kept = self.random.choice([*made.arguments, None]) if made.arguments else None
        for _ in range(self.random.choice((1, 3, 10))):
            drawn = dict(made.arguments)
            if kept is not None:
                fresh = self.values.arguments(
                    self.lab.environment.tools[made.tool], node.moment.state, self.random, self.results
                )
                drawn = {**fresh, kept: made.arguments[kept]}
            again = Made(made.tool, drawn)
            if self.lab.accepts(again) and self.spent[made.tool] < _SPENT:
                next_taken = self._take(node, again)
                node = next_taken.after if next_taken.succeeded else node
            else:
                self.explored.calls += 1

    def _take(self, node: Node, made: Made) -> Taken:
        """Try a call and learn from it."""
        explored = self.explored
        log = self._open(made.tool) or self.random.random() < _LOGGED
        taken = self.lab.try_call(node, made, log=log)
        explored.calls += 1
        explored.tried[made.tool] += 1
        explored.succeeded[made.tool] += taken.succeeded
        self.spent[made.tool] += is_limit(taken.fault)
        new = [site for site in taken.sites if not explored.reached[site]]
        explored.reached.update(taken.sites)
        self.watch(taken)
        if new:
            self.last_new = explored.calls
            self.good[made.tool] = [*self.good[made.tool][-_KEPT:], (node, made)]
            explored.paths.append((node.start, (*node.path(), made)))
        if taken.succeeded:
            good = explored.good.setdefault(made.tool, [])
            if new or len(good) < _GOOD:
                good.append(made)
            self.results[made.tool] = [*self.results.get(made.tool, [])[-20:], taken.content]
            if len(self.good[made.tool]) < 5:
                self.good[made.tool].append((node, made))
            if taken.changes:
                self.keep(taken.after)
        self._learn(taken)
        return taken

    def keep(self, node: Node) -> None:
        """Keep a node to go on from; of many, those that came late."""
        if node.depth > _DEPTH or node.moment.state.digest + node.moment.clock in self.known:
            return
        self.known.add(node.moment.state.digest + node.moment.clock)
        self.nodes.append(node)
        if len(self.nodes) > _NODES:
            del self.nodes[self.random.randrange(len(self.nodes) // 2)]

    def _learn(self, taken: Taken) -> None:
        """Queue the call anew with what its comparisons ask of its arguments."""
        open_here = self._open(taken.made.tool)
        for seen in taken.seen:
            for argument, value in taken.made.arguments.items():
                for answer in answers_for(value, seen.operands):
                    new = self.values.learn(taken.made.tool, argument, answer)
                    if new and open_here and len(self.waiting) < _WAITING:
                        made = Made(taken.made.tool, {**taken.made.arguments, argument: answer})
                        self.waiting.append((taken.node, made))
