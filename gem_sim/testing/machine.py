"""A Hypothesis state machine made from an environment: one rule a tool, bundles from the data edges.

A run starts where sessions do: as the environment is, on another day, or at a task. Arguments are drawn from the rows
of the current state, from the bundles, from what comparisons in the bodies asked of earlier arguments, from calls that
showed something new in a short exploration, and from the schemas. The oracles of `watch` must hold after every call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator.schema import is_valid
from gem_sim.task import Task
from gem_sim.testing.explore import explore, session_starts
from gem_sim.testing.lab import Lab, Made, Node
from gem_sim.testing.values import Field, answers_for, around, edges_of, fields_like, properties_of
from gem_sim.testing.watch import Conventions, Problem, Watch, conventions
from gem_sim.tool import Tool
from gem_sim.workflow import values_at

_SHOWN = 60
# How many calls to try for the arguments that show something new.
_TRIED = 6000


class Machine(RuleBasedStateMachine):
    """Calls of one environment's tools in any order; `state_machine` adds a rule for each tool."""

    lab: ClassVar[Lab]
    known: ClassVar[Conventions]
    likes: ClassVar[Mapping[str, tuple[Field, ...]]]
    edges: ClassVar[Mapping[tuple[str, str], list[tuple[str, str]]]]
    # Where runs start, by name: the first is the environment as it is.
    starts: ClassVar[Mapping[str, Task | None]]
    # Tool → arguments of calls that showed something new; None until they are looked for.
    telling: ClassVar[Mapping[str, Sequence[Mapping[str, Json]]] | None] = None
    # How often runs reached each site of the bodies, by its number.
    reached: ClassVar[Counter[int]]
    # The problem of the last run that had one: after a failure, that of the shrunk run.
    shown: ClassVar[Problem | None] = None
    # Keys of problems that are known already.
    ignored: ClassVar[frozenset[tuple[str, ...]]] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.node: Node = self.lab.start()
        self.watch = Watch(self.lab, self.known)
        self.drawn_from: dict[tuple[str, str], list[Json]] = {}
        self.learned: dict[tuple[str, str], list[Json]] = {}

    @initialize(start=st.runner().flatmap(lambda machine: st.sampled_from(list(machine.starts))))
    def begin(self, start: str) -> None:
        """Start from the environment as it is, on another day, or at a task."""
        self.node = self.lab.start(self.starts[start])

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Every oracle holds after every call so far."""
        for problem in self.watch.finish():
            if problem.finding.severity == "error" and problem.key not in self.ignored:
                type(self).shown = problem
                raise AssertionError(str(problem.finding))

    def call(self, tool: str, arguments: dict[str, Json]) -> None:
        """Make a call, go on from where it led, and keep what later calls can draw from."""
        made = Made(tool, arguments)
        if not self.lab.accepts(made):
            return
        taken = self.lab.try_call(self.node, made)
        self.watch(taken)
        self.reached.update(taken.sites)
        self.node = taken.after
        if taken.succeeded:
            for (consumer, argument), sources in self.edges.items():
                for producer, path in sources:
                    if producer == tool:
                        found = [value for value in values_at(taken.content, path) if value is not None]
                        self.drawn_from.setdefault((consumer, argument), []).extend(found[:5])
        for seen in taken.seen:
            for argument, value in arguments.items():
                known = self.learned.setdefault((tool, argument), [])
                known.extend(a for a in answers_for(value, seen.operands) if a not in known and len(known) < _SHOWN)

    def has_rows_for(self, tool: Tool) -> bool:
        """Tell whether the tables whose keys the tool must be given have rows; a call without any can only refuse."""
        required = (tool.parameters or {}).get("required")
        for argument in required if isinstance(required, list) else ():
            tables = [field.table for field in self.likes.get(str(argument), ()) if field.field is None]
            if tables and not any(self.node.moment.state.get(table) for table in tables):
                return False
        return True

    def arguments_of(self, tool: Tool) -> st.SearchStrategy[dict[str, Json]]:
        """Return a strategy for the arguments of a call made now."""
        required = (tool.parameters or {}).get("required")
        needed = set(required) if isinstance(required, list) else set()
        made = {name: self._values(tool.name, name, schema) for name, schema in properties_of(tool).items()}
        drawn = st.fixed_dictionaries(
            {name: values for name, values in made.items() if name in needed},
            optional={name: values for name, values in made.items() if name not in needed},
        )
        telling = [dict(arguments) for arguments in self._telling().get(tool.name, ())]
        return drawn | st.sampled_from(telling) if telling else drawn

    @classmethod
    def _telling(cls) -> Mapping[str, Sequence[Mapping[str, Json]]]:
        """Return tool → arguments of the calls with which a short exploration reached something new."""
        if cls.telling is None:
            found: dict[str, list[Mapping[str, Json]]] = {}
            # The steps end it, not the time, so that runs are the same on every machine.
            for _start, calls in explore(cls.lab, steps=_TRIED, seconds=600.0).paths:
                if calls and calls[-1].arguments not in found.setdefault(calls[-1].tool, []):
                    found[calls[-1].tool].append(calls[-1].arguments)
            cls.telling = found
        return cls.telling

    def _values(self, tool: str, argument: str, schema: Mapping[str, Json]) -> st.SearchStrategy[Json]:
        state = self.node.moment.state
        rows = [value for field in self.likes.get(argument, ())[:2] for value in _column(state, field)]
        sources = [rows, self.drawn_from.get((tool, argument), []), self.learned.get((tool, argument), [])]
        fitting = [[value for value in source if is_valid(schema, value)] for source in sources]
        return st.one_of(*(st.sampled_from(source) for source in fitting if source), self._fresh(schema))

    def _fresh(self, schema: Mapping[str, Json], depth: int = 0) -> st.SearchStrategy[Any]:
        """Return a strategy for what a schema describes, as far as its keywords are easy to follow."""
        options = schema.get("enum")
        if isinstance(options, list) and options:
            return st.sampled_from(options)
        if "const" in schema:
            return st.just(schema["const"])
        kinds = schema.get("type")
        kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
        constants = [constant.value for constant in self.lab.environment.constants.values()]
        near = [n for value in constants if type(value) in (int, float) for n in around(value)]
        if kind == "boolean":
            return st.booleans()
        if kind == "integer":
            return st.integers(-5, 10**6) | st.sampled_from([0, *(int(number) for number in near)])
        if kind == "number":
            return st.integers(-5, 10**6) | st.floats(-10, 10**6, width=32) | st.sampled_from([0, *near])
        if kind == "array" and depth < 3:
            items = schema.get("items")
            return st.lists(self._fresh(items if isinstance(items, dict) else {}, depth + 1), max_size=3)
        if kind == "object" and depth < 3:
            properties = schema.get("properties")
            inner = properties if isinstance(properties, dict) else {}
            return st.fixed_dictionaries(
                {name: self._fresh(one if isinstance(one, dict) else {}, depth + 1) for name, one in inner.items()}
            )
        if kind == "null":
            return st.none()
        pattern = schema.get("pattern")
        text = st.text(max_size=20) | st.dates().map(str)
        return text | st.from_regex(pattern) if isinstance(pattern, str) else text


def state_machine(environment: Environment) -> type[Machine]:
    """Return a Hypothesis state machine of an environment; its `TestCase` runs under pytest and unittest.

    The runs are the same each time (`derandomize`). A failure is shrunk by Hypothesis and printed as the calls that
    lead to it.

    Raises:
        InputError: If its tools are a host's own code.
    """
    arguments = {name for tool in environment.tools.values() for name in properties_of(tool)}
    inside: dict[str, Any] = {
        "lab": Lab(environment),
        "known": conventions(environment),
        "likes": {name: fields_like(environment, name) for name in arguments},
        "edges": edges_of(environment),
        "reached": Counter(),
        "starts": {"as it is" if task is None else task.id: task for task in session_starts(environment)},
        "__doc__": f"Calls of the tools of {environment.name} in any order.",
    }
    for name, tool in environment.tools.items():
        inside[f"call_{name}"] = _rule_of(tool)
    made: type[Machine] = type(f"{environment.name.title().replace('_', '')}Machine", (Machine,), inside)
    made.TestCase.settings = _settings(derandomize=True)
    return made


def _rule_of(tool: Tool) -> Any:
    def call_tool(self: Machine, arguments: dict[str, Json]) -> None:
        self.call(tool.name, arguments)

    call_tool.__name__ = f"call_{tool.name}"
    drawn = st.runner().flatmap(lambda machine: machine.arguments_of(tool))
    return precondition(lambda self: self.has_rows_for(tool))(rule(arguments=drawn)(call_tool))


def run_machine(
    environment: Environment,
    *,
    number: int = 0,
    examples: int = 25,
    ignore: frozenset[tuple[str, ...]] = frozenset(),
) -> Problem | None:
    """Run an environment's state machine; return the problem of the shrunk failure, None if nothing failed.

    `number` seeds the runs; `ignore` has the keys of problems that are known already.
    """
    machine = state_machine(environment)
    machine.ignored = ignore
    try:
        run_state_machine_as_test(seed(number)(machine), settings=_settings(examples=examples))
    except AssertionError:
        if machine.shown is None:
            raise
        return machine.shown
    return None


def _settings(*, examples: int = 50, derandomize: bool = False) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=derandomize,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )


def _column(state: Mapping[str, Mapping[str, Mapping[str, Json]]], field: Field) -> list[Json]:
    """Return values of a field, or the keys of the rows: first ones and, since calls made them, last ones."""
    table = state.get(field.table, {})
    keys = list(table)
    keys = keys[:_SHOWN] + keys[_SHOWN:][-_SHOWN:]
    found: list[Json] = [key if field.field is None else table[key].get(field.field) for key in keys]
    return [value for value in found if value is not None]
