"""A scripted expert: a plan for a task from its expected end, the state and the workflows, without any model.

The expert knows what no agent may know, the end that the task expects and the whole state; it shows that a task can be
done, and is the ceiling that a model is measured against. It does not read the environment's recorded trajectories.

It works backwards. For an expectation it looks for a call that brings it about, trying calls on forks of the session.
Before that call it puts what the workflows ask for, and for each argument the call whose answer shows it, down to what
the user says; each step is kept only if the checks of order and provenance find nothing wrong with it. It asks the user
before each write, as the environments' own checks want, and is done when the whole conversation passes `verify`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, permutations, product
from typing import Final, NamedTuple

from gem_sim.adapters.answers import answer_message, shown, told
from gem_sim.adapters.candidates import Candidates, Related, Rows, said_in
from gem_sim.adapters.rewards import passes
from gem_sim.adapters.users import ScriptedUser
from gem_sim.canonical import Json, freeze, same_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.message import Message
from gem_sim.simulator import Session, replay
from gem_sim.state import Row, State
from gem_sim.task import Expectation, Task
from gem_sim.testing.values import properties_of
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding
from gem_sim.verifier import order, provenance, verify
from gem_sim.verifier.goal import holds_in, matching
from gem_sim.workflow import Dependency, Step, Workflow, values_at

_DEPTH: Final = 5
# A little of everything is tried before much of anything.
_SHARES: Final = (40, 400, 2500)
_HITS: Final = 6
_WAYS: Final = 6
_ORDERS: Final = 6
# How many calls a plan may cost to find, a check of the conversation counted as so many.
_BUDGET: Final = 30_000
_CHECK: Final = 20


class Need(NamedTuple):
    """What must have happened before a call.

    An answer of `tool` (None: of any tool that reads) has each of `at`, path → value (the path `*`: anywhere), from a
    call whose arguments are like `same`; or, with `fact`, the user has told it.
    """

    tool: str | None
    at: tuple[tuple[str, Json], ...]
    same: Mapping[str, Json]
    fact: str | None = None


class Course(NamedTuple):
    """A conversation so far: the session behind it, its messages, the calls with their answers, what is to be told."""

    session: Session
    messages: tuple[Message, ...]
    answers: tuple[tuple[ToolCall, Json], ...] = ()
    untold: str = ""


def expert_messages(environment: Environment, task: str | Task, *, seed: int = 0) -> tuple[Message, ...] | None:
    """Return a conversation that does a task and passes `verify`, None where the expert finds none.

    It plans for what the task's `expect` lists; a task that gives its `end` alone has no plan.

    Raises:
        InputError: If the environment has no such task, or its tools are a host's own code.
    """
    if environment.opener is not None:
        raise InputError(
            f"the tools of {environment.name!r} are a host's own code, which cannot be tried on forks",
            cure="use an environment whose tools have bodies",
        )
    found = environment.task_of(task)
    assert found is not None
    # One planner for all orders, so that they share the budget.
    planner = _Planner(environment, found, seed)
    for wanted in islice(permutations(found.expect), _ORDERS):
        messages = planner.solve(wanted)
        if messages is not None:
            return messages
    return None


class _Planner:
    def __init__(self, environment: Environment, task: Task, seed: int) -> None:
        self.environment = environment
        self.task = task
        self.seed = seed
        self.user = ScriptedUser(environment, task)
        self.said = said_in(task.instruction)
        self.candidates = Candidates(environment, self.said)
        self.rows: dict[str, Rows] = {}
        self.left = _BUDGET

    def start(self) -> Course:
        messages: list[Message] = []
        if self.environment.policy:
            messages.append(Message(role="system", content="\n".join(self.environment.policy)))
        messages.append(Message(role="user", content=self.user.instruction))
        return Course(Session(self.environment, seed=self.seed, task=self.task), tuple(messages))

    def solve(self, wanted: Sequence[Expectation]) -> tuple[Message, ...] | None:
        """Return a conversation that passes, the expectations brought about in this order where that can be."""
        course = self.start()
        waiting = [one for one in wanted if not self._holds(one, course)]
        for _ in range(2 * len(wanted)):
            tries = ((one, strictly) for strictly in (True, False) for one in waiting)
            further = next(filter(None, (self._bring_about(course, one, strictly=way) for one, way in tries)), None)
            if further is None:
                break
            course = further
            waiting = [one for one in wanted if not self._holds(one, course)]
        if waiting:
            return None
        closing = Message(role="assistant", content=f"{course.untold} That is all done.".strip())
        trajectory = self._trajectory((*course.messages, closing))
        replayed = replay(trajectory, self.environment, task=self.task)
        return trajectory.messages if passes(replayed, verify(replayed)) else None

    def _bring_about(self, course: Course, wanted: Expectation, *, strictly: bool) -> Course | None:
        """Return the course with an expectation met, one call and what it needs later.

        `strictly` keeps all that holds; else it may have to be brought about again.
        """
        held = [one for one in self.task.expect if strictly and self._holds(one, course)]
        where = wanted.arguments if wanted.tool is not None else wanted.where
        fixed = where if wanted.tool is not None else {}
        rows = self._related(course, [*self.said, *where.values(), *self._matched(wanted, course)])

        def does_it(tried: Course) -> bool:
            return all(self._holds(one, tried) for one in (*held, wanted))

        drawn = self._drawn(self._tools_for(wanted), fixed, where, rows)
        return self._first(course, drawn, does_it, _DEPTH)

    def _drawn(
        self, tools: list[Tool], fixed: Mapping[str, Json], same: Mapping[str, Json], rows: list[Related]
    ) -> Iterator[tuple[str, dict[str, Json]]]:
        for share in _SHARES:
            for tool in tools:
                for arguments in self.candidates.calls(tool, fixed, same, rows, share):
                    yield tool.name, arguments

    def _first(
        self,
        course: Course,
        drawn: Iterator[tuple[str, dict[str, Json]]],
        does_it: Callable[[Course], bool],
        depth: int,
    ) -> Course | None:
        """Return the course with the first call that does what is wanted and can be supported."""
        known = set()
        hits = 0
        for tool, arguments in drawn:
            name = tool, freeze(arguments)
            if name in known:
                continue
            known.add(name)
            if self.left < 0:
                return None
            tried = self._tried(course, tool, arguments)
            if tried is None or not does_it(tried):
                continue
            further = self._supported(course, tool, arguments, depth)
            hits += 1
            if further is not None or hits >= _HITS:
                return further
        return None

    def _tools_for(self, wanted: Expectation) -> list[Tool]:
        if wanted.tool is not None:
            return [tool for tool in self.environment.tools.values() if tool.name == wanted.tool]
        tools = [tool for tool in self.environment.tools.values() if tool.effect != "read"]
        writers = [tool for tool in tools if tool.writes is None or wanted.table in tool.writes]
        return sorted(writers, key=lambda tool: len(properties_of(tool)))

    def _matched(self, wanted: Expectation, course: Course) -> list[str]:
        """Return the keys of the rows that are most like the one expected."""
        state = course.session.state
        rows: Mapping[str, Row] = state.get(wanted.table or "", {})
        fits = {key: matching(rows[key], wanted.where) for key in rows}
        best = max(fits.values(), default=0)
        return [key for key, fit in fits.items() if fit == best > 0][:_HITS]

    def _supported(self, course: Course, tool: str, arguments: Mapping[str, Json], depth: int) -> Course | None:
        """Return the course with a call and with all that it needs before it, None where there is no way."""
        made = self._made(course, tool, arguments)
        if made is None:
            return None
        faults = self._faults(made)
        if not faults:
            return made
        if depth == 0:
            return None
        for way in islice(self._ways(tool, arguments, faults), _WAYS):
            further: Course | None = course
            for need in way:
                further = None if further is None else self._met(further, need, depth - 1)
            # What order hides, a value that nothing has shown, is seen only once the order is right.
            made = (
                None if further is None or further is course else self._supported(further, tool, arguments, depth - 1)
            )
            if made is not None:
                return made
        return None

    def _ways(self, tool: str, arguments: Mapping[str, Json], faults: list[Finding]) -> Iterator[list[Need]]:
        """Yield lists of what is needed before a call, one for each step of a workflow that the call may be."""
        unsourced = dict.fromkeys(one.argument or "" for one in faults if _is_about_source(one))
        loose: list[Json] = [arguments[name] for name in unsourced if name in arguments]
        facts = {name: value for name, value in self.user.facts.items() if _among(value, loose)}
        told_first = [Need(None, (), {}, name) for name in facts]
        loose = [value for value in loose if not _among(value, list(facts.values()))]
        shown_first = [Need(None, (("*", value),), {}) for value in loose]
        if not any(one.code.startswith("order.") for one in faults) and (told_first or shown_first):
            yield [*told_first, *shown_first]
        for workflow in self.environment.workflows:
            for step in workflow.steps:
                if step.tool == tool:
                    for needs in _needs_of(workflow, step, arguments):
                        covered = [value for need in needs for _, value in need.at]
                        rest = [need for need in shown_first if need.at[0][1] not in covered]
                        yield [*told_first, *needs, *rest]
                        if told_first or rest:
                            yield needs

    def _met(self, course: Course, need: Need, depth: int) -> Course | None:
        """Return the course with a need met, as it is where it is met already."""
        if need.fact is not None:
            return self._asked(course, need.fact)
        if any(_shows(need, call, content) for call, content in course.answers):
            return course
        rows = self._related(course, [*(value for _, value in need.at), *need.same.values(), *self.said])
        tools = [need.tool] if need.tool is not None else self._readers(need, course)
        drawn = self._drawn([self.environment.tools[name] for name in tools], {}, need.same, rows)
        return self._first(course, drawn, lambda tried: _shows(need, *tried.answers[-1]), depth)

    def _readers(self, need: Need, course: Course) -> list[str]:
        """Return the tools that read, first those that read a table which has the value as a key."""
        state = course.session.state
        keyed = {table for table in state for _, value in need.at if isinstance(value, str) and value in state[table]}
        readers = [tool for tool in self.environment.tools.values() if tool.effect == "read"]
        return [one.name for one in sorted(readers, key=lambda tool: not keyed & set(tool.reads or ()))]

    def _asked(self, course: Course, fact: str) -> Course | None:
        text = f"{course.untold} May I have your {fact.replace('_', ' ')}?".strip()
        return self._talked(course, text)

    def _talked(self, course: Course, text: str) -> Course | None:
        """Return the course with something said to the user and the user's reply, None if there is none."""
        messages = (*course.messages, Message(role="assistant", content=text))
        reply = self.user.reply(messages)
        if reply is None:
            return None
        return course._replace(messages=(*messages, Message(role="user", content=reply)), untold="")

    def _tried(self, course: Course, tool: str, arguments: Mapping[str, Json]) -> Course | None:
        """Return the course with a bare call, None where it is refused or the budget is used up."""
        self.left -= 1
        if self.left < 0:
            return None
        call = ToolCall(id=f"call_{len(course.answers) + 1}", tool=tool, arguments=dict(arguments))
        session = course.session.fork()
        try:
            result = session.call(call)
        except StubError:
            return None
        if result.is_error:
            return None
        return course._replace(session=session, answers=(*course.answers, (call, shown(result.content))))

    def _made(self, course: Course, tool: str, arguments: Mapping[str, Json]) -> Course | None:
        """Return the course with a call, asked for before if it writes, and its answer."""
        if self.environment.tools[tool].effect != "read":
            question = f"{course.untold} Shall I call {tool}{_spelled(arguments)}?".strip()
            asked = self._talked(course, question)
            if asked is None:
                return None
            course = asked
        tried = self._tried(course, tool, arguments)
        if tried is None:
            return None
        call, content = tried.answers[-1]
        messages = (Message(role="assistant", tool_calls=(call,)), answer_message(call, content))
        untold = f"{course.untold} {told(content)}" if self.environment.tools[tool].effect != "read" else course.untold
        return tried._replace(messages=(*course.messages, *messages), untold=untold.strip())

    def _faults(self, course: Course) -> list[Finding]:
        """Return what order and provenance find wrong with the last call."""
        self.left -= _CHECK
        replayed = replay(self._trajectory(course.messages), self.environment, task=self.task)
        last = len(replayed.calls)
        found = verify(replayed, (order.steps, provenance.unsupported), digest=False).findings
        return [finding for finding in found if finding.call == last and finding.severity == "error"]

    def _trajectory(self, messages: tuple[Message, ...]) -> Trajectory:
        return Trajectory(id=self.task.id, messages=messages, task=self.task.id)

    def _related(self, course: Course, values: list[Json]) -> list[Related]:
        state: State = course.session.state
        if state.digest not in self.rows:
            self.rows = {state.digest: Rows(state)}
        return self.rows[state.digest].related(values)

    def _holds(self, wanted: Expectation, course: Course) -> bool:
        if wanted.tool is None:
            return holds_in(wanted, course.session.state)
        return any(
            call.tool == wanted.tool and matching(call.arguments, wanted.arguments) == len(wanted.arguments)
            for call, _ in course.answers
        )


