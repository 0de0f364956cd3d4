"""Family `order`: calls against the steps of the declared workflows.

A call is fine if any step that uses its tool is fine: its condition holds, what must come before was done for the same
entity, its arguments come from where the workflow says, and it is not repeated beyond what is allowed. Only calls
that execution lets pass are judged: what the tool itself refused took no effect, and running into a refusal is part
of ordinary conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from gem_sim.canonical import Json, freeze, show
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.compare import error_key
from gem_sim.simulator.condition import holds
from gem_sim.simulator.dataflow import identifying
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.entity import PLAIN, call_text, differing, entity_of, missing_call
from gem_sim.verifier.place import place_of, tools_called
from gem_sim.verifier.prefix import smallest_prefix
from gem_sim.verifier.stated import words_of
from gem_sim.workflow import Dependency, Step, Workflow, values_at

# An argument that is none of these has one value, which one call gives.
_NO_SINGLE = (list, dict, type(None))


class Problem(NamedTuple):
    """Why a step does not allow a call; the fields are those of the Finding it becomes."""

    code: str
    message: str
    argument: str | None
    evidence: dict[str, Json]
    severity: Severity = "error"


class Judgement(NamedTuple):
    """A call and the step it is taken for, with what that step has against it.

    `workflow` and `step` are ids, None where no step uses the tool; `problems` is empty for a call in order, and for
    one that was refused.
    """

    call: ReplayedCall
    workflow: str | None
    step: str | None
    problems: tuple[Problem, ...]


def steps(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call that no step of its tool allows at that moment.

    `evidence.smallest_prefix` numbers the fewest calls that, replayed alone, still show it.
    """
    if not replay.environment.workflows or not _may_object(replay.environment, tools_called(replay)):
        return
    for index, judged in enumerate(judge(replay)):
        for problem in judged.problems:
            prefix: list[Json] = list(smallest_prefix(replay, index, partial(_shows, problem)))
            yield Finding(
                code=problem.code,
                severity=problem.severity,
                argument=problem.argument,
                message=problem.message,
                evidence={**problem.evidence, "smallest_prefix": prefix},
                **place_of(judged.call),
            )


def _shows(problem: Problem, shorter: Replay) -> bool:
    """Tell whether the last call of a shorter replay has the same problem."""
    *_, last = _judgements(shorter, from_=len(shorter.calls) - 1)
    return (problem.code, problem.argument) in {(other.code, other.argument) for other in last.problems}


def judge(replay: Replay) -> tuple[Judgement, ...]:
    """Return for every call which step it is taken for, and what that step has against it.

    Of several steps it is taken for one that allows it, in the workflow that uses most of the trajectory's tools;
    else for the one that has least against it.
    """
    return tuple(_judgements(replay))


def _judgements(replay: Replay, from_: int = 0) -> Iterator[Judgement]:
    """Yield the judgements of the calls from an index on, each by the calls before it."""
    candidates = _ranked(replay.environment, tools_called(replay))
    done: dict[str, list[ReplayedCall]] = {}
    for index, call in enumerate(replay.calls):
        tool = call.placed.call.tool
        posts = candidates.get(tool)
        if posts is None:
            # No step uses the tool, so none will ask for its calls either.
            if index >= from_:
                yield Judgement(call, None, None, ())
            continue
        refused = _refused(call)
        if index >= from_:
            yield _judged(call, posts, done, replay.environment, refused=refused)
        if not refused:
            done.setdefault(tool, []).append(call)


class _Need(NamedTuple):
    """What has to come before a call: one of these edges, by one of these steps, for the same entity."""

    edges: tuple[Dependency, ...]
    befores: tuple[Step, ...]
    entity: tuple[str, ...]


class _Post(NamedTuple):
    """A step of a workflow and what judging a call by it takes.

    `entity` are the arguments that say what the call is about, `most` is how often it may succeed for that. `allows`
    says that the step has nothing to hold against any call.
    """

    workflow: Workflow
    step: Step
    entity: tuple[str, ...]
    order: tuple[_Need, ...]
    data: tuple[_Need, ...]
    most: int | None
    allows: bool


@lru_cache(maxsize=256)
def _ranked(environment: Environment, tools: frozenset[str]) -> dict[str, list[_Post]]:
    """Return tool → the steps that use it, first those of the workflow that uses most of the tools.

    Conversations about the same call the same tools, so few of these are ever asked for.
    """
    posts = _posts(environment)
    return {
        tool: sorted(posts[tool], key=lambda post: -len(tools & post.workflow.tools)) for tool in tools & posts.keys()
    }


