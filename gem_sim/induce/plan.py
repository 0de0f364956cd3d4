"""What bodies are written from: roles, the start, filters, what calls set, and what they put in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json, canonical_bytes, same_json
from gem_sim.induce.facts import Known, Start, gather, scope_text
from gem_sim.induce.filters import Filter, Listing, explains, find_filters
from gem_sim.induce.given import Owner, Pick, State, facts_of, owner_of, pick_of
from gem_sim.induce.recorded import Dialogue, Seen
from gem_sim.induce.roles import Role, rows_in, rows_of
from gem_sim.induce.words import kind_of_name
from gem_sim.tool import UNSPECIFIED, Tool
from gem_sim.verdict import Finding


class Source(NamedTuple):
    """Where a field's value comes from: an argument, or (argument None) always the same value."""

    argument: str | None
    value: Json = None


class Plan(NamedTuple):
    """Everything bodies are written from.

    `fields`: table → field → whether all its rows have it. `filters` and `sets` are by tool: the filters of a listing;
    field → source for what a write puts into its row. `doubts`: tool → tables and tools whose later answers it puts
    in doubt (`*`: all). `refusals` are the recorded refusals, each with whether nothing was changed before it.
    `owners` are the given tables that hold all rows of a table, `picks` how a tool picks its answer from one, and
    `strays` says of a tool with what share of its recorded lists a given table does not agree, where that is many.
    """

    tools: Mapping[str, Tool]
    roles: Mapping[str, Role]
    start: Start
    fields: Mapping[str, Mapping[str, bool]]
    filters: Mapping[str, tuple[Filter, ...]]
    sets: Mapping[str, Mapping[str, Source]]
    doubts: Mapping[str, frozenset[str]]
    refusals: tuple[tuple[Seen, bool], ...]
    given: State
    owners: Mapping[str, Owner]
    picks: Mapping[str, Pick]
    strays: Mapping[str, str]

    def scope_of(self, group: str) -> tuple[str, ...]:
        """Return the facts of a situation that a table or a tool depends on."""
        return self.start.scopes.get(group, ())


def make_plan(
    dialogues: Sequence[Dialogue], tools: Mapping[str, Tool], roles: Mapping[str, Role], given: State
) -> tuple[Plan, tuple[Finding, ...]]:
    """Return what the recordings and a given state determine, and where they contradict each other."""
    fields = _fields(roles)
    owners = _owners(dialogues, roles, given)
    tables = {role.table.name: role.table.key for role in roles.values() if role.table is not None}
    certain = [fact for name, owner in owners.items() for fact in facts_of(owner, name, tables[name], given)]
    scopes = {name: (owner.fact,) if owner.fact else () for name, owner in owners.items()}
    for name, role in roles.items():
        if role.kind == "list" and role.table is not None and role.table.name in scopes:
            scopes[name] = scopes[role.table.name]
    start = gather(dialogues, roles, certain, scopes)
    listings = {name: _listings(role, start) for name, role in roles.items() if role.kind == "list"}
    filters = {name: find_filters(arguments_of(tools[name]), found) for name, found in listings.items()}
    strays = {
        name: stray
        for name, found in listings.items()
        if (table := roles[name].table) and table.name in owners and (stray := _stray(filters[name], found))
    }
    picks = {name: pick for name, role in roles.items() if (pick := pick_of(role, given, dialogues))}
    sets = {
        name: _sets(role, tools[name], dialogues, roles, fields, start) for name, role in roles.items() if role.table
    }
    doubts = {
        name: frozenset("*" if role.switches or role.kind == "other" else "") - {""} for name, role in roles.items()
    }
    refusals = tuple(_refusals(dialogues, roles))
    plan = Plan(tools, roles, start, fields, filters, sets, doubts, refusals, given, owners, picks, strays)
    return plan, start.findings


def _owners(dialogues: Sequence[Dialogue], roles: Mapping[str, Role], given: State) -> dict[str, Owner]:
    """Return table → the given table that holds all its rows."""
    owners: dict[str, Owner] = {}
    for role in roles.values():
        if role.kind == "list" and role.table is not None and (owner := owner_of(role, given, dialogues)):
            owners.setdefault(role.table.name, owner)
    return owners


def _stray(filters: Sequence[Filter], listings: Sequence[Listing]) -> str:
    """Return how many recorded lists are not what the given state holds, empty where it is at most one in five."""
    wrong = sum(not explains(filters, listing) for listing in listings)
    return f"{wrong} of {len(listings)}" if wrong * 5 > len(listings) else ""


def arguments_of(tool: Tool) -> list[str]:
    """Return the names of a tool's arguments."""
    properties = (tool.parameters or {}).get("properties")
    return list(properties) if isinstance(properties, dict) else []


def _refusals(dialogues: Sequence[Dialogue], roles: Mapping[str, Role]) -> Iterator[tuple[Seen, bool]]:
    for dialogue in dialogues:
        changed = False
        for call in dialogue.calls:
            if call.refused:
                yield call, not changed
            else:
                changed = changed or roles[call.tool].may_write


def _fields(roles: Mapping[str, Role]) -> dict[str, dict[str, bool]]:
    """Return table → field → whether every recorded row has it."""
    rows: dict[str, list[dict[str, Json]]] = {}
    for role in roles.values():
        listed = rows_of(role.shape)
        if role.table is not None and role.shape is not None and listed is not None and role.kind == "list":
            for call in role.shape.calls:
                rows.setdefault(role.table.name, []).extend(rows_in(call.answer, listed.name))
    return {
        table: {field: all(field in row for row in found) for field in dict.fromkeys(f for row in found for f in row)}
        for table, found in rows.items()
    }


