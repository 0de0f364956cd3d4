"""Family `order`: calls against the steps of the declared workflows.

A call is fine if any step that uses its tool is fine. Only calls that execution lets pass are judged: what the tool
itself refused took no effect, and running into a refusal is part of ordinary conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json, freeze, show
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.condition import holds
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.place import place_of
from gem_sim.workflow import Dependency, Step, Workflow, values_at


class _Problem(NamedTuple):
    code: str
    message: str
    argument: str | None
    evidence: dict[str, Json]
    severity: Severity = "error"


def steps(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call that no step of its tool allows at that moment."""
    if not replay.environment.workflows:
        return
    for index, call in enumerate(replay.calls):
        if not call.succeeded:
            continue
        earlier = [other for other in replay.calls[:index] if other.succeeded]
        problems = [
            list(_problems(step, workflow, call, earlier, replay.environment))
            for workflow in replay.environment.workflows
            for step in workflow.steps
            if step.tool == call.placed.call.tool
        ]
        if problems and all(problems):
            for problem in min(problems, key=len):
                yield Finding(
                    code=problem.code,
                    severity=problem.severity,
                    argument=problem.argument,
                    message=problem.message,
                    evidence=problem.evidence,
                    **place_of(call),
                )


def _problems(
    step: Step, workflow: Workflow, call: ReplayedCall, earlier: Sequence[ReplayedCall], environment: Environment
) -> Iterator[_Problem]:
    applies = holds(step, call.executed.arguments, environment, call.before)
    if applies is not True:
        yield _condition(step, workflow, decided=applies is False)
        return
    by_id = {other.id: other for other in workflow.steps}
    for edge in step.dependencies():
        before = by_id[edge.before]
        done = [other for other in earlier if other.placed.call.tool == before.tool]
        if not done and before.id in step.after:
            # Said once, for the order; that the data could not come from there either goes without saying.
            if edge.kind == "after":
                yield from _missing(step, before, workflow, call, environment)
        elif edge.kind == "data":
            yield from _broken_edge(edge, before, workflow, call, done)
    if step.once:
        yield from _repeated(step, workflow, call, earlier, environment)


def _condition(step: Step, workflow: Workflow, *, decided: bool) -> _Problem:
    fate = "is false" if decided else "cannot be judged from the arguments"
    message = f"step {step.id!r} of workflow {workflow.id!r} applies when {step.when}, which {fate} here"
    evidence: dict[str, Json] = {"step": step.id, "workflow": workflow.id, "when": step.when}
    return _Problem("order.condition", message, None, evidence, "error" if decided else "undecided")


def _missing(
    step: Step, before: Step, workflow: Workflow, call: ReplayedCall, environment: Environment
) -> Iterator[_Problem]:
    needed = holds(before, call.executed.arguments, environment, call.before, own=False)
    if needed is False:
        return
    rule = environment.rules.get(step.rule or "")
    why = f" ({step.rule}: {rule.text})" if rule is not None else ""
    message = f"no successful call of {before.tool!r} came before; step {step.id!r} needs step {before.id!r}{why}"
    evidence: dict[str, Json] = {"missing_tool": before.tool, "step": step.id, "needs": before.id}
    evidence["workflow"] = workflow.id
    yield _Problem("order.missing_step", message, None, evidence, "error" if needed else "undecided")


def _broken_edge(
    edge: Dependency, before: Step, workflow: Workflow, call: ReplayedCall, done: Sequence[ReplayedCall]
) -> Iterator[_Problem]:
    argument = edge.argument or ""
    value = call.placed.call.arguments.get(argument)
    if value is None:
        return
    # The agent saw the recorded answers, but where those are wrong the executed value is no less honoured.
    found = [v for other in done for v in values_at(other.recorded, edge.path or "")]
    found += [v for other in done for v in values_at(other.result.content, edge.path or "")]
    known = {freeze(v) for v in found}
    wanted = value if isinstance(value, list) and freeze(value) not in known else [value]
    strays = [item for item in wanted if freeze(item) not in known]
    if strays:
        source = f"{before.tool} → {edge.path or 'result'}"
        message = f"{argument} = {show(strays[0], 80)} is in no earlier result of {source}"
        evidence: dict[str, Json] = {"value": strays[0], "step": edge.step, "from_tool": before.tool}
        evidence.update({"from_path": edge.path, "seen": found[:10], "workflow": workflow.id})
        yield _Problem("order.data_edge", message, argument, evidence)


def _repeated(
    step: Step, workflow: Workflow, call: ReplayedCall, earlier: Sequence[ReplayedCall], environment: Environment
) -> Iterator[_Problem]:
    subject = _subject(call, environment)
    for other in earlier:
        if other.placed.call.tool == step.tool and _subject(other, environment) == subject:
            message = f"step {step.id!r} may happen once; call {other.placed.number} was it already"
            evidence: dict[str, Json] = {"first_call": other.placed.number, "step": step.id, "workflow": workflow.id}
            evidence["arguments"] = call.placed.call.arguments
            yield _Problem("order.repeated", message, None, evidence)
            return


def _subject(call: ReplayedCall, environment: Environment) -> object:
    """Return what a call is about: its identifying arguments, or nothing where it has none."""
    keys = {entity.key for entity in environment.entities.values()}
    arguments = call.executed.arguments
    return freeze({name: v for name, v in arguments.items() if name in keys or name.endswith("_id")})