@lru_cache(maxsize=256)
def _may_object(environment: Environment, tools: frozenset[str]) -> bool:
    """Tell whether a step that uses one of the tools may hold anything against a call of it."""
    posts = _posts(environment)
    return any(not post.allows for tool in tools for post in posts.get(tool, ()))


@lru_cache(maxsize=16)
def _posts(environment: Environment) -> dict[str, list[_Post]]:
    """Return tool → the steps that use it."""
    found: dict[str, list[_Post]] = {}
    for workflow in environment.workflows:
        for step in workflow.steps:
            found.setdefault(step.tool, []).append(_post(workflow, step, environment))
    return found


def _post(workflow: Workflow, step: Step, environment: Environment) -> _Post:
    entity = step.per
    if entity is None:
        tool = environment.tools.get(step.tool)
        entity = () if tool is None else identifying(tool, environment)
    needs: dict[str, list[_Need]] = {"after": [], "data": []}
    for edges in step.groups:
        kind, argument = edges[0].kind, edges[0].argument
        # What is taken from the steps before is judged as data, and needs not be the same beside.
        taken = {argument} if kind == "data" else {name for edge in edges for name in step.taken.get(edge.before, ())}
        befores = tuple(workflow.by_id[edge.before] for edge in edges)
        needs[kind].append(_Need(edges, befores, tuple(name for name in entity if name not in taken)))
    allows = step.when is None and step.most is None and not step.groups
    return _Post(workflow, step, entity, tuple(needs["after"]), tuple(needs["data"]), step.most, allows)


def _judged(
    call: ReplayedCall,
    candidates: Sequence[_Post],
    done: Mapping[str, Sequence[ReplayedCall]],
    environment: Environment,
    *,
    refused: bool,
) -> Judgement:
    judged: list[Judgement] = []
    for post in candidates:
        problems = () if refused or post.allows else tuple(_Bench(post, call, done, environment).problems())
        judgement = Judgement(call, post.workflow.id, post.step.id, problems)
        if not problems:
            return judgement
        judged.append(judgement)
    return min(judged, key=lambda judgement: _weight(judgement.problems))


def _refused(call: ReplayedCall) -> bool:
    """Tell whether a call took no effect; a failing `status` may as well be that of what was looked up."""
    return call.result.is_error or error_key(call.result.content) not in (None, "status")


def _weight(problems: Sequence[Problem]) -> tuple[bool, bool, int]:
    """Return how much a step has against a call: errors weigh most, then that it does not even apply."""
    errors = any(problem.severity == "error" for problem in problems)
    return errors, any(problem.code == "order.condition" for problem in problems), len(problems)


