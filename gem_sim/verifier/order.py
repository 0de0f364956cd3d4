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
from gem_sim.verifier.place import place_of
from gem_sim.verifier.prefix import smallest_prefix
from gem_sim.verifier.stated import words_of
from gem_sim.workflow import Dependency, Step, Workflow, values_at


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
    if not replay.environment.workflows:
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
    tools = {call.placed.call.tool for call in replay.calls}
    candidates = _candidates(replay.environment)
    done: dict[str, list[ReplayedCall]] = {}
    for index, call in enumerate(replay.calls):
        tool, refused = call.placed.call.tool, _refused(call)
        if index >= from_:
            steps = candidates.get(tool, ())
            # A tool of one workflow leaves nothing to choose.
            ranked = sorted(steps, key=lambda step: -len(tools & step[0].tools)) if len(steps) > 1 else steps
            yield _judged(call, ranked, done, replay.environment, refused=refused)
        if not refused:
            done.setdefault(tool, []).append(call)


@lru_cache(maxsize=16)
def _candidates(environment: Environment) -> dict[str, list[tuple[Workflow, Step]]]:
    """Return tool → the steps that use it, each with its workflow."""
    found: dict[str, list[tuple[Workflow, Step]]] = {}
    for workflow in environment.workflows:
        for step in workflow.steps:
            found.setdefault(step.tool, []).append((workflow, step))
    return found


def _judged(
    call: ReplayedCall,
    candidates: Sequence[tuple[Workflow, Step]],
    done: Mapping[str, Sequence[ReplayedCall]],
    environment: Environment,
    *,
    refused: bool,
) -> Judgement:
    judged: list[Judgement] = []
    for workflow, step in candidates:
        problems = () if refused else tuple(_Bench(step, workflow, call, done, environment).problems())
        judged.append(Judgement(call, workflow.id, step.id, problems))
        if not problems:
            return judged[-1]
    return min(judged, key=lambda judgement: _weight(judgement.problems), default=Judgement(call, None, None, ()))


def _refused(call: ReplayedCall) -> bool:
    """Tell whether a call took no effect; a failing `status` may as well be that of what was looked up."""
    return call.result.is_error or error_key(call.result.content) not in (None, "status")


def _weight(problems: Sequence[Problem]) -> tuple[bool, bool, int]:
    """Return how much a step has against a call: errors weigh most, then that it does not even apply."""
    errors = any(problem.severity == "error" for problem in problems)
    return errors, any(problem.code == "order.condition" for problem in problems), len(problems)


