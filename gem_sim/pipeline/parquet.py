"""Rows as a Parquet file, read back before it counts as written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from gem_sim.errors import InputError
from gem_sim.formats.rows import JsonObject


def write_parquet(path: Path, rows: Sequence[JsonObject], format: str) -> Path:  # noqa: A002
    """Write rows of one format; the arguments of TRL's are JSON, which Arrow does not fill with null.

    Raises:
        InputError: If pyarrow is not installed.
        RuntimeError: If a row is not read back as it was.
    """
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        cure = "pip install 'gem-sim[parquet]'"
        raise InputError("Parquet needs the package pyarrow", file=str(path), cure=cure) from None
    told = [_told(row) for row in rows] if format == "trl" else list(rows)
    table = arrow.Table.from_pylist(told)
    # A column of nothing but nulls is one of texts, as it is in another export.
    typed = [arrow.field(f.name, arrow.string() if f.type == arrow.null() else f.type) for f in table.schema]
    table = _with_json(arrow, table) if format == "trl" else table.cast(arrow.schema(typed))
    written = path.with_name(path.name + ".tmp")
    parquet.write_table(table, written)
    found = parquet.read_table(written).to_pylist()
    if len(found) != len(rows) or any(_bare(one) != _bare(other) for one, other in zip(found, told, strict=True)):
        raise RuntimeError(f"{path}: a row is not read back as it was written")
    written.replace(path)
    return path


def _told(row: JsonObject) -> JsonObject:
    """Return a row of TRL's with arguments as JSON text."""
    messages = [dict(message) for message in row["messages"]]  # type: ignore[union-attr,arg-type]
    for message in messages:
        calls: Any = message.get("tool_calls") or []
        message["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": json.dumps(call["function"]["arguments"])}}
            for call in calls
        ] or None
    return {**row, "messages": messages}  # type: ignore[dict-item]


def _with_json(arrow: Any, table: Any) -> Any:
    """Return the table with its arguments declared as JSON, and as such to `datasets` too."""
    text = {"dtype": "string", "_type": "Value"}
    function = {"name": text, "arguments": {"_type": "Json"}}
    call = {"id": text, "type": text, "function": function}
    message = {"role": text, "content": text, "tool_calls": {"feature": call, "_type": "List"}}
    message |= {"tool_call_id": text, "name": text}
    features = dict.fromkeys(table.column_names, text) | {"messages": {"feature": message, "_type": "List"}}
    called = arrow.struct([("name", arrow.string()), ("arguments", arrow.json_())])
    calls = arrow.list_(arrow.struct([("id", arrow.string()), ("type", arrow.string()), ("function", called)]))
    fields = [("role", arrow.string()), ("content", arrow.string()), ("tool_calls", calls)]
    fields += [("tool_call_id", arrow.string()), ("name", arrow.string())]
    columns = [
        arrow.field(name, arrow.list_(arrow.struct(fields)) if name == "messages" else arrow.string())
        for name in table.column_names
    ]
    info = json.dumps({"info": {"features": features}})
    return table.cast(arrow.schema(columns, metadata={"huggingface": info}))


def _bare(value: Any) -> Any:
    """Return a value without what is null, which a row of the file may have and the row written not."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if item is not None}
    return [_bare(item) for item in value] if isinstance(value, list) else value
