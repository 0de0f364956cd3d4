"""Grounding by templates: conversations whose every tool result comes from a Session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.formats.rows import dump_json
from gem_sim.message import Message
from gem_sim.pipeline.offline.blocks import unmarked
from gem_sim.pipeline.offline.environment import as_text, within
from gem_sim.pipeline.offline.procedure import Limit, PlannedStep, Procedure
from gem_sim.pipeline.offline.values import number, pick, value_for
from gem_sim.simulator import Session
from gem_sim.state import Row
from gem_sim.task import Expectation, Task
from gem_sim.tool import ToolCall, ToolResult
from gem_sim.trajectory import Trajectory

_GREETINGS = (
    "Hello, this is {owner}. Could you take care of my {words}?",
    "Hi, {owner} here. I need my {words} dealt with today, please.",
    "Good morning. My name is {owner}, and I'd like your help with my {words}.",
    "{owner} speaking. It's about my {words}, nothing has been done on it yet.",
)
_LATER = (
    "Hello, {owner} here. For my {words}, just {phrase}, please, I'm in a hurry.",
    "Hi, this is {owner}. Could you go straight to this for my {words}: {phrase}?",
)
_PROGRESS = (
    "Hello, this is {owner}. How far has my {words} come?",
    "Hi, {owner} here. What has been done on my {words} so far?",
)


class Grounded(NamedTuple):
    """A task and the conversation that pursues it."""

    task: Task
    trajectory: Trajectory


class _Talk:
    """A conversation as it grows: what was said, and the calls that a Session answered."""

    def __init__(self, procedure: Procedure, environment: Environment, seed: str, task: str) -> None:
        self.procedure = procedure
        self.environment = environment
        self.seed = seed
        self.task = task
        self.session = Session(environment, seed=number(seed, task, below=1 << 30))
        self.messages = [Message(role="system", content="\n".join(environment.policy))]
        self.results: dict[str, Json] = {}
        self.confirmed = False
        self.number = 0

    def user(self, text: str) -> None:
        self.messages.append(Message(role="user", content=text))

    def say(self, text: str) -> None:
        self.messages.append(Message(role="assistant", content=text))

    def call(self, tool: str, arguments: dict[str, Json], text: str | None = None) -> ToolResult:
        self.number += 1
        call = ToolCall(id=f"call_{self.number}", tool=tool, arguments=arguments)
        result = self.session.call(call)
        self.messages.append(Message(role="assistant", content=text, tool_calls=(call,)))
        content = result.content if isinstance(result.content, str) else dump_json(result.content)
        self.messages.append(Message(role="tool", content=content, tool_call_id=call.id, name=tool))
        if not result.is_error:
            self.results[tool] = result.content
        return result

    def look_up(self, row: Row) -> str:
        """Find a record by its owner and look at it; return its key."""
        procedure = self.procedure
        self.call(f"find_{procedure.table}", {"owner": row["owner"]}, f"Let me find your {procedure.words}.")
        key = as_text(row[procedure.key])
        self.call(f"get_{procedure.main}", {procedure.key: key})
        return key

    def arguments(self, step: PlannedStep, key: str, values: dict[str, Json]) -> dict[str, Json]:
        taken: dict[str, Json] = {self.procedure.key: key, **values}
        for name, source in step.uses.items():
            earlier = self.results.get(source)
            taken[name] = earlier.get(name) if isinstance(earlier, dict) else None
        return taken

    def values(self, step: PlannedStep) -> dict[str, Json]:
        """Return what the user will want for a step's arguments."""
        return {
            a.name: pick(a.choice, self.seed, step.name, self.task)
            if a.choice
            else within(self.procedure, step, a.name, value_for(a.noun, a.type, self.seed, step.name, self.task))
            for a in step.arguments
            if a.name not in step.uses
        }

    def finish(self, row: Row, instruction: str, expect: Sequence[Expectation]) -> Grounded:
        name = f"{self.task}-{as_text(row[self.procedure.key]).lower()}"
        task = Task(id=name, instruction=instruction, expect=tuple(expect))
        trajectory = Trajectory(
            id=f"{self.environment.name}/{name}",
            messages=tuple(self.messages),
            tools=tuple(tool.model_copy(update={"body": None}) for tool in self.environment.tools.values()),
            task=name,
        )
        return Grounded(task, trajectory)