def _needs_of(workflow: Workflow, step: Step, arguments: Mapping[str, Json]) -> Iterator[list[Need]]:
    """Yield what a step needs, once for each choice among its alternatives; data from one step is one need."""
    tools = {one.id: one.tool for one in workflow.steps}
    for edges in product(*step.groups):
        needs: dict[str, list[Dependency]] = {}
        for edge in edges:
            needs.setdefault(edge.before, []).append(edge)
        made = []
        for before, own in needs.items():
            at = tuple((e.path or "", arguments[e.argument]) for e in own if e.argument in arguments and e.argument)
            made.append(Need(tools[before], at, arguments))
        # Who it is about comes first: a workflow names steps in the order in which one would take them.
        yield sorted(made, key=lambda need: list(tools.values()).index(need.tool or ""))


def _shows(need: Need, call: ToolCall, content: Json) -> bool:
    """Tell whether a call and its answer are what a need asks for."""
    if need.tool is not None and call.tool != need.tool:
        return False
    if not need.at:
        shared = need.same.keys() & call.arguments.keys()
        return all(same_json(need.same[name], call.arguments[name]) for name in shared)
    for path, value in need.at:
        found = list(_leaves(content)) if path == "*" else values_at(content, path)
        if not any(same_json(value, one) for one in found):
            return False
    return True


def _leaves(content: Json) -> Iterator[Json]:
    if isinstance(content, dict):
        for value in content.values():
            yield from _leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value)
    else:
        yield content


def _among(value: Json, values: Sequence[Json]) -> bool:
    return any(same_json(value, one) for one in values)


def _is_about_source(finding: Finding) -> bool:
    return finding.code.startswith("provenance.") or finding.code == "order.data_edge"


def _spelled(arguments: Mapping[str, Json]) -> str:
    # Numbers are left out: said beside a name, they read as statements about something.
    texts = [
        f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items() if type(value) is str
    ]
    return f" with {', '.join(texts)}" if texts else ""
