"""A procedure → an environment: tools with bodies in the dialect, entities, workflow, and rows to start from."""

from __future__ import annotations

import hashlib
import json

from gem_sim.canonical import Json
from gem_sim.pipeline.draft import Draft, JsonRow
from gem_sim.pipeline.offline.blocks import unmarked
from gem_sim.pipeline.offline.procedure import PlannedStep, Procedure, procedure_of
from gem_sim.pipeline.offline.values import day, number, person, pick, value_for
from gem_sim.pipeline.offline.verbs import article

RECORDS = 24
CLOCK = "2026-03-02T09:00:00Z"


def extract(text: str, *, origin: str = "", licence: str = "") -> tuple[Procedure, Draft]:
    """Return the procedure of a text and the environment that carries it out.

    Raises:
        NoProcedure: If the text holds none that rules can find.
    """
    procedure = procedure_of(text)
    steps = procedure.steps
    environment: JsonRow = {
        "name": procedure.name,
        "title": procedure.title,
        "origin": origin or "extracted by rules",
        "licence": licence,
        "clock": CLOCK,
        "policy": list(procedure.policy),
        "entities": _entities(procedure),
        "constants": {n: c.model_dump(exclude_none=True) for n, c in procedure.constants.items()},
        "rules": {n: r.model_dump(exclude_none=True) for n, r in procedure.rules.items()},
        "tools": [_find(procedure), _get(procedure), *(_tool(procedure, step) for step in steps)],
        "workflow": {"id": procedure.main, "title": procedure.title, "steps": _workflow(procedure)},
    }
    return procedure, Draft(environment, text if text.endswith("\n") else text + "\n", state_of(procedure, text))


def _text() -> JsonRow:
    return {"type": "string"}


def _object(properties: JsonRow, *, optional: tuple[str, ...] = ()) -> JsonRow:
    required: list[Json] = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _record_fields(procedure: Procedure) -> JsonRow:
    """Return the fields of the record that the procedure is about, with their schemas."""
    fields: JsonRow = {procedure.key: _text(), "owner": _text(), "opened_on": {"type": "string", "format": "date"}}
    for step in procedure.steps:
        if step.flag is not None:
            fields[step.flag] = {"type": "boolean"}
        if step.field is not None:
            fields[step.field] = {"type": "boolean"} if step.field.endswith("_ok") else _text()
    for name, schema in _kept(procedure).items():
        fields.setdefault(name, {"anyOf": [schema, {"type": "null"}]})
    fields["done"] = {"type": "array", "items": _text()}
    return fields


def _kept(procedure: Procedure) -> JsonRow:
    """Return what steps write into the record itself, by field."""
    return {
        f"{step.name}_{a.name}"[:60]: _schema(a.type, a.choice)
        for step in procedure.steps
        if step.table is None and step.writes
        for a in step.arguments
    }


def _schema(type_: str, choice: tuple[str, ...]) -> JsonRow:
    return {"type": type_, "enum": list(choice)} if choice else {"type": type_}


def _entities(procedure: Procedure) -> JsonRow:
    entities: JsonRow = {
        procedure.table: {"key": procedure.key, "row": _object(_record_fields(procedure))},
    }
    for step in procedure.steps:
        if step.table is None or step.made is None:
            continue
        known = entities.get(step.table)
        columns: JsonRow = dict(known["row"]["properties"]) if isinstance(known, dict) else {}  # type: ignore
        columns |= {step.made: _text(), procedure.key: _text(), "made_by": _text(), "made_at": _text()}
        columns |= {a.name: _schema(a.type, ()) for a in step.arguments if a.name not in columns}
        always = (step.made, procedure.key, "made_by", "made_at")
        optional = tuple(name for name in columns if name not in always)
        entities[step.table] = {"key": step.made, "row": _object(columns, optional=optional)}
    return entities


def _find(procedure: Procedure) -> JsonRow:
    item = _object({procedure.key: _text(), "owner": _text(), "opened_on": _text()})
    return {
        "name": f"find_{procedure.table}",
        "description": f"Find {procedure.table.replace('_', ' ')} by their owner's full name.",
        "effect": "read",
        "parameters": _object({"owner": {"type": "string", "description": "The owner's full name."}}),
        "returns": _object({procedure.table: {"type": "array", "items": item}}),
        "reads": [procedure.table],
        "body": [
            f"matches = [row for row in state.{procedure.table}.values() if row['owner'].lower() == owner.lower()]",
            f"require(matches, 'Nobody of this name has {article(procedure.words)}.')",
            f"keep = ('{procedure.key}', 'owner', 'opened_on')",
            f"return {{'{procedure.table}': [{{name: row[name] for name in keep}} for row in matches]}}",
        ],
    }


