"""A draft's environment and state as the smallest JSON that says them, and back.

What can be worked out is left out: the name (title and passage say it), tables that a body reads and writes, a rule's
sentence where it is its quote, a row's key; schemas are shapes (see `shapes`), rows lists of their entity's fields.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import cast

from gem_sim.canonical import Json
from gem_sim.errors import FormatError
from gem_sim.pipeline.draft import Draft, JsonRow
from gem_sim.synthesizer.shapes import schema_of, shaped
from gem_sim.tool import Tool

CLOCK = "2026-03-02T09:00:00Z"
_MENTION = re.compile(r"\bstate\.(\w+)(\[[^\]]*\] = )?")
_ENVIRONMENT_KEYS = ("title", "policy", "entities", "constants", "rules", "tools", "workflow", "state")
_TOOL_KEYS = {"effect", "returns", "reads", "writes", "body"}


def stem_of(draft: Draft) -> str:
    """Return an environment's name without the digest of its passage."""
    texts = {draft.source, draft.source.rstrip("\n")}
    endings = [f"_{hashlib.sha256(text.encode()).hexdigest()[:8]}" for text in texts]
    return next((draft.name.removesuffix(end) for end in endings if draft.name.endswith(end)), draft.name)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40].strip("_") or "environment"


def pack(draft: Draft) -> tuple[JsonRow, list[str]]:
    """Return what execution needs of a draft besides what tools are offered as, and the names of its tools.

    Raises:
        FormatError: If the environment has keys that no text says.
    """
    own = draft.environment
    strange = own.keys() - {*_ENVIRONMENT_KEYS, "name", "origin", "licence", "clock"}
    if strange:
        raise FormatError(f"the environment has {sorted(strange)[0]!r}, which the text cannot say")
    packed: JsonRow = {"title": own.get("title", "")}
    if stem_of(draft) != _slug(str(packed["title"])):
        packed["name"] = stem_of(draft)
    if own.get("clock", CLOCK) != CLOCK:
        packed["clock"] = own["clock"]
    rules = _mapping(own.get("rules"))
    packed["entities"] = {name: _pack_entity(entity) for name, entity in _mapping(own.get("entities")).items()}
    packed["rules"] = _pack_rules(rules)
    packed["constants"] = _pack_constants(_mapping(own.get("constants", {})), rules)
    packed["policy"] = _pack_policy(own.get("policy"), rules)
    specs = [_mapping(spec) for spec in _list(own.get("tools"))]
    entities = _mapping(own.get("entities"))
    packed["tools"] = {str(spec["name"]): _pack_tool(spec, entities) for spec in specs}
    packed["workflow"] = _pack_workflow(own.get("workflow", []), packed["title"])
    packed["state"] = {table: _pack_table(table, rows, own) for table, rows in draft.state.items()}
    return packed, list(cast(JsonRow, packed["tools"]))


def unpack(packed: JsonRow, offered: Mapping[str, Tool], passage: str, *, origin: str, licence: str) -> Draft:
    """Return the draft that `pack` packed.

    Raises:
        FormatError: If it is not as `pack` writes it.
    """
    if strange := packed.keys() - {*_ENVIRONMENT_KEYS, "name", "clock"}:
        raise FormatError(f"the environment has an unknown key {sorted(strange)[0]!r}")
    if lost := [key for key in _ENVIRONMENT_KEYS if key not in packed]:
        raise FormatError(f"the environment lacks {lost[0]!r}")
    title = str(packed["title"])
    stem = packed.get("name", _slug(title))
    if not isinstance(stem, str) or not re.fullmatch(r"\w{1,80}", stem, re.ASCII):
        raise FormatError(f"no name for an environment: {stem!r}")
    rules = _unpack_rules(_mapping(packed["rules"]))
    try:
        entities = {name: _unpack_entity(entity) for name, entity in _mapping(packed["entities"]).items()}
        tools = [
            _unpack_tool(name, spec, offered.get(name), entities) for name, spec in _mapping(packed["tools"]).items()
        ]
    except ValueError as error:
        raise FormatError(str(error)) from None
    environment: JsonRow = {
        "name": f"{stem}_{hashlib.sha256(passage.encode()).hexdigest()[:8]}",
        "title": title,
        "origin": origin,
        "licence": licence,
        "clock": packed.get("clock", CLOCK),
        "policy": _unpack_policy(packed["policy"], rules),
        "entities": entities,
        "constants": _unpack_constants(_mapping(packed["constants"]), rules),
        "rules": cast(JsonRow, rules),
        "tools": cast(list[Json], tools),
        "workflow": _unpack_workflow(packed["workflow"], title),
    }
    state = {table: _unpack_table(table, rows, entities) for table, rows in _mapping(packed["state"]).items()}
    return Draft(environment, f"{passage}\n", state)