def ground(procedure: Procedure, environment: Environment, text: str) -> list[Grounded]:
    """Return conversations for an environment made by `extract`, each answered by a Session from the start.

    The whole procedure; a step asked for out of turn, or a value beyond a limit; how far a record has come; and a
    record for which something does not hold. Those that the procedure has no occasion for are left out.
    """
    seed = hashlib.sha256(text.encode()).hexdigest()
    rows = list(environment.state[procedure.table].values())
    kinds: tuple[tuple[Callable[[_Talk, Row], Grounded | None], str, int], ...] = (
        (_whole, "complete", 0),
        (_out_of_turn, "in-a-hurry", 2),
        (_progress, "how-far", 8 + number(seed, below=12)),
        (_refused, "not-yet", _failing(procedure)),
        (_limited, "limit", 1),
    )
    found = []
    for kind, name, place in kinds:
        grounded = kind(_Talk(procedure, environment, seed, name), rows[place])
        if grounded is not None:
            found.append(grounded)
    return found


def _failing(procedure: Procedure) -> int:
    return 5 if any(step.flag and step.flag_holds for step in procedure.steps) else 4


def phrase(step: PlannedStep) -> str:
    """Return a step as a person asks for it: its own words, up to a dozen."""
    words = unmarked(step.action.clause).split(" (")[0].split()
    kept = " ".join(words[:12]).rstrip(" ,;:.-")
    return f"{kept[:1].lower()}{kept[1:]}"


def _short(step: PlannedStep) -> str:
    """Return a step in the assistant's words: verb and object, no figures, since it need not repeat them."""
    return f"{step.action.verb} the {' '.join(step.action.objects[0])}"


def _named(argument: str) -> str:
    return argument.replace("_", " ")


def _perform(talk: _Talk, step: PlannedStep, key: str) -> None:
    """Do a step: ask for what is missing, get a yes for what cannot be taken back, then call."""
    values = talk.values(step)
    if values:
        options = "".join(f" ({' or '.join(a.choice)})" for a in step.arguments if a.choice)
        wanted = " and the ".join(_named(name) for name in values)
        talk.say(f"The next step is to {_short(step)}. Please tell me the {wanted}{options}.")
        talk.user("; ".join(f"{_named(name)}: {as_text(value)}" for name, value in values.items()))
    if step.final and not talk.confirmed:
        talk.confirmed = True
        talk.say(f"The next step is to {_short(step)}. It cannot be taken back. Shall I go on?")
        talk.user("Yes, please go on.")
    talk.call(step.name, talk.arguments(step, key, values))


def _due(talk: _Talk, row: Row) -> list[PlannedStep]:
    """Return the steps that apply to a record."""
    return [step for step in talk.procedure.steps if step.flag is None or row[step.flag] == step.flag_holds]


def _done(procedure: Procedure, row: Row, steps: Sequence[PlannedStep]) -> Expectation:
    return Expectation(
        table=procedure.table,
        where={procedure.key: row[procedure.key], "done": [step.name for step in steps if step.writes]},
        count=1,
    )


def _closing(talk: _Talk, steps: Sequence[PlannedStep]) -> None:
    named = ", ".join(step.name.replace("_", " ") for step in steps)
    talk.say(f"That is done for your {talk.procedure.words}: {named}. Is there anything else?")
    talk.user("No, thank you.")
    talk.say("You're welcome.")


def _whole(talk: _Talk, row: Row) -> Grounded:
    words = talk.procedure.words
    talk.user(pick(_GREETINGS, talk.seed, "whole").format(owner=row["owner"], words=words))
    key = talk.look_up(row)
    steps = _due(talk, row)
    for step in steps:
        _perform(talk, step, key)
    _closing(talk, steps)
    writing = [step for step in steps if step.writes]
    expect = [_done(talk.procedure, row, steps)] if writing else [_called(steps[-1], talk, key)]
    return talk.finish(row, f"Have every step that applies done on the {words} of {row['owner']}.", expect)


def _called(step: PlannedStep, talk: _Talk, key: str) -> Expectation:
    return Expectation(tool=step.name, arguments={talk.procedure.key: key})


def _out_of_turn(talk: _Talk, row: Row) -> Grounded | None:
    """The user asks for a later step at once, the tool refuses, and what must come before is done first."""
    procedure = talk.procedure
    late = next((s for s in procedure.steps if s.needs and s.flag is None and not talk.values(s) and not s.uses), None)
    late = late or next((s for s in procedure.steps if s.needs and s.flag is None and not s.uses), None)
    if late is None:
        return None
    wish = phrase(late)
    talk.user(pick(_LATER, talk.seed, "late").format(owner=row["owner"], words=procedure.words, phrase=wish))
    key = talk.look_up(row)
    values = talk.values(late)
    if values:
        talk.say(f"Please tell me the {' and the '.join(map(_named, values))} for it.")
        talk.user("; ".join(f"{_named(name)}: {as_text(value)}" for name, value in values.items()))
    refusal = talk.call(late.name, {procedure.key: key, **values})
    reason = refusal.content.get("error", "") if isinstance(refusal.content, dict) else ""
    talk.say(f"I cannot do that yet. {reason} Shall I do what comes before it first?")
    talk.user("All right, please do that first.")
    before = _before(procedure, late)
    for step in before:
        _perform(talk, step, key)
    talk.call(late.name, {procedure.key: key, **values}, "Now it can be done.")
    _closing(talk, [*before, late])
    done = _done(procedure, row, [*before, late])
    instruction = f"Have this done on the {procedure.words} of {row['owner']}: {wish}. Agree to what must come first."
    return talk.finish(row, instruction, [done])


