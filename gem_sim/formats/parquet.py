"""Rows in Parquet: read batch by batch, written whole or not at all. Needs pyarrow."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from gem_sim.canonical import Json
from gem_sim.errors import InputError

MAGIC = b"PAR1"
_BATCH = 256


def is_parquet(path: str | Path) -> bool:
    """Tell whether a file is Parquet by its first bytes; "-" and what cannot be read is not."""
    try:
        if str(path) == "-" or not Path(path).is_file():
            return False
        with Path(path).open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def parquet_rows(path: str | Path, start: int = 0, end: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number, from 1, and row of a file, from row `start` to before `end`; a batch is held at a time.

    Raises:
        InputError: If the file is no Parquet, or pyarrow is not installed.
    """
    file = open_parquet(path)
    at = 0
    for group in range(file.metadata.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if end is not None and at >= end:
            return
        if at + size > start:
            number = at
            for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group]):
                first, number = number, number + batch.num_rows
                low, high = max(start, first), number if end is None else min(end, number)
                if low < high:
                    yield from enumerate(batch.slice(low - first, high - low).to_pylist(), start=low + 1)
        at += size


def parquet_size(path: str | Path) -> int:
    """Return how many rows a file has."""
    return int(open_parquet(path).metadata.num_rows)


def json_of(value: object) -> Json:
    """Return a value of Arrow as JSON: what a struct lacks is null there, so null fields are left out.

    Raises:
        ValueError: If it has no form in JSON, such as bytes.
    """
    if isinstance(value, dict):
        return {str(key): json_of(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [json_of(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"{type(value).__name__} has no form in JSON")


def write_parquet(
    path: str | Path, rows: Iterable[dict[str, Any]], columns: dict[str, str], group: int = _BATCH
) -> int:
    """Write rows with the columns given (name → "string", "int64", "double" or "bool"), and return how many.

    Args:
        path: The file; it appears whole or not at all.
        rows: Taken one by one; a column that one lacks is null.
        columns: Name → Arrow's name of its type.
        group: Rows in a row group, which is also what is held at a time.
    """
    arrow, parquet = _arrow("pyarrow", path), _arrow("pyarrow.parquet", path)
    schema = arrow.schema([(name, arrow.type_for_alias(kind)) for name, kind in columns.items()])
    target = Path(path)
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    count = 0
    try:
        with parquet.ParquetWriter(scratch, schema) as writer:
            held: list[dict[str, Any]] = []
            for row in rows:
                held.append(row)
                count += 1
                if len(held) == group:
                    writer.write_table(arrow.Table.from_pylist(held, schema=schema))
                    held.clear()
            if held:
                writer.write_table(arrow.Table.from_pylist(held, schema=schema))
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return count


def open_parquet(path: str | Path) -> Any:
    """Return a file of pyarrow, opened.

    Raises:
        InputError: If the file is no Parquet, or pyarrow is not installed.
    """
    parquet = _arrow("pyarrow.parquet", path)
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the file is no whole Parquet: {reason}", file=str(path), cure="write it again") from error


def _arrow(name: str, path: str | Path) -> Any:
    try:
        return import_module(name)
    except ImportError:
        cure = "pip install 'gem-sim[parquet]'"
        raise InputError("the file is Parquet, which needs the package pyarrow", file=str(path), cure=cure) from None