def _get(procedure: Procedure) -> JsonRow:
    return {
        "name": f"get_{procedure.main}",
        "description": f"Show {article(procedure.words)}: what is known of it, and which steps are done.",
        "effect": "read",
        "parameters": _object({procedure.key: _text()}),
        "returns": _object(_record_fields(procedure)),
        "reads": [procedure.table],
        "body": [*_lookup(procedure), "return dict(record)"],
    }


def _lookup(procedure: Procedure) -> list[str]:
    return [
        f"record = state.{procedure.table}.get({procedure.key})",
        f"require(record is not None, 'There is no {procedure.words} with this id.')",
    ]


def _tool(procedure: Procedure, step: PlannedStep) -> JsonRow:
    arguments: JsonRow = {procedure.key: _text()}
    for argument in step.arguments:
        arguments[argument.name] = _schema(argument.type, argument.choice)
    tables = [procedure.table, *([step.table] if step.table else [])]
    used = [_made_by(procedure, source) for source in step.uses.values()]
    tool: JsonRow = {
        "name": step.name,
        "description": _sentence(unmarked(step.action.clause)),
        "effect": "write" if step.writes else "read",
        "parameters": _object(arguments),
        "returns": _object(_answer_fields(procedure, step)),
        "reads": list(dict.fromkeys([procedure.table, *(table for table, _ in used)])),
    }
    if step.writes:
        tool["writes"] = list(tables)
    tool["body"] = [*_lookup(procedure), *_requirements(procedure, step), *_effect(procedure, step)]
    return tool


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(" ,;:.")
    return f"{text[:1].upper()}{text[1:300]}."


def _made_by(procedure: Procedure, name: str) -> tuple[str, str]:
    step = next(step for step in procedure.steps if step.name == name)
    return step.table or procedure.table, step.made or procedure.key


def _requirements(procedure: Procedure, step: PlannedStep) -> list[str]:
    lines = []
    for name in step.needs:
        lines.append(f"require('{name}' in record['done'], '{step.rule}')")
    for other in procedure.steps:
        if other.name in step.after and other.kind == "ensure" and step.writes:
            lines.append(f"require(record['{other.field}'], '{step.rule}')")
    if step.flag is not None:
        test = f"record['{step.flag}']" if step.flag_holds else f"not record['{step.flag}']"
        lines.append(f"require({test}, '{step.flag_rule}')")
    for argument, source in step.uses.items():
        table, _ = _made_by(procedure, source)
        lines += [
            f"used = state.{table}.get({argument})",
            f"require(used is not None and used['{procedure.key}'] == {procedure.key}, "
            f"'This {procedure.words} has no such {argument.removesuffix('_id').replace('_', ' ')}.')",
        ]
    for limit in step.limits:
        if limit.rule is not None and limit.argument is not None:
            sign = "<=" if limit.bound == "most" else ">="
            lines.append(f"require({limit.argument} {sign} {limit.constant}, '{limit.rule}')")
    return lines


def _answer_fields(procedure: Procedure, step: PlannedStep) -> JsonRow:
    fields: JsonRow = {procedure.key: _text()}
    if step.field is not None:
        fields[step.field] = {"type": "boolean"} if step.field.endswith("_ok") else _text()
    else:
        if step.made is not None:
            fields[step.made] = _text()
        fields |= {a.name: _schema(a.type, a.choice) for a in step.arguments if a.name != procedure.key}
        fields["step"] = _text()
    for limit in step.limits:
        if limit.argument is None:
            fields.setdefault(limit.unit, {"type": "number"})
    return fields


def _answer(procedure: Procedure, step: PlannedStep) -> str:
    parts = {procedure.key: procedure.key}
    if step.field is not None:
        parts[step.field] = f"record['{step.field}']"
    else:
        if step.made is not None:
            parts[step.made] = "made"
        parts |= {a.name: a.name for a in step.arguments if a.name != procedure.key}
        parts["step"] = f"'{step.name}'"
    for limit in step.limits:
        if limit.argument is None:
            parts.setdefault(limit.unit, limit.constant)
    return "return {" + ", ".join(f"'{name}': {value}" for name, value in parts.items()) + "}"


def _effect(procedure: Procedure, step: PlannedStep) -> list[str]:
    if not step.writes:
        return [_answer(procedure, step)]
    lines = []
    if step.table is not None and step.made is not None:
        parts = {step.made: "made", procedure.key: procedure.key, "made_by": f"'{step.name}'", "made_at": "now()"}
        parts |= {a.name: a.name for a in step.arguments if a.name not in parts}
        row = ", ".join(f"'{name}': {value}" for name, value in parts.items())
        lines += [f"made = new_id('{step.table}')", f"state.{step.table}[made] = {{{row}}}"]
    else:
        lines += [f"record['{f'{step.name}_{a.name}'[:60]}'] = {a.name}" for a in step.arguments]
    lines += [f"if '{step.name}' not in record['done']:", f"    record['done'].append('{step.name}')"]
    return [*lines, _answer(procedure, step)]


