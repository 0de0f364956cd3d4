"""The shape of each reply that a prompt asks for, as JSON Schema.

Endpoints that decode by a schema allow no key that it does not name, so what may be said is named; and they take the
keys in this order. Where replies are checked, keys besides are let through: the loader says what is wrong with them.
"""

from __future__ import annotations

from gem_sim.canonical import Json
from gem_sim.pipeline.labels import DOMAINS, PLATFORMS, TASK_CATEGORIES


def _object(required: dict[str, Json], optional: dict[str, Json] | None = None) -> dict[str, Json]:
    names: list[Json] = list(required)
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": names}


def _map(values: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": values}


def _list(items: dict[str, Json], least: int = 0, most: int | None = None) -> dict[str, Json]:
    bounds: dict[str, Json] = {"minItems": least} if least else {}
    if most is not None:
        bounds["maxItems"] = most
    return {"type": "array", "items": items, **bounds}


_TEXT: dict[str, Json] = {"type": "string"}
_ANY: dict[str, Json] = {"type": "object"}
_NAME: dict[str, Json] = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_CONSTANT: dict[str, Json] = {"type": ["string", "number", "boolean"]}

# A model that repeats itself without end must come to one.
_MOST_TURNS = 60

_TYPES: dict[str, Json] = {"enum": ["string", "integer", "number", "boolean", "array", "object", "null"]}
_FIELD: dict[str, Json] = {
    "anyOf": [
        {**_object({"type": {"anyOf": [_TYPES, _list(_TYPES)]}}, {"description": _TEXT}), "additionalProperties": True},
        _object({"enum": {"type": "array"}}, {"description": _TEXT}),
        _object({"anyOf": {"type": "array"}}, {"description": _TEXT}),
        _object({"const": {}}, {"description": _TEXT}),
    ]
}
_OF_OBJECTS = {
    **_object({"type": {"const": "object"}, "properties": _map(_FIELD)}, {"required": _list(_TEXT)}),
    "additionalProperties": True,
}

_TOOL = _object(
    {
        "name": _NAME,
        "description": _TEXT,
        "effect": {"enum": ["read", "write"]},
        "parameters": _OF_OBJECTS,
        "returns": _OF_OBJECTS,
        "body": _list(_TEXT, 1),
    },
    {"reads": _list(_TEXT), "writes": _list(_TEXT)},
)
_STEP = _object(
    {"id": _TEXT, "tool": _TEXT},
    {
        "after": _list(_TEXT),
        "takes": _map(_TEXT),
        "when": _TEXT,
        "once": {"type": "boolean"},
        "rule": _TEXT,
        "unit": _TEXT,
    },
)
_WORKFLOW = _object({"steps": _list(_STEP, 1)}, {"name": _TEXT, "description": _TEXT})
_RULE = _object({"text": _TEXT, "kind": {"enum": ["dependency", "limit", "conditional", "uniqueness"]}, "quote": _TEXT})
_ENVIRONMENT = _object(
    {
        "slug": _TEXT,
        "title": _TEXT,
        "policy": _list(_TEXT),
        "entities": _map(_object({"key": _TEXT, "row": _OF_OBJECTS})),
        "state": _map(_map(_ANY)),
        "constants": _map(_object({"value": _CONSTANT, "quote": _TEXT}, {"unit": _TEXT})),
        "rules": _map(_RULE),
        "tools": _list(_TOOL, 2),
        "workflow": {"anyOf": [_WORKFLOW, _list(_WORKFLOW)]},
    }
)

_CALL = _object({"tool": _TEXT, "arguments": _ANY})
_EXPECT = _list(
    {"anyOf": [_object({"table": _TEXT, "where": _ANY}), _object({"tool": _TEXT}, {"arguments": _ANY}), _ANY]}
)
_SAID: dict[str, Json] = {"type": ["string", "null"]}
_TURN: dict[str, Json] = {
    "anyOf": [
        _object({"user": _TEXT}),
        _object({"assistant": _SAID, "call": _CALL, "result": {}}),
        _object({"assistant": _SAID}),
        _object({"call": _CALL}, {"result": {}}),
    ]
}
_ANSWER = _object({"holds": {"type": "boolean"}, "why": _TEXT})

_LABELS = {
    **_object(
        {
            "procedural": {"type": "boolean"},
            "summary": _TEXT,
            "platform": {"enum": list(PLATFORMS)},
            "domains": {"type": "array", "items": {"enum": list(DOMAINS)}, "minItems": 1, "maxItems": 5},
            "task_category": {"enum": list(TASK_CATEGORIES)},
        }
    ),
    "additionalProperties": False,
}

SCHEMAS: dict[str, dict[str, Json]] = {
    "labels": _LABELS,
    "environment": _ENVIRONMENT,
    "conversations": _object(
        {
            "conversations": _list(
                _object({"id": _TEXT, "instruction": _TEXT, "expect": _EXPECT, "turns": _list(_TURN, 2, _MOST_TURNS)}),
                1,
            )
        }
    ),
    "tasks": _object(
        {
            "tasks": _list(
                _object({"id": _TEXT, "persona": _TEXT, "instruction": _TEXT, "expect": _EXPECT}, {"known": {}}), 1
            )
        }
    ),
    "user": _object({"say": _TEXT, "done": {"type": "boolean"}}),
    "assistant": _object({"say": _SAID, "call": {"anyOf": [_CALL, {"type": "null"}]}}),
    "judgement": _object({"R1": _ANSWER, "R2": _ANSWER, "R3": _ANSWER}),
}