def rows_at(slots: Mapping[tuple[str, str], Known]) -> dict[str, dict[str, Json]]:
    """Return key → row as known of the start; a field that recordings contradict is left out."""
    rows: dict[str, dict[str, Json]] = {}
    for (key, field), known in slots.items():
        row = rows.setdefault(key, {})
        if known.against is None:
            row[field] = known.value
    return rows


def _listings(role: Role, start: Start) -> list[Listing]:
    listings = []
    table = role.table.name if role.table is not None else ""
    by_scope = start.known.get(role.tool, {})
    # Rows of a table are looked up in the scope of the table, so both must be the same kind of scope to compare.
    comparable = start.scopes.get(table, ()) == start.scopes.get(role.tool, ())
    for scope, slots in by_scope.items():
        rows = rows_at(start.known.get(table, {}).get(scope, {})) if comparable else {}
        for known in slots.values():
            if known.against is None and isinstance(known.value, list):
                keys = frozenset(map(str, known.value))
                listings.append(Listing(known.seen.arguments, keys, rows))
    return listings


def _sets(
    role: Role,
    tool: Tool,
    dialogues: Sequence[Dialogue],
    roles: Mapping[str, Role],
    fields: Mapping[str, Mapping[str, bool]],
    start: Start,
) -> dict[str, Source]:
    """Return field → source for what a call puts into its row, by what later reads show, else by name."""
    if role.table is None or role.kind not in ("create", "update"):
        return {}
    shown = [item for dialogue in dialogues for item in _shown(dialogue, role, roles, start)]
    arguments = [name for name in arguments_of(tool) if name != role.key_argument]
    found: dict[str, Source] = {}
    for field in fields.get(role.table.name, {}):
        if field == role.table.key:
            continue
        source = _source(field, arguments, shown, role)
        # `schedule_visit(house_id, date)` makes a visit; only a later read could tell that the house has changed.
        if role.kind == "update" and kind_of_name(role.tool) == "create" and not shown:
            source = None
        if source is not None:
            found[field] = source
    return found


class _Shown(NamedTuple):
    """A call that wrote a row, and the row before and after; `before` is empty where nothing shows it."""

    call: Seen
    before: Mapping[str, Json]
    after: Mapping[str, Json]


def _shown(dialogue: Dialogue, role: Role, roles: Mapping[str, Role], start: Start) -> Iterator[_Shown]:
    """Yield the row before and after each call of a tool, wherever a later listing shows it."""
    for index, call in enumerate(dialogue.calls):
        if call.tool != role.tool or call.refused or role.table is None:
            continue
        named = call.arguments.get(role.key_argument) if role.key_argument else _made_key(call.answer, role.table.key)
        scope = scope_text(start.scopes.get(role.table.name, ()), dialogue.situation)
        before: Mapping[str, Json] = rows_at(start.known.get(role.table.name, {}).get(scope, {})).get(str(named), {})
        for earlier in dialogue.calls[:index]:
            before = _row(earlier, roles, role, named) or before
            if roles[earlier.tool].writes and named in earlier.arguments.values():
                before = {}
        for later in dialogue.calls[index + 1 :]:
            row = _row(later, roles, role, named)
            if row is not None:
                yield _Shown(call, before, row)
                break
            if roles[later.tool].writes and named in later.arguments.values():
                break


def _row(call: Seen, roles: Mapping[str, Role], role: Role, named: Json) -> Mapping[str, Json] | None:
    reader = roles[call.tool]
    listed = rows_of(reader.shape)
    if reader.table != role.table or reader.kind != "list" or listed is None or role.table is None:
        return None
    rows = rows_in(call.answer, listed.name)
    return next((row for row in rows if role.table.key in row and same_json(row[role.table.key], named)), None)


def _made_key(answer: Json, key: str) -> Json:
    if isinstance(answer, dict):
        if key in answer:
            return answer[key]
        return next((found for item in answer.values() if (found := _made_key(item, key)) is not None), None)
    return None


def _source(field: str, arguments: Sequence[str], shown: Sequence[_Shown], role: Role) -> Source | None:
    """Return where the value of a field comes from; None: the call leaves it alone, or nothing says."""
    likely = [name for name in (field, f"new_{field}", f"updated_{field}", f"{field}_new") if name in arguments]
    seen = [item for item in shown if field in item.after]
    if not seen:
        return Source(likely[0]) if likely else None
    for name in dict.fromkeys([*likely, *arguments]):
        if _comes_from(name, field, seen, role):
            return Source(name)
    values = {canonical_bytes(item.after[field]) for item in seen}
    # A new row has what it has from the call; of an old one only what the call is seen to change is.
    if role.kind == "create":
        return Source(None, seen[0].after[field]) if len(values) == 1 and not likely else None
    changed = [item for item in seen if field in item.before and not same_json(item.before[field], item.after[field])]
    if changed and len(values) == 1 and not likely:
        return Source(None, seen[0].after[field])
    return Source(None, {UNSPECIFIED: f"nothing explains how {role.tool} changes {field}"}) if changed else None


def _comes_from(argument: str, field: str, shown: Sequence[_Shown], role: Role) -> bool:
    """Tell whether all rows shown have the argument's value, or, of an old row, what they had where it is not given."""
    given = [item for item in shown if argument in item.call.arguments]
    if role.kind == "create":
        return all(same_json(item.call.arguments.get(argument), item.after[field]) for item in shown)
    left = [item for item in shown if argument not in item.call.arguments and field in item.before]
    return (
        bool(given)
        and all(same_json(item.call.arguments[argument], item.after[field]) for item in given)
        and all(same_json(item.before[field], item.after[field]) for item in left)
    )