def _workflow(procedure: Procedure) -> list[Json]:
    found = f"find.{procedure.table}[].{procedure.key}"
    takes: JsonRow = {procedure.key: found}
    steps: list[Json] = [
        {"id": "find", "tool": f"find_{procedure.table}"},
        {"id": "get", "tool": f"get_{procedure.main}", "after": ["find"], "takes": takes},
    ]
    for step in procedure.steps:
        taken: JsonRow = {**takes, **{a: f"{source}.{a}" for a, source in step.uses.items()}}
        after: list[Json] = list(step.after) or ["get"]
        written: JsonRow = {"id": step.name, "tool": step.name, "after": after, "takes": taken, "per": [procedure.key]}
        if step.rule is not None:
            written["rule"] = step.rule
        steps.append(written)
    return steps


def state_of(procedure: Procedure, text: str) -> dict[str, dict[str, JsonRow]]:
    """Return the rows to start from: records fresh, under way and done, and what their steps made.

    The first four are fresh with all conditions met; one in three of the rest fails some condition.
    """
    seed = hashlib.sha256(text.encode()).hexdigest()
    prefix = "".join(word[0] for word in procedure.main.split("_")).upper() + "R"
    tables: dict[str, dict[str, JsonRow]] = {name: {} for name in json_tables(procedure)}
    writing = [step for step in procedure.steps if step.writes and step.flag is None]
    for index in range(RECORDS):
        key = f"{prefix}-{1000 + 7 * index + number(seed, index, below=7)}"
        fresh = index < 6
        done = writing[: 0 if fresh else number(seed, "done", index, below=len(writing) + 1)]
        row: JsonRow = {procedure.key: key, "owner": person(index, seed), "opened_on": day(-1 - 2 * index)}
        for step in procedure.steps:
            if step.flag is not None:
                row[step.flag] = (index % 2 == 0) == step.flag_holds
            if step.field is not None:
                row[step.field] = _shown(step, index, seed)
        row |= dict.fromkeys(_kept(procedure))
        for step in done:
            _made_before(procedure, step, row, tables, seed, index)
        row["done"] = [step.name for step in done]
        tables[procedure.table][key] = {name: row[name] for name in _record_fields(procedure)}
    return tables


def _shown(step: PlannedStep, index: int, seed: str) -> Json:
    if step.field is not None and step.field.endswith("_ok"):
        return index < 4 or (index != 4 and number(seed, step.name, index, below=3) > 0)
    return value_for(step.action.objects[0][-1], "string", seed, step.name, index)


def _made_before(
    procedure: Procedure, step: PlannedStep, row: JsonRow, tables: dict[str, dict[str, JsonRow]], seed: str, index: int
) -> None:
    values: JsonRow = {
        a.name: pick(a.choice, seed, step.name, index)
        if a.choice
        else within(procedure, step, a.name, value_for(a.noun, a.type, seed, step.name, index))
        for a in step.arguments
    }
    if step.table is None or step.made is None:
        row |= {f"{step.name}_{name}"[:60]: value for name, value in values.items()}
        return
    key = f"{step.made[0].upper()}{step.made[1]}-{100 + len(tables[step.table])}"
    for name, source in step.uses.items():
        table, _ = _made_by(procedure, source)
        values[name] = next((k for k, r in tables[table].items() if r[procedure.key] == row[procedure.key]), key)
    made: JsonRow = {step.made: key, procedure.key: row[procedure.key], "made_by": step.name, "made_at": CLOCK}
    tables[step.table][key] = made | {name: value for name, value in values.items() if name not in made}


def within(procedure: Procedure, step: PlannedStep, argument: str, value: Json) -> Json:
    """Return a value for an argument that keeps to the limits on it."""
    for limit in step.limits:
        bound = procedure.constants[limit.constant].value
        if limit.argument == argument and isinstance(bound, int):
            return max(1, bound - 1) if limit.bound == "most" else bound + 1
    return value


def json_tables(procedure: Procedure) -> list[str]:
    """Return the names of the tables, that of the records first."""
    return list(dict.fromkeys([procedure.table, *(step.table for step in procedure.steps if step.table)]))


def as_text(value: Json) -> str:
    """Return a value as a person writes it."""
    return value if isinstance(value, str) else json.dumps(value)