def _before(procedure: Procedure, late: PlannedStep) -> list[PlannedStep]:
    """Return what must come before a step, in order."""
    by_name = {step.name: step for step in procedure.steps}
    wanted: set[str] = set()
    waiting = list(late.after)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += by_name[name].after
    return [step for step in procedure.steps if step.name in wanted]


def _progress(talk: _Talk, row: Row) -> Grounded:
    procedure = talk.procedure
    talk.user(pick(_PROGRESS, talk.seed, "far").format(owner=row["owner"], words=procedure.words))
    key = talk.look_up(row)
    done = row["done"]
    names = [as_text(name).replace("_", " ") for name in done] if isinstance(done, list) else []
    so_far = f"So far this is done: {', '.join(names)}." if names else "Nothing has been done on it yet."
    talk.say(f"Your {procedure.words} {key} was opened on {row['opened_on']}. {so_far}")
    talk.user("Thanks, that is all I wanted to know.")
    talk.say("You're welcome.")
    expect = Expectation(tool=f"get_{procedure.main}", arguments={procedure.key: key})
    return talk.finish(row, f"Find out how far the {procedure.words} of {row['owner']} has come.", [expect])


def _refused(talk: _Talk, row: Row) -> Grounded | None:
    """Something that the text asks for does not hold for the record, and the assistant says so."""
    procedure = talk.procedure
    step = next((s for s in procedure.steps if s.flag is not None and row[s.flag] != s.flag_holds), None)
    if step is None or step.uses:
        return None
    wish = phrase(step)
    talk.user(pick(_LATER, talk.seed, "refused").format(owner=row["owner"], words=procedure.words, phrase=wish))
    key = talk.look_up(row)
    before = _before(procedure, step)
    for other in before:
        _perform(talk, other, key)
    rule = procedure.rules[step.flag_rule or ""].text
    answer = "yes" if row[step.flag or ""] else "no"
    talk.say(
        f"I cannot do that for your {procedure.words}. {rule} Its record says {_named(step.flag or '')}: {answer}."
    )
    talk.user("I see. Then leave it as it is.")
    talk.say("All right, I leave it as it is.")
    expect = Expectation(tool=f"get_{procedure.main}", arguments={procedure.key: key})
    instruction = f"Ask for this on the {procedure.words} of {row['owner']}: {wish}. Accept that it does not apply."
    return talk.finish(row, instruction, [expect])


def _limited(talk: _Talk, row: Row) -> Grounded | None:
    """The user asks for more than a limit allows, the tool refuses, and a value within the limit is agreed on."""
    procedure = talk.procedure
    found = next(((s, x) for s in procedure.steps for x in s.limits if x.rule and x.argument and s.flag is None), None)
    if found is None or found[0].uses:
        return None
    step, limit = found
    talk.user(pick(_LATER, talk.seed, "limit").format(owner=row["owner"], words=procedure.words, phrase=phrase(step)))
    key = talk.look_up(row)
    before = _before(procedure, step)
    for other in before:
        _perform(talk, other, key)
    good = talk.values(step)
    bad = {**good, str(limit.argument): _beyond(procedure, limit)}
    talk.say(f"Please tell me the {' and the '.join(map(_named, good))}.")
    talk.user("; ".join(f"{_named(name)}: {as_text(value)}" for name, value in bad.items()))
    refusal = talk.call(step.name, {procedure.key: key, **bad})
    reason = refusal.content.get("error", "") if isinstance(refusal.content, dict) else ""
    talk.say(f"That is not possible. {reason} Which {_named(str(limit.argument))} shall I take instead?")
    talk.user(f"Then take {as_text(good[str(limit.argument)])}.")
    talk.call(step.name, {procedure.key: key, **good})
    _closing(talk, [*before, step])
    done = _done(procedure, row, [*before, step])
    instruction = f"Have this done on the {procedure.words} of {row['owner']}: {phrase(step)}. Ask for too much first."
    return talk.finish(row, instruction, [done])


def _beyond(procedure: Procedure, limit: Limit) -> int:
    bound = procedure.constants[limit.constant].value
    assert isinstance(bound, int)
    return bound + 1 if limit.bound == "most" else bound - 1
