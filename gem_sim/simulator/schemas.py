"""The file formats of gem-sim as JSON Schemas."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue, TypeAdapter

from gem_sim.simulator.load import EnvironmentFile
from gem_sim.task import Task
from gem_sim.verdict import Verdict

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STATE: TypeAdapter[Any] = TypeAdapter(dict[str, dict[str, dict[str, JsonValue]]])

_OPTIONAL_NUMBER = {"type": ["integer", "null"], "minimum": 1}
_OPTIONAL_TEXT = {"type": ["string", "null"]}
_SOURCES = {
    "description": "Only with `--explain`: where each value in each call's arguments comes from.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "turn": {"type": "integer"},
            "call": {"type": "integer", "minimum": 1},
            "tool": {"type": "string"},
            "argument": {"type": "string"},
            "path": {"type": "string", "description": "The place in the arguments: `items[0].sku`."},
            "value": {},
            "kind": {"type": "string", "description": "said, returned, prompt, …: docs/decisions/provenance.md."},
            "message": {**_OPTIONAL_NUMBER, "description": "The message that has the source, from 1."},
            "from_call": {**_OPTIONAL_NUMBER, "description": "The call whose result has the source."},
            "from_path": {**_OPTIONAL_TEXT, "description": "The place in that result, or in the state."},
            "how": {**_OPTIONAL_TEXT, "description": "What was done with the source, or why there is none."},
        },
        "required": ["turn", "call", "tool", "argument", "path", "value", "kind"],
        "additionalProperties": False,
    },
}


def file_schemas() -> dict[str, dict[str, Any]]:
    """Return name of the format → JSON Schema: `environment`, `state`, `task` and `verdict` (one line each)."""
    environment = EnvironmentFile.model_json_schema()
    many = environment["properties"]["workflow"]
    environment["properties"]["workflow"] = {"anyOf": [{"$ref": "#/$defs/Workflow"}, many], "default": []}
    verdict = Verdict.model_json_schema(mode="serialization")
    verdict["properties"]["sources"] = _SOURCES
    schemas = {
        "environment": environment,
        "state": {"title": "State: table → key → row", **_STATE.json_schema()},
        "task": Task.model_json_schema(),
        "verdict": verdict,
    }
    return {name: {"$schema": _DIALECT, **schema} for name, schema in schemas.items()}
