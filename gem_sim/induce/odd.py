"""Answers that part from the other answers of their tool, or from their own call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gem_sim.canonical import Json, same_json, show
from gem_sim.induce.recorded import Dialogue, Seen
from gem_sim.induce.roles import Role
from gem_sim.induce.shape import fields_of
from gem_sim.verdict import Finding

# So many arguments must come back unchanged before one that does not says anything.
_REPEATED = 3


def changed_arguments(dialogues: Sequence[Dialogue], roles: Mapping[str, Role]) -> Iterator[Finding]:
    """Yield a warning for each answer of a write that repeats its arguments, one of them with another value."""
    for call in (call for dialogue in dialogues for call in dialogue.calls if not call.refused):
        if not roles[call.tool].writes:
            continue
        answer = call.answer[0] if isinstance(call.answer, list) and len(call.answer) == 1 else call.answer
        if not isinstance(answer, dict):
            continue
        shared = [name for name in call.arguments if name in answer]
        other = [name for name in shared if not same_json(call.arguments[name], answer[name])]
        if len(other) == 1 and len(shared) > _REPEATED:
            yield _changed(call, other[0], answer[other[0]])


def _changed(call: Seen, name: str, answered: Json) -> Finding:
    given = call.arguments[name]
    return Finding(
        code="induce.contradiction",
        severity="warning",
        call=call.number,
        tool=call.tool,
        argument=name,
        path=f"$.{name}",
        message=f"{call.tool} is given {name} {show(given, 60)} and answers {show(answered, 60)} in {call.place}",
        evidence={"group": call.tool, "key": "its own argument", "field": name, "given": given, "answered": answered}
        | {"second": {"trajectory": call.dialogue, "call": call.number, "tool": call.tool}},
    )


def odd_answers(roles: Mapping[str, Role]) -> list[Finding]:
    """Return a finding for each answer that has another field in the place of one that the tool's other answers have.

    A field more or less is no contradiction: it may be there only where there is something to say.
    """
    found = []
    for name, role in sorted(roles.items()):
        for call in role.shape.odd if role.shape is not None else ():
            usual = role.shape.calls[0] if role.shape is not None else call
            ours, theirs = fields_of(usual.answer), fields_of(call.answer)
            few = role.shape is not None and len(role.shape.odd) * 5 <= len(role.shape.calls)
            if few and ours - theirs and theirs - ours:
                found.append(_odd(name, call, usual))
    return found


def _odd(tool: str, call: Seen, usual: Seen) -> Finding:
    message = (
        f"{tool} answers {show(call.answer, 90)} in {call.place}, unlike {show(usual.answer, 90)} in {usual.place}"
    )
    return Finding(
        code="induce.contradiction",
        call=call.number,
        tool=tool,
        path="$",
        message=message,
        evidence={
            "group": tool,
            "first": {"trajectory": usual.dialogue, "call": usual.number, "tool": tool, "value": usual.answer},
            "second": {"trajectory": call.dialogue, "call": call.number, "tool": tool, "value": call.answer},
        },
    )
