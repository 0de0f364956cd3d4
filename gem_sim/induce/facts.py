"""What recordings say of the state that all dialogues start from, and where they contradict each other.

A dialogue speaks of the start as long as it has not changed what it reads. What it says may hold in its own situation
only (the user, the day): the smallest set of facts of the situation is taken under which recordings agree as well as
under all of them, and of which some recording in another situation is a witness; without a witness, all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from gem_sim.canonical import Json, canonical_bytes, show
from gem_sim.induce.recorded import Dialogue, Seen
from gem_sim.induce.roles import Role, object_with, rows_in, rows_of
from gem_sim.induce.shape import Stored
from gem_sim.induce.words import kind_of_name
from gem_sim.verdict import Finding, Severity

_TIME = re.compile(r"\d{1,2}:\d{2}")
# More facts than this are taken together, since all their sets are tried.
_MOST_FACTS = 8


class Fact(NamedTuple):
    """One thing a recording says of the start.

    `group` is a table or, for whole answers, a tool; `slot` what it is about: (key, field) of a row, or `("", asking)`;
    `echoed` that the call's own argument of that name has the value, so that it may repeat what was asked. `later`
    that the dialogue had changed something before, so that it counts only where nothing better is known. `row` is the
    whole row as the answer has it, empty for a whole answer. `task` is that of the dialogue.
    """

    group: str
    slot: tuple[str, str]
    value: Json
    seen: Seen
    situation: Mapping[str, str]
    echoed: bool
    row: Mapping[str, Json]
    task: str | None = None
    later: bool = False


class Known(NamedTuple):
    """A value of the start: what said it first, and what contradicts it, None where nothing does."""

    fact: Fact
    against: Fact | None

    @property
    def value(self) -> Json:
        """The value that was said first."""
        return self.fact.value

    @property
    def seen(self) -> Seen:
        """The call that said it first."""
        return self.fact.seen


class Start(NamedTuple):
    """The start as recordings have it: `scopes`: group → the facts of a situation it depends on.

    `known`: group → scope → slot → value. `findings` names both places of each contradiction.
    """

    scopes: Mapping[str, tuple[str, ...]]
    known: Mapping[str, Mapping[str, Mapping[tuple[str, str], Known]]]
    findings: tuple[Finding, ...]


def asking(call: Seen, but: Sequence[str] = ()) -> str:
    """Return the arguments of a call as one text."""
    given = {name: value for name, value in call.arguments.items() if name not in but and value is not None}
    return canonical_bytes(given).decode()


def scope_text(facts: Sequence[str], situation: Mapping[str, str]) -> str:
    """Return the part of a situation that a group depends on, as one text."""
    return " | ".join(situation.get(name, "") for name in facts)


def gather(
    dialogues: Sequence[Dialogue],
    roles: Mapping[str, Role],
    given: Sequence[Fact] = (),
    scopes: Mapping[str, tuple[str, ...]] | None = None,
) -> Start:
    """Return what the recordings say of the start.

    `given` is known of it beforehand and stands against any recording; `scopes` are the scopes that are known.
    """
    groups: dict[str, list[Fact]] = {}
    for fact in given:
        groups.setdefault(fact.group, []).append(fact)
    for dialogue in dialogues:
        for fact in _facts(dialogue, roles):
            groups.setdefault(fact.group, []).append(fact)
    fixed = scopes or {}
    scopes = {group: fixed[group] if group in fixed else _scope(facts) for group, facts in sorted(groups.items())}
    certain = {id(fact) for fact in given}
    known: dict[str, dict[str, dict[tuple[str, str], Known]]] = {}
    findings: list[Finding] = []
    for group, facts in sorted(groups.items()):
        for fact in sorted(facts, key=lambda fact: fact.later):
            scope = scope_text(scopes[group], fact.situation)
            slots = known.setdefault(group, {}).setdefault(scope, {})
            before = slots.get(fact.slot)
            if before is None:
                slots[fact.slot] = Known(fact, None)
            elif before.against is None and not _same(before.value, fact.value) and fact.later == before.fact.later:
                if id(before.fact) not in certain:
                    slots[fact.slot] = before._replace(against=fact)
                if not fact.later:
                    findings.append(_contradiction(group, fact, before.fact))
    findings.sort(key=lambda finding: canonical_bytes(finding.model_dump(mode="json")))
    return Start(scopes, known, tuple(findings))


def _facts(dialogue: Dialogue, roles: Mapping[str, Role]) -> Iterator[Fact]:
    """Yield what a dialogue says of the start, until a change that may be about anything."""
    changed: set[str] = set()
    touched: set[tuple[str, str]] = set()
    keys = {role.table.key: role.table.name for role in roles.values() if role.table is not None}
    for call in (call for call in dialogue.calls if not call.refused):
        role = roles[call.tool]
        fits = role.shape is not None and call in role.shape.calls
        if fits and "*" not in changed:
            for fact in _said(call, role, dialogue.situation, changed):
                if (fact.group, fact.slot[0]) not in touched:
                    yield fact._replace(later=bool(changed), task=dialogue.task)
        if not role.may_write:
            continue
        touched |= {(keys[name], str(value)) for name, value in call.arguments.items() if name in keys}
        if role.table is None or role.switches or not fits:
            changed.add("*" if role.writes else role.tool)
        else:
            changed.add(role.table.name)
            touched |= {(role.table.name, text) for text in _made(call, role)}


def _made(call: Seen, role: Role) -> list[str]:
    key = role.table.key if role.table is not None else ""
    return [str(value) for name, value in _leaves(call.answer) if name == key]


def _leaves(value: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    else:
        yield name, value


def _said(call: Seen, role: Role, situation: Mapping[str, str], changed: set[str]) -> Iterator[Fact]:
    """Yield what one answer says of rows, and of the answer to this very question."""
    table = role.table
    if role.kind == "lookup":
        if not changed:
            yield Fact(role.tool, ("", asking(call)), call.answer, call, situation, False, {})
        return
    if table is None:
        return
    rows = rows_of(role.shape)
    if role.kind == "list" and rows is not None:
        listed = rows_in(call.answer, rows.name)
        if table.name not in changed:
            keys: list[Json] = [*sorted(str(row[table.key]) for row in listed if table.key in row)]
            yield Fact(role.tool, ("", asking(call)), keys, call, situation, False, {})
        for row in listed:
            if table.key in row:
                yield from _row_facts(call, table.name, str(row[table.key]), row, situation)
    elif role.key_argument is not None and role.shape is not None and not _about_its_end(role):
        node = object_with(role.shape, role.key_argument)
        if node is not None:
            stored = {name for name, part in node.fields if isinstance(part, Stored)}
            key = str(call.arguments[role.key_argument])
            found = _object_of(call.answer, role.key_argument)
            yield from _row_facts(call, table.name, key, found, situation, stored)


def _about_its_end(role: Role) -> bool:
    """Tell whether an answer shows the row as the call leaves it, rather than as it was."""
    return role.kind != "get" and kind_of_name(role.tool) != "create"


def _object_of(answer: Json, key: str) -> Mapping[str, Json]:
    """Return the object of an answer that has the key."""
    if isinstance(answer, dict) and key in answer:
        return answer
    items = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    return next((found for item in items if (found := _object_of(item, key))), {})


def _row_facts(
    call: Seen,
    table: str,
    key: str,
    row: Mapping[str, Json],
    situation: Mapping[str, str],
    only: Collection[str] | None = None,
) -> Iterator[Fact]:
    for field, value in row.items():
        if only is not None and field not in only:
            continue
        echoed = field in call.arguments and _same(call.arguments[field], value)
        yield Fact(table, (key, field), value, call, situation, echoed, row)


def _scope(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Return the smallest set of facts of the situation that recordings give no reason to add to.

    Under it recordings contradict each other no more than under all facts, and each fact left out has a witness:
    two recordings that differ in it and still say the same of the same thing.
    """
    facts = [fact for fact in facts if not fact.later] or facts
    names = sorted({name for fact in facts for name in fact.situation})
    names = [n for n in names if not any(_TIME.search(fact.situation.get(n, "")) for fact in facts)]
    if len(names) > _MOST_FACTS:
        return tuple(names)
    least = len(_conflicts(facts, names))
    for size in range(len(names)):
        for chosen in combinations(names, size):
            rest = [name for name in names if name not in chosen]
            if len(_conflicts(facts, chosen)) == least and all(_witnessed(facts, chosen, name) for name in rest):
                return chosen
    return tuple(names)