def _mapping(value: Json) -> JsonRow:
    if not isinstance(value, dict):
        raise FormatError(f"an object is expected, not {str(value)[:40]!r}")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise FormatError(f"a list is expected, not {str(value)[:40]!r}")
    return value


def _pack_entity(entity: Json) -> Json:
    known = _mapping(entity)
    return {"key": known.get("key"), "row": shaped(known.get("row", {}))}


def _unpack_entity(entity: Json) -> Json:
    known = _mapping(entity)
    return {"key": known.get("key"), "row": schema_of(known.get("row", {}))}


def _pack_rules(rules: JsonRow) -> Json:
    """Return the rules: the sentence only where it is not the quote; for a quote that an earlier rule has, its name."""
    packed: JsonRow = {}
    first: dict[str, str] = {}
    for name, rule in rules.items():
        known = _mapping(rule)
        short: JsonRow = {"kind": known.get("kind")}
        if known.get("text") != known.get("quote"):
            short["text"] = known.get("text")
        if "quote" in known:
            quote = str(known["quote"])
            short["quote"] = {"rule": first[quote]} if quote in first else known["quote"]
            first.setdefault(quote, name)
        packed[name] = short
    return packed


def _unpack_rules(packed: JsonRow) -> dict[str, JsonRow]:
    rules: dict[str, JsonRow] = {}
    for name, rule in packed.items():
        known = _mapping(rule)
        said: JsonRow = {"text": None, "kind": known.get("kind")}
        if "quote" in known:
            said["quote"] = _quoted(known["quote"], rules)
        said["text"] = known["text"] if "text" in known else said.get("quote")
        rules[name] = said
    return rules


def _quoted(quote: Json, rules: Mapping[str, JsonRow]) -> Json:
    if not isinstance(quote, dict):
        return quote
    name = quote.get("rule")
    if name not in rules:
        raise FormatError(f"a quote names no rule before it: {name!r}")
    return rules[str(name)].get("quote")


def _pack_constants(constants: JsonRow, rules: JsonRow) -> Json:
    """Return the constants, with the name of a rule for a quote that it has too."""
    quotes = {str(_mapping(rule).get("quote")): name for name, rule in reversed(rules.items())}
    packed: JsonRow = {}
    for name, constant in constants.items():
        known = _mapping(constant)
        quote = known.get("quote")
        named = quotes.get(str(quote)) if quote else None
        packed[name] = known if named is None else {**known, "quote": {"rule": named}}
    return packed


def _unpack_constants(packed: JsonRow, rules: Mapping[str, JsonRow]) -> Json:
    constants: JsonRow = {}
    for name, constant in packed.items():
        known = _mapping(constant)
        constants[name] = {**known, "quote": _quoted(known["quote"], rules)} if "quote" in known else known
    return constants


def _pack_policy(policy: Json, rules: JsonRow) -> Json:
    """Return the policy with the name of a rule, as `{"rule": name}`, for its sentence."""
    texts = {str(_mapping(rule).get("text")): name for name, rule in reversed(rules.items())}
    return [{"rule": texts[str(line)]} if line in texts else line for line in _list(policy if policy else [])]


def _unpack_policy(policy: Json, rules: Mapping[str, JsonRow]) -> Json:
    lines: list[Json] = []
    for line in _list(policy):
        name = line.get("rule") if isinstance(line, dict) else None
        if isinstance(line, dict) and name not in rules:
            raise FormatError(f"the policy names no rule: {name!r}")
        lines.append(rules[str(name)]["text"] if isinstance(line, dict) else line)
    return lines


def _tables(body: Json) -> tuple[list[Json], list[Json]]:
    """Return the tables that a body seems to read and to write: those it mentions, those it puts rows into."""
    read: dict[str, None] = {}
    named: dict[str, None] = {}
    for found in _MENTION.finditer("\n".join(str(line) for line in body) if isinstance(body, list) else ""):
        named[found[1]] = None
        if not found[2]:
            read[found[1]] = None
    return list(read), list(named)


def _pack_tool(spec: JsonRow, entities: JsonRow) -> Json:
    if strange := spec.keys() - _TOOL_KEYS - {"name", "description", "parameters"}:
        raise FormatError(f"a tool has {sorted(strange)[0]!r}, which the text cannot say")
    packed: JsonRow = {}
    effect = spec.get("effect")
    if effect != "read":
        packed["effect"] = effect
    if "returns" in spec:
        packed["returns"] = _pack_returns(spec["returns"], entities)
    reads, named = _tables(spec.get("body"))
    if spec.get("reads") != reads:
        packed["reads"] = spec.get("reads")
    if spec.get("writes") != (named if effect == "write" else None):
        packed["writes"] = spec.get("writes")
    if "body" in spec:
        packed["body"] = "\n".join(map(str, _list(spec["body"])))
    return packed


