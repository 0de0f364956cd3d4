"""The file formats of gem-sim as JSON Schemas."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue, TypeAdapter

from gem_sim.simulator.load import EnvironmentFile
from gem_sim.task import Task
from gem_sim.verdict import Verdict

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STATE: TypeAdapter[Any] = TypeAdapter(dict[str, dict[str, dict[str, JsonValue]]])


def file_schemas() -> dict[str, dict[str, Any]]:
    """Return name of the format → JSON Schema: `environment`, `state`, `task` and `verdict` (one line each)."""
    environment = EnvironmentFile.model_json_schema()
    many = environment["properties"]["workflow"]
    environment["properties"]["workflow"] = {"anyOf": [{"$ref": "#/$defs/Workflow"}, many], "default": []}
    schemas = {
        "environment": environment,
        "state": {"title": "State: table → key → row", **_STATE.json_schema()},
        "task": Task.model_json_schema(),
        "verdict": Verdict.model_json_schema(mode="serialization"),
    }
    return {name: {"$schema": _DIALECT, **schema} for name, schema in schemas.items()}