class _Bench(NamedTuple):
    """One step judging one call: `done` are the earlier calls that succeeded, by tool."""

    step: Step
    workflow: Workflow
    call: ReplayedCall
    done: Mapping[str, Sequence[ReplayedCall]]
    environment: Environment

    def problems(self) -> Iterator[Problem]:
        applies = holds(self.step, self.call.executed.arguments, self.environment, self.call.before)
        if applies is not True:
            yield self._condition(decided=applies is False)
            return
        missed: set[str] = set()
        for group in self.step.groups:
            if group[0].kind == "after" and not self._came_before(group):
                problems = list(self._order(group))
                if problems:
                    missed |= {edge.before for edge in group}
                    yield from problems
        for group in self.step.groups:
            # Said once, for the order; that the data could not come from there either goes without saying.
            if group[0].kind == "data" and not self._gave(group) and not {edge.before for edge in group} <= missed:
                yield from self._data(group)
        if self.step.joint:
            yield from self._from_one_call()
        if self.step.most is not None:
            yield from self._repeated(self.step.most)

    def _evidence(self, **more: Json) -> dict[str, Json]:
        return {"step": self.step.id, "workflow": self.workflow.id, **more}

    def _condition(self, *, decided: bool) -> Problem:
        fate = "is false" if decided else "cannot be judged from the arguments"
        message = f"step {self.step.id!r} applies when {self.step.when}, which {fate} here"
        evidence = self._evidence(when=self.step.when)
        return Problem("order.condition", message, None, evidence, "error" if decided else "undecided")

    def _named(self, step: str) -> Step:
        return self.workflow.by_id[step]

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

    @property
    def _entity(self) -> tuple[str, ...]:
        """The arguments that say what the call is about."""
        return _about(self.step.tool, self.environment) if self.step.per is None else self.step.per

    def _entity_beside(self, group: Sequence[Dependency]) -> Sequence[str]:
        """Return those of them that are not taken from the steps before: what is taken is judged as data."""
        taken = [name for edge in group for name in self.step.taken.get(edge.before, ())]
        return [name for name in self._entity if name not in taken] if taken else self._entity

    def _came_before(self, group: Sequence[Dependency]) -> bool:
        """Tell whether one of the alternatives came before for the same; the latest call is most often about it."""
        entity = self._entity_beside(group)
        for edge in group:
            for other in reversed(self._calls_of(self._named(edge.before))):
                if not differing(other, self.call, entity):
                    return True
        return False

    def _order(self, group: Sequence[Dependency]) -> Iterator[Problem]:
        """Yield what is wrong where none of the alternatives came before, for the same entity."""
        befores = [self._named(edge.before) for edge in group]
        entity = self._entity_beside(group)
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
        if sum(group[0].kind == "after" for group in self.step.groups) == 1:
            return True
        named = words_of(" ".join(f"{before.tool} {before.id}" for before in befores))
        return not named.isdisjoint(words_of(rule))

    def _gave(self, group: Sequence[Dependency]) -> bool:
        """Tell whether one call about the same gave an argument that has to come from there, as nearly always."""
        argument = group[0].argument or ""
        value = self.call.placed.call.arguments.get(argument)
        if value is None:
            return True
        entity = [name for name in self._entity if name != argument]
        for edge in group:
            for other in self._calls_of(self._named(edge.before)):
                if _stray(value, _values(other, edge)) is None and not differing(other, self.call, entity):
                    return True
        return False

    def _data(self, group: Sequence[Dependency]) -> Iterator[Problem]:
        """Yield what is wrong where no one call gave an argument: nothing, if several gave all of it together."""
        argument = group[0].argument or ""
        value = self.call.placed.call.arguments.get(argument)
        entity = [name for name in self._entity if name != argument]
        given = [(other, _values(other, edge)) for edge in group for other in self._calls_of(self._named(edge.before))]
        seen: list[Json] = []
        elsewhere: list[tuple[ReplayedCall, str, list[Json]]] = []
        for other, values in given:
            apart = differing(other, self.call, entity)
            if apart:
                elsewhere.append((other, apart[0], values))
            else:
                seen += values
        stray = _stray(value, seen)
        if stray is None:
            return
        tools = [self._named(edge.before).tool for edge in group]
        source = " or ".join(
            f"{tool}{f', field {edge.path}' if edge.path else ''}" for tool, edge in zip(tools, group, strict=True)
        )
        evidence = self._evidence(value=stray, seen=seen[:10])
        evidence["sources"] = [{"tool": tool, "path": edge.path} for tool, edge in zip(tools, group, strict=True)]
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
            given = {edge: self.call.placed.call.arguments.get(edge.argument or "") for edge in single}
            edges = [edge for edge in single if not isinstance(given[edge], list | dict | None)]
            if len(edges) < 2:
                continue
            calls = self._calls_of(self._named(before))
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
            message = f"{', '.join(parts)}: no one call of {self._named(before).tool!r} gave them together"
            evidence = self._evidence(values={e.argument or "": given[e] for e in edges}, calls=list(held))
            yield Problem("order.mixed_results", message, edges[-1].argument, evidence)

    def _repeated(self, most: int) -> Iterator[Problem]:
        earlier = [other for other in self._calls_of(self.step) if self._subject(other) == self._subject(self.call)]
        if len(earlier) < most:
            return
        numbers = [other.placed.number for other in earlier]
        often = "once" if most == 1 else f"{most} times"
        about: dict[str, Json] = {
            name: v for name in self._entity if (v := self.call.placed.call.arguments.get(name)) is not None
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
        return freeze({name: call.executed.arguments.get(name) for name in self._entity})


@lru_cache(maxsize=4096)
def _about(tool: str, environment: Environment) -> tuple[str, ...]:
    return identifying(environment.tools[tool], environment)


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