class _Bench(NamedTuple):
    """One step judging one call: `done` are the earlier calls that succeeded, by tool."""

    post: _Post
    call: ReplayedCall
    done: Mapping[str, Sequence[ReplayedCall]]
    environment: Environment

    def problems(self) -> Iterator[Problem]:
        post = self.post
        if post.step.when is not None:
            applies = holds(post.step, self.call.executed.arguments, self.environment, self.call.before)
            if applies is not True:
                yield self._condition(decided=applies is False)
                return
        missed: set[str] = set()
        for need in post.order:
            if not self._came_before(need):
                problems = list(self._order(need))
                if problems:
                    missed |= {edge.before for edge in need.edges}
                    yield from problems
        for need in post.data:
            # Said once, for the order; that the data could not come from there either goes without saying.
            if not self._gave(need) and not {edge.before for edge in need.edges} <= missed:
                yield from self._data(need)
        if post.data and post.step.joint:
            yield from self._from_one_call()
        if post.most is not None:
            yield from self._repeated(post.most)

    @property
    def step(self) -> Step:
        """The step that judges."""
        return self.post.step

    def _evidence(self, **more: Json) -> dict[str, Json]:
        return {"step": self.step.id, "workflow": self.post.workflow.id, **more}

    def _condition(self, *, decided: bool) -> Problem:
        fate = "is false" if decided else "cannot be judged from the arguments"
        message = f"step {self.step.id!r} applies when {self.step.when}, which {fate} here"
        evidence = self._evidence(when=self.step.when)
        return Problem("order.condition", message, None, evidence, "error" if decided else "undecided")

    def _calls_of(self, step: Step) -> Sequence[ReplayedCall]:
        """Return the earlier calls that can have been this step: of its tool, and not against its condition."""
        calls = self.done.get(step.tool, ())
        if step.when is None:
            return calls
        return [
            other
            for other in calls
            if holds(step, other.executed.arguments, self.environment, other.before) is not False
        ]

    def _came_before(self, need: _Need) -> bool:
        """Tell whether one of the alternatives came before for the same; the latest call is most often about it."""
        for before in need.befores:
            for other in reversed(self._calls_of(before)):
                if not differing(other, self.call, need.entity):
                    return True
        return False

    def _order(self, need: _Need) -> Iterator[Problem]:
        """Yield what is wrong where none of the alternatives came before, for the same entity."""
        befores, entity = need.befores, need.entity
        given, state = self.call.executed.arguments, self.call.before
        needed = [holds(before, given, self.environment, state, own=False) for before in befores]
        if False in needed:
            return
        calls = [other for before in befores for other in self._calls_of(before)]
        apart = [differing(other, self.call, entity) for other in calls]
        names = " or ".join(repr(before.id) for before in befores)
        tools = " or ".join(repr(tool) for tool in dict.fromkeys(before.tool for before in befores))
        rule = self.environment.rules.get(self.step.rule or "")
        why = f" ({self.step.rule}: {rule.text})" if rule is not None and self._is_about(rule.text, befores) else ""
        missing = [missing_call(self.environment.tools[before.tool], self.call) for before in befores]
        hint = f"; missing: {' or '.join(map(call_text, missing))}" if any(m.arguments for m in missing) else ""
        severity: Severity = "error" if all(needed) else "undecided"
        listed: list[Json] = [dict(call._asdict()) for call in missing]
        evidence = self._evidence(needs=[before.id for before in befores], missing=listed)
        if not calls:
            message = (
                f"{self.step.tool!r}, which is step {self.step.id!r}, needs a successful call of {tools} (step {names})"
                f" before it, and there is none{why}{hint}"
            )
            yield Problem("order.missing_step", message, None, evidence, severity)
            return
        # Of the calls about something else, the one that misses by least is the one to tell of.
        nearest = min(range(len(calls)), key=lambda number: (len(apart[number]), -number))
        name, other = apart[nearest][0], calls[nearest]
        value = self.call.placed.call.arguments.get(name)
        told: list[Json] = [
            {"call": other.placed.number, "about": {name: entity_of(other, name) for name in entity}} for other in calls
        ]
        message = (
            f"step {self.step.id!r} needs step {names} for the same {name}{why}; call {other.placed.number} did it for "
            f"{show(entity_of(other, name), 60)}, not for {show(value, 60)}{hint}"
        )
        evidence = {**evidence, "value": value, "done_for": told}
        yield Problem("order.other_entity", message, name, evidence, severity)

    def _is_about(self, rule: str, befores: Sequence[Step]) -> bool:
        """Tell whether the step's rule is about these of the steps before it; it may be about another of them."""
        if len(self.post.order) == 1:
            return True
        named = words_of(" ".join(f"{before.tool} {before.id}" for before in befores))
        return not named.isdisjoint(words_of(rule))

    def _gave(self, need: _Need) -> bool:
        """Tell whether one call about the same gave an argument that has to come from there, as nearly always."""
        value = self.call.placed.call.arguments.get(need.edges[0].argument or "")
        if value is None:
            return True
        for edge, before in zip(need.edges, need.befores, strict=True):
            for other in self._calls_of(before):
                if _stray(value, _values(other, edge)) is None and not differing(other, self.call, need.entity):
                    return True
        return False

    def _data(self, need: _Need) -> Iterator[Problem]:
        """Yield what is wrong where no one call gave an argument: nothing, if several gave all of it together."""
        argument = need.edges[0].argument or ""
        value = self.call.placed.call.arguments.get(argument)
        sources = zip(need.edges, need.befores, strict=True)
        given = [(other, _values(other, edge)) for edge, before in sources for other in self._calls_of(before)]
        seen: list[Json] = []
        elsewhere: list[tuple[ReplayedCall, str, list[Json]]] = []
        for other, values in given:
            apart = differing(other, self.call, need.entity)
            if apart:
                elsewhere.append((other, apart[0], values))
            else:
                seen += values
        stray = _stray(value, seen)
        if stray is None:
            return
        tools = [before.tool for before in need.befores]
        source = " or ".join(
            f"{tool}{f', field {edge.path}' if edge.path else ''}" for tool, edge in zip(tools, need.edges, strict=True)
        )
        evidence = self._evidence(value=stray, seen=seen[:10])
        evidence["sources"] = [{"tool": tool, "path": edge.path} for tool, edge in zip(tools, need.edges, strict=True)]
        missing = [missing_call(self.environment.tools[tool], self.call) for tool in dict.fromkeys(tools)]
        evidence["missing"] = [dict(call._asdict()) for call in missing]
        for other, name, values in elsewhere:
            if _stray(value, [*seen, *values]) is None:
                message = (
                    f"{argument} = {show(stray, 80)} is from call {other.placed.number}, which was about {name} = "
                    f"{show(entity_of(other, name), 60)}, not {show(self.call.placed.call.arguments.get(name), 60)}; "
                    f"missing: {' or '.join(map(call_text, missing))}"
                )
                yield Problem("order.other_entity", message, argument, evidence)
                return
        those = f"; those gave {show(seen[:5], 80)}" if seen else ", and there is none before this call"
        message = f"{argument} = {show(stray, 80)} has to come from an earlier result of {source}{those}"
        yield Problem("order.data_edge", message, argument, evidence)

    def _from_one_call(self) -> Iterator[Problem]:
        """Yield what is wrong if arguments that come from one step each come from another call of it."""
        for before, single in self.step.joint.items():
            step = self.post.workflow.by_id[before]
            calls = self._calls_of(step)
            # One call alone gave them together, or it did not give them all, which is said elsewhere.
            if len(calls) < 2:
                continue
            arguments = self.call.placed.call.arguments
            edges = [edge for edge in single if not isinstance(arguments.get(edge.argument or ""), _NO_SINGLE)]
            if len(edges) < 2:
                continue
            given = {edge: arguments.get(edge.argument or "") for edge in edges}
            if any(all(_stray(given[edge], _values(other, edge)) is None for edge in edges) for other in calls):
                continue
            held = {
                other.placed.number: [e for e in edges if _stray(given[e], _values(other, e)) is None]
                for other in calls
            }
            found = {edge for part in held.values() for edge in part}
            if len(found) < len(edges):
                continue
            parts = [
                f"{edge.argument} = {show(given[edge], 60)} is from call {next(n for n in held if edge in held[n])}"
                for edge in edges
            ]
            message = f"{', '.join(parts)}: no one call of {step.tool!r} gave them together"
            evidence = self._evidence(values={e.argument or "": given[e] for e in edges}, calls=list(held))
            yield Problem("order.mixed_results", message, edges[-1].argument, evidence)

    def _repeated(self, most: int) -> Iterator[Problem]:
        calls = self._calls_of(self.step)
        if len(calls) < most:
            return
        subject = self._subject(self.call)
        earlier = [other for other in calls if self._subject(other) == subject]
        if len(earlier) < most:
            return
        numbers = [other.placed.number for other in earlier]
        often = "once" if most == 1 else f"{most} times"
        about: dict[str, Json] = {
            name: v for name in self.post.entity if (v := self.call.placed.call.arguments.get(name)) is not None
        }
        what = f" for {show(about, 80)}" if about else ""
        before = ", ".join(map(str, numbers))
        message = (
            f"{self.step.tool!r}, which is step {self.step.id!r}, may succeed {often} in a conversation{what}; "
            f"call {before} did already"
        )
        listed: list[Json] = list(numbers)
        evidence = self._evidence(at_most=most, earlier_calls=listed, about=about)
        yield Problem("order.repeated", message, None, evidence)

    def _subject(self, call: ReplayedCall) -> object:
        return freeze({name: call.executed.arguments.get(name) for name in self.post.entity})


def _values(call: ReplayedCall, edge: Dependency) -> list[Json]:
    """Return what a call gave at an edge's path.

    The agent saw the recorded answers, but where those are wrong the executed value is no less honoured.
    """
    recorded = values_at(call.recorded, edge.path or "")
    if call.recorded is call.result.content:
        return recorded
    known = {freeze(value) for value in recorded}
    return recorded + [value for value in values_at(call.result.content, edge.path or "") if freeze(value) not in known]


def _stray(value: Json, seen: Sequence[Json]) -> Json:
    """Return what of a value was not seen, None where all of it was; of a list each item counts."""
    if type(value) in PLAIN:
        for item in seen:
            if item == value and type(item) in PLAIN:
                return None
    known = {freeze(item) for item in seen}
    if not isinstance(value, list) or freeze(value) in known:
        return None if freeze(value) in known else value
    return next((item for item in value if freeze(item) not in known), None)
