"""Calls tried from any moment: what each one did, where its body went, and the path that led there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from jsonschema_rs import Draft202012Validator

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, LimitError, StubError
from gem_sim.sandbox import Limits, Moment
from gem_sim.simulator.executor import executor_of
from gem_sim.simulator.schema import validator
from gem_sim.state import Row
from gem_sim.task import Task
from gem_sim.testing.probe import Seen, Site, probed, told
from gem_sim.tool import Tool, ToolCall, default_of

# A body that makes copies without end is a fault we look for; a tenth of what a session allows finds it sooner.
LIMITS = Limits(fuel=1_000_000, seconds=10.0)


class Made(NamedTuple):
    """A call that a check makes: a tool and its arguments."""

    tool: str
    arguments: Mapping[str, Json]

    def as_call(self, number: int = 1) -> ToolCall:
        """Return it as a call of a trajectory."""
        return ToolCall(id=f"call_{number}", tool=self.tool, arguments=dict(self.arguments))


class Node(NamedTuple):
    """A moment and how it came about: a start (None: the environment's own), or a call made at an earlier node."""

    moment: Moment
    start: Task | None
    before: Node | None
    made: Made | None
    depth: int

    def path(self) -> tuple[Made, ...]:
        """Return the calls from the start to here."""
        calls: list[Made] = []
        node: Node | None = self
        while node is not None and node.made is not None:
            calls.append(node.made)
            node = node.before
        return tuple(reversed(calls))


class Taken(NamedTuple):
    """A call that was tried at a node and what it did.

    `after` is the node behind it (the same moment where the tool refused or broke). `refusal` None: it did not
    refuse; `fault` None: it did not break. `changes` is table → key → row, None for a row removed.
    """

    node: Node
    made: Made
    content: Json
    refusal: str | None
    fault: StubError | None
    changes: Mapping[str, Mapping[str, Row | None]]
    new_ids: tuple[str, ...]
    sites: tuple[int, ...]
    seen: tuple[Seen, ...]
    after: Node

    @property
    def succeeded(self) -> bool:
        """Whether it neither refused nor broke."""
        return self.refusal is None and self.fault is None


class Lab:
    """An environment made ready for trying calls.

    Args:
        environment: Its stubs are run as they are, and in a probed copy.
        seed: Decides the ids that calls make.

    Raises:
        InputError: If its tools are not stubs but a host's own code.
    """

    def __init__(self, environment: Environment, *, seed: int = 0) -> None:
        if environment.opener is not None:
            cure = "check the environment whose tools have bodies"
            raise InputError(f"the tools of {environment.name!r} are a host's own code", cure=cure)
        self.environment = environment
        self.seed = seed
        self.probed, self.sites = probed(environment, log=True)
        self._unlogged = probed(environment, log=False).environment
        self.rules = {name: rule.text for name, rule in environment.rules.items()}

    @cached_property
    def arguments(self) -> dict[str, Draft202012Validator]:
        """Tool → validator of its arguments."""
        return {name: validator(tool.parameters or {}) for name, tool in self.environment.tools.items()}

    @cached_property
    def returns(self) -> dict[str, Draft202012Validator | None]:
        """Tool → validator of its result, None where none is declared."""
        tools = self.environment.tools.items()
        return {name: None if tool.returns is None else validator(tool.returns) for name, tool in tools}

    def sites_of(self, tool: str) -> list[tuple[int, Site]]:
        """Return the numbered sites of a tool."""
        return [(number, site) for number, site in enumerate(self.sites) if site.tool == tool]

    def start(self, task: Task | None = None) -> Node:
        """Return the node a session would start from."""
        clock = self.environment.clock_of(task)
        return Node(Moment(self.environment.initial_state(task), clock, {}, self.seed), task, None, None, 0)

    def accepts(self, made: Made) -> bool:
        """Tell whether a call would reach the tool's body."""
        tool = self.environment.tools.get(made.tool)
        stub = self.environment.stubs.get(made.tool)
        if tool is None or stub is None or not made.arguments.keys() <= stub.names.keys():
            return False
        return self.arguments[made.tool].is_valid(dict(made.arguments))

    def try_call(self, node: Node, made: Made, *, plain: bool = False, log: bool = True) -> Taken:
        """Try a call at a node; its arguments must be acceptable.

        `plain` runs the stub itself, without its probe; without `log` no comparison tells its operands, which is
        quicker.
        """
        environment = self.environment if plain else self.probed if log else self._unlogged
        parameters = parameters_of(environment.tools[made.tool], environment.stubs[made.tool].names, made.arguments)
        try:
            outcome = executor_of(environment).call(made.tool, parameters, node.moment, LIMITS)
        except StubError as fault:
            if not plain:
                # The probe costs fuel and moves lines, so only the stub's own fault counts.
                return self.try_call(node, made, plain=True)
            after = node._replace(before=node, made=made, depth=node.depth + 1)
            return Taken(node, made, None, None, fault, {}, (), (), (), after)
        said = told(outcome.content, outcome.refusal, self.rules)
        moment = node.moment._replace(state=outcome.state, ids=outcome.ids)
        after = Node(moment, node.start, node, made, node.depth + 1)
        return Taken(
            node, made, said.content, said.refusal, None, outcome.changes, outcome.made, said.sites, said.seen, after
        )

    def run(self, start: Task | None, calls: tuple[Made, ...], *, plain: bool = False) -> list[Taken]:
        """Run calls from a start; those that would not reach a body are left out."""
        node, taken = self.start(start), []
        for made in calls:
            if self.accepts(made):
                taken.append(self.try_call(node, made, plain=plain))
                node = taken[-1].after
        return taken


def parameters_of(tool: Tool, names: Mapping[str, str], arguments: Mapping[str, Json]) -> dict[str, Json]:
    """Return arguments by the names of the stub's parameters, absent ones with their defaults."""
    given = {argument: arguments.get(argument, default_of(tool, argument)) for argument in names}
    return {names[argument]: value for argument, value in given.items()}


def is_limit(fault: StubError | None) -> bool:
    """Tell whether a fault is a limit that was hit."""
    return isinstance(fault, LimitError)