def _pack_returns(returns: Json, entities: JsonRow) -> Json:
    """Return what a tool answers: the name of a table, as `{"$row": table}`, where it is a row of it."""
    table = next((name for name, entity in entities.items() if _mapping(entity).get("row") == returns), None)
    return shaped(returns) if table is None else {"$row": table}


def _unpack_returns(packed: Json, entities: JsonRow) -> Json:
    if not isinstance(packed, dict) or packed.keys() != {"$row"}:
        return schema_of(packed)
    table = packed["$row"]
    if table not in entities:
        raise FormatError(f"a tool returns rows of {table!r}, which is no table")
    return _mapping(entities[str(table)]).get("row")


def _unpack_tool(name: str, packed: Json, offered: Tool | None, entities: JsonRow) -> JsonRow:
    known = _mapping(packed)
    if offered is None:
        raise FormatError(f"the tool {name!r} is not among the tools")
    if strange := known.keys() - _TOOL_KEYS:
        raise FormatError(f"the tool {name!r} has an unknown key {sorted(strange)[0]!r}")
    body = known.get("body")
    if body is not None and not isinstance(body, str):
        raise FormatError(f"the body of {name!r} is no text")
    lines: Json = None if body is None else cast(Json, body.split("\n"))
    reads, named = _tables(lines)
    effect = known.get("effect", "read")
    spec: JsonRow = {
        "name": name,
        "description": offered.description,
        "effect": effect,
        "parameters": offered.parameters,
        "returns": _unpack_returns(known["returns"], entities) if "returns" in known else None,
        "reads": known.get("reads", reads),
        "writes": known.get("writes", named if effect == "write" else None),
        "body": lines,
    }
    return {key: value for key, value in spec.items() if value is not None}


def _pack_workflow(workflow: Json, title: Json) -> Json:
    """Return workflows: without a title that is the environment's, with each step as what differs from the last."""
    if isinstance(workflow, list):
        return [_pack_workflow(one, title) for one in workflow]
    known = {key: value for key, value in _mapping(workflow).items() if key != "title" or value != title}
    steps: list[Json] = []
    last: JsonRow = {}
    for step in map(_mapping, _list(known.get("steps", []))):
        short = {key: value for key, value in step.items() if key != "tool" or value != step.get("id")}
        for key in ("takes", "per"):
            if key in step and step[key] == last.get(key):
                short.pop(key)
            elif key not in step and key in last:
                short[key] = None
        steps.append(short)
        last = step
    if "title" not in _mapping(workflow):
        known["title"] = None
    return {**known, "steps": steps}


def _unpack_workflow(workflow: Json, title: Json) -> Json:
    if isinstance(workflow, list):
        return [_unpack_workflow(one, title) for one in workflow]
    known = {"title": title, **_mapping(workflow)}
    if known["title"] is None:
        known.pop("title")
    steps: list[Json] = []
    last: JsonRow = {}
    for step in map(_mapping, _list(known.get("steps", []))):
        whole = {"id": step.get("id"), "tool": step.get("tool", step.get("id")), **step}
        for key in ("takes", "per"):
            if key not in whole and key in last:
                whole[key] = last[key]
            elif key in whole and whole[key] is None:
                whole.pop(key)
        steps.append(whole)
        last = whole
    return {**known, "steps": steps}


def _columns(entity: Json) -> tuple[str | None, Sequence[str]]:
    """Return a table's key and its other fields, in the order of its schema."""
    known = entity if isinstance(entity, dict) else {}
    row = known.get("row")
    properties = row.get("properties") if isinstance(row, dict) else None
    key = known.get("key")
    names = [name for name in properties if name != key] if isinstance(properties, dict) else []
    return (key, names) if isinstance(key, str) else (None, ())


def _pack_table(table: str, rows: dict[str, JsonRow], environment: JsonRow) -> Json:
    key, names = _columns(_mapping(environment.get("entities")).get(table))
    packed: JsonRow = {}
    for name, row in rows.items():
        whole = key is not None and row.keys() == {key, *names} and row[key] == name
        packed[name] = [row[column] for column in names] if whole else row
    return packed


def _unpack_table(table: str, rows: Json, entities: Mapping[str, Json]) -> dict[str, JsonRow]:
    key, names = _columns(entities.get(table))
    unpacked: dict[str, JsonRow] = {}
    for name, row in _mapping(rows).items():
        if not isinstance(row, list):
            unpacked[name] = _mapping(row)
            continue
        if key is None or len(row) != len(names):
            raise FormatError(f"the row {name!r} of {table!r} has {len(row)} fields of {len(names)}")
        unpacked[name] = {key: name, **dict(zip(names, row, strict=True))}
    return unpacked
