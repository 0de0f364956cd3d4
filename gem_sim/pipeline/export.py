"""A workspace → a data set: verified once more, written in one format, read back, with a card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.formats import FORMATS, read_records, read_trajectories
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.rows import JsonObject, dump_json, write_rows
from gem_sim.formats.toolspec import write_tool
from gem_sim.pipeline.card import card
from gem_sim.simulator import load_environment, replay
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict
from gem_sim.verifier import verify

FORMAT_NAMES = ("openai", "hermes", "sharegpt")
_SHOWN_KEYS = ("name", "description", "parameters")


class Exported(NamedTuple):
    """What was written: rows, what did not pass this time (id → finding), and the files."""

    rows: int
    rejected: dict[str, str]
    files: tuple[Path, ...]


class Row(NamedTuple):
    """A trajectory that passed, where it came from, and its verdict."""

    trajectory: Trajectory
    environment: Environment
    verdict: Verdict


def export(workspace: Path, out: Path, *, format: str = "openai", parquet: bool = False) -> Exported:  # noqa: A002
    """Write the trajectories of a workspace that pass every check, and a card that says what they are.

    Each file is read back by its format's own rules; a row that does not come back as it was is a fault of ours.

    Args:
        workspace: A folder with `environments/`.
        out: The folder to write: `train.jsonl` (and `train.parquet`) and `README.md`.
        format: One of `FORMAT_NAMES`.
        parquet: Whether to write Parquet too; needs pyarrow.

    Raises:
        InputError: If there is nothing to export, or the format is not known.
        RuntimeError: If a row is not read back as it was.
    """
    if format not in FORMAT_NAMES:
        raise InputError(f"unknown format {format!r}", cure=f"use one of {', '.join(FORMAT_NAMES)}")
    rejected: dict[str, str] = {}
    rows = list(_verified(workspace, rejected))
    if not rows:
        cure = "write it with gem-sim synthesize"
        raise InputError("the workspace has no trajectory that passes", file=str(workspace), cure=cure)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "train.jsonl"
    written = [_row(row, format) for row in rows]
    write_rows(path, written)
    _read_back(path, [row.trajectory for row in rows])
    files = [path]
    if parquet:
        files.append(_parquet(out / "train.parquet", written))
    with atomic_text(out / "README.md") as file:
        file.write(card(_facts(rows), format))
    return Exported(len(rows), rejected, (*files, out / "README.md"))


def _verified(workspace: Path, rejected: dict[str, str]) -> Iterator[Row]:
    for folder in sorted((workspace / "environments").glob("*/")):
        if not (folder / "trajectories.jsonl").is_file():
            continue
        environment = load_environment(folder)
        for trajectory in read_trajectories(folder / "trajectories.jsonl"):
            verdict = verify(replay(trajectory, environment))
            if verdict.verdict == "pass":
                yield Row(trajectory, environment, verdict)
            else:
                rejected[trajectory.id] = str(verdict)


def _row(row: Row, format: str) -> JsonObject:  # noqa: A002
    """Return a row of the format: tools as JSON text, since Arrow fills differing schemas with null."""
    known = next(item for item in FORMATS if item.name == format)
    written = known.write(row.trajectory)
    shown = [{k: v for k, v in write_tool(tool).items() if k in _SHOWN_KEYS} for tool in row.trajectory.tools]
    written["tools"] = dump_json([{"type": "function", "function": spec} for spec in shown])
    written["environment"] = row.environment.name
    written["origin"] = row.environment.origin
    written["licence"] = row.environment.licence
    written["state_digest"] = row.verdict.state_digest
    return written


def _read_back(path: Path, trajectories: Sequence[Trajectory]) -> None:
    records = list(read_records(path))
    for record, wanted in zip(records, trajectories, strict=True):
        found = record.trajectory
        if found is None or _said(found) != _said(wanted):
            raise RuntimeError(f"{path}:{record.line}: {wanted.id} is not read back as it was written")


def _said(trajectory: Trajectory) -> list[tuple[str, str | None, list[tuple[str, dict[str, Json]]]]]:
    """Return what every format must keep: roles, texts and calls in order."""
    return [
        (m.role, m.value() if m.role == "tool" else m.content or None, [(c.tool, c.arguments) for c in m.tool_calls])  # type: ignore[misc]
        for m in trajectory.messages
    ]


def _parquet(path: Path, rows: Sequence[JsonObject]) -> Path:
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        cure = "pip install 'gem-sim[parquet]'"
        raise InputError("Parquet needs the package pyarrow", file=str(path), cure=cure) from None
    table = arrow.Table.from_pylist(list(rows))
    parquet.write_table(table, path)
    if parquet.read_table(path).num_rows != len(rows):
        raise RuntimeError(f"{path}: rows are missing")
    return path


def _facts(rows: Sequence[Row]) -> dict[str, Json]:
    """Return the numbers of the card."""
    messages = [len(row.trajectory.messages) for row in rows]
    calls = [row.verdict.calls for row in rows]
    tools = [len({placed.call.tool for placed in row.trajectory.calls()}) for row in rows]
    licences = Counter(row.environment.licence or "unknown" for row in rows)
    counted: dict[str, Json] = {}
    for name, numbers in (("messages", messages), ("calls", calls), ("distinct tools", tools)):
        spread: list[Json] = [round(mean(numbers), 2), median(numbers), min(numbers), max(numbers)]
        counted[name] = spread
    return {
        "trajectories": len(rows),
        "environments": len({row.environment.name for row in rows}),
        "counted": counted,
        "licences": dict(sorted(licences.items())),
    }
