"""A workspace → a data set: verified once more, written in one format, read back, with a card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import FormatError, InputError
from gem_sim.formats import FORMATS, read_records, read_trajectories
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.rows import JsonObject, dump_json, write_rows
from gem_sim.pipeline.card import card
from gem_sim.pipeline.ledger import FILE, Ledger
from gem_sim.pipeline.parquet import write_parquet
from gem_sim.pipeline.trainers import DATASET_INFO, TRAINERS, shown_tools
from gem_sim.simulator import load_environment, replay
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict
from gem_sim.verifier import verify

FORMAT_NAMES = ("openai", "hermes", "sharegpt", *TRAINERS)


class Exported(NamedTuple):
    """What was written: rows, what did not pass or cannot be said in the format (id → reason), and the files."""

    rows: int
    rejected: dict[str, str]
    files: tuple[Path, ...]


class Row(NamedTuple):
    """A trajectory that passed, as the format says it, where it came from, its verdict, and the labels of its text.

    `labels` None: nobody labelled the text.
    """

    trajectory: Trajectory
    environment: Environment
    verdict: Verdict
    labels: JsonObject | None = None


def export(workspace: Path, out: Path, *, format: str = "openai", parquet: bool = False) -> Exported:  # noqa: A002
    """Write the trajectories of a workspace that pass every check, and a card that says what they are.

    Each file is read back by its format's own rules; a row that does not come back as it was is a fault of ours.

    Args:
        workspace: A folder with `environments/`.
        out: The folder to write: `train.jsonl` (and `train.parquet`) and `README.md`; for LLaMA-Factory also
            `dataset_info.json`.
        format: One of `FORMAT_NAMES`.
        parquet: Whether to write Parquet too; needs pyarrow. It is always written for verl, which reads nothing else.

    Raises:
        InputError: If there is nothing to export, or the format is not known.
        RuntimeError: If a row is not read back as it was.
    """
    if format not in FORMAT_NAMES:
        raise InputError(f"unknown format {format!r}", cure=f"use one of {', '.join(FORMAT_NAMES)}")
    rejected: dict[str, str] = {}
    rows = list(_said_in(format, _verified(workspace, rejected), rejected))
    if not rows:
        cure = next(
            (f"the first of them: {reason}" for reason in rejected.values()), "write it with gem-sim synthesize"
        )
        raise InputError("the workspace has no trajectory that passes", file=str(workspace), cure=cure)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "train.jsonl"
    written = [_row(row, format) for row in rows]
    write_rows(path, written)
    _read_back(path, [row.trajectory for row in rows])
    files = [path]
    if parquet or format == "verl":
        files.append(write_parquet(out / "train.parquet", written, format))
    if format == "llamafactory":
        files.append(out / "dataset_info.json")
        with atomic_text(files[-1]) as file:
            file.write(json.dumps(DATASET_INFO, indent=1) + "\n")
    with atomic_text(out / "README.md") as file:
        file.write(card(_facts(rows), format))
    return Exported(len(rows), rejected, (*files, out / "README.md"))


def _labels(workspace: Path) -> dict[str, JsonObject]:
    """Return the labels that the workspace's ledger has, by environment."""
    if not (workspace / FILE).is_file():
        return {}
    with Ledger(workspace) as ledger:
        placed, labels = ledger.results("validate"), ledger.results("label")
    return {str(placed[item]["environment"]): found for item, found in labels.items() if item in placed}  # type: ignore[index,misc,call-overload]


def _verified(workspace: Path, rejected: dict[str, str]) -> Iterator[Row]:
    labels = _labels(workspace)
    for folder in sorted((workspace / "environments").glob("*/")):
        if not (folder / "trajectories.jsonl").is_file():
            continue
        environment = load_environment(folder)
        for trajectory in read_trajectories(folder / "trajectories.jsonl"):
            verdict = verify(replay(trajectory, environment))
            if verdict.verdict == "pass":
                yield Row(_with_tools(trajectory, environment), environment, verdict, labels.get(environment.name))
            else:
                rejected[trajectory.id] = str(verdict)


def _with_tools(trajectory: Trajectory, environment: Environment) -> Trajectory:
    """Return the trajectory with the environment's tools, where its row does not say which were offered."""
    offered = trajectory.tools or tuple(environment.tools.values())
    return trajectory.model_copy(update={"tools": offered})


def _said_in(format: str, rows: Iterator[Row], rejected: dict[str, str]) -> Iterator[Row]:  # noqa: A002
    """Yield the rows as a trainer takes them; what cannot be said to it is named with the reason."""
    for row in rows:
        try:
            shaped = TRAINERS[format].shape(row.trajectory) if format in TRAINERS else row.trajectory
        except FormatError as error:
            rejected[row.trajectory.id] = error.message
            continue
        yield row._replace(trajectory=shaped)


def _row(row: Row, format: str) -> JsonObject:  # noqa: A002
    """Return a row of the format: tools as JSON text, since Arrow fills differing schemas with null."""
    if format in TRAINERS:
        written = TRAINERS[format].write(row.trajectory)
    else:
        written = next(item for item in FORMATS if item.name == format).write(row.trajectory)
    if format == "verl":
        written |= _to_roll_out(row)
    else:
        written["tools"] = dump_json(shown_tools(row.trajectory))
    written["task"] = row.trajectory.task
    written["environment"] = row.environment.name
    written["origin"] = row.environment.origin
    written["licence"] = row.environment.licence
    written["state_digest"] = row.verdict.state_digest
    # The same columns in every row; domains as text, since Arrow tells a list of none from no list.
    told = row.labels or {}
    domains = told.get("domains")
    written["platform"], written["task_category"] = told.get("platform"), told.get("task_category")
    written["domains"] = ",".join(map(str, domains)) if isinstance(domains, list) else None
    return written


def _to_roll_out(row: Row) -> JsonObject:
    """Return what verl hands to a reward function: which task of which environment, and its end."""
    task = row.environment.tasks.get(row.trajectory.task or "")
    expect: list[Json] = []
    if task is not None:
        expect = [item.model_dump(mode="json", exclude_defaults=True) for item in task.expect]
    truth: JsonObject = {
        "environment": row.environment.name,
        "task": row.trajectory.task,
        "expect": expect,
        "state_digest": row.verdict.state_digest,
    }
    # As text, since Arrow would fill what differs between tasks with null.
    return {
        "ability": "tool-use",
        "reward_model": {"style": "rule", "ground_truth": dump_json(truth)},
        "extra_info": {"id": row.trajectory.id, "environment": row.environment.name, "split": "train"},
    }


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
    labelled = [row.labels for row in rows if row.labels is not None]
    labels: dict[str, Json] = {
        "platform": dict(Counter(str(found["platform"]) for found in labelled).most_common()),
        "domain": dict(Counter(str(name) for found in labelled for name in found["domains"]).most_common()),  # type: ignore[union-attr]
        "task category": dict(Counter(str(found["task_category"]) for found in labelled).most_common()),
    }
    return {
        "labelled": len(labelled),
        "labels": labels,
        "trajectories": len(rows),
        "environments": len({row.environment.name for row in rows}),
        "counted": counted,
        "licences": dict(sorted(licences.items())),
    }