def _by_slot(facts: Sequence[Fact], names: Sequence[str]) -> list[list[Fact]]:
    slots: dict[tuple[str, tuple[str, str]], list[Fact]] = {}
    for fact in facts:
        if not fact.echoed:
            slots.setdefault((scope_text(names, fact.situation), fact.slot), []).append(fact)
    return list(slots.values())


def _conflicts(facts: Sequence[Fact], names: Sequence[str]) -> list[list[Fact]]:
    """Return what is said of each slot that has two values within one scope."""
    return [found for found in _by_slot(facts, names) if len({canonical_bytes(fact.value) for fact in found}) > 1]


def _witnessed(facts: Sequence[Fact], names: Sequence[str], left_out: str) -> bool:
    """Tell whether two recordings that differ in a fact say the same of the same slot."""
    for found in _by_slot(facts, names):
        values: dict[bytes, set[str]] = {}
        for fact in found:
            values.setdefault(canonical_bytes(fact.value), set()).add(fact.situation.get(left_out, ""))
        if any(len(situations) > 1 for situations in values.values()):
            return True
    return False


def _contradiction(group: str, fact: Fact, before: Fact) -> Finding:
    key, field = fact.slot
    about = f"{group} {key!r}, {field}" if key else f"the answer of {group} to {field}"
    first, second = show(before.value, 80), show(fact.value, 80)
    message = f"{about}: {first} in {before.seen.place}, {second} in {fact.seen.place}"
    severity: Severity = "error"
    differing = _asked_otherwise(fact, before)
    if field in differing:
        severity = "warning"
        message += f" (a call that gives {field} as an argument; its answer may repeat it)"
    elif differing:
        severity = "undecided"
        message += f" (it may depend on {', '.join(differing)}, which the calls ask for otherwise)"
    elif before.seen.number and fact.task != before.task:
        severity = "undecided"
        message += " (the dialogues pursue different tasks, which may start differently)"
    return Finding(
        code="induce.contradiction",
        severity=severity,
        call=fact.seen.number,
        tool=fact.seen.tool,
        path=f"$.{field}" if key else "$",
        message=message,
        evidence={
            "group": group,
            "key": key,
            "field": field,
            "first": _evidence(before.seen, before.value),
            "second": _evidence(fact.seen, fact.value),
        },
    )


def _asked_otherwise(fact: Fact, before: Fact) -> list[str]:
    """Return the fields in which two rows differ and which one of the two calls gives as an argument."""
    shared = sorted(fact.row.keys() & before.row.keys())
    asked = fact.seen.arguments.keys() | before.seen.arguments.keys()
    return [name for name in shared if name in asked and not _same(fact.row[name], before.row[name])]


def _evidence(seen: Seen, value: Json) -> dict[str, Json]:
    place: dict[str, Json] = {"trajectory": seen.dialogue, "call": seen.number, "tool": seen.tool}
    return {**place, "arguments": dict(seen.arguments), "value": value}


def _same(left: Json, right: Json) -> bool:
    return canonical_bytes(left) == canonical_bytes(right)
