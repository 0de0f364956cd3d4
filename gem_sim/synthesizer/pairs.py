"""Workspaces → pairs that pass: each read, cut to the rows it needs where wanted, and verified as its text says it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from gem_sim.canonical import Json, parse_json
from gem_sim.errors import GemSimError, InputError
from gem_sim.formats import read_trajectories
from gem_sim.pipeline.draft import Draft, JsonRow, draft_of
from gem_sim.pipeline.ledger import FILE as LEDGER
from gem_sim.simulator import load_environment
from gem_sim.synthesizer.form import Pair, normalised, parse, render
from gem_sim.synthesizer.judging import judge_pair
from gem_sim.tool import Tool
from gem_sim.trajectory import Trajectory


class Written(NamedTuple):
    """A verified pair and its text; `document` names the source document, `origin` and `licence` are the passage's."""

    id: str
    pair: Pair
    text: str
    document: str
    origin: str
    licence: str


def written_pairs(
    workspaces: Sequence[Path],
    dropped: Counter[str],
    *,
    rows: int | None = None,
    per_text: int | None = None,
    trusted: bool = False,
) -> Iterator[Written]:
    """Yield the verified pairs of workspaces, in the order of their folders.

    Args:
        workspaces: Folders with `environments/`, as `gem-sim synthesize` writes them.
        dropped: Counts what is left out, by reason.
        rows: How many rows a table keeps: those that the conversation names, then the first others; None: all.
        per_text: How many conversations of an environment are taken, the first that pass; None: all.
        trusted: Whether bodies may run in this process.

    Raises:
        InputError: If a workspace has no environments.
    """
    with TemporaryDirectory() as scratch:
        for workspace in workspaces:
            folders = sorted((workspace / "environments").glob("*/"))
            if not folders:
                cure = "write it with gem-sim synthesize"
                raise InputError("the workspace has no environments", file=str(workspace), cure=cure)
            documents = _documents(workspace)
            for folder in folders:
                taken = 0
                for pair in _pairs_of(folder, dropped):
                    if per_text is not None and taken >= per_text:
                        dropped["beyond the number for each text"] += 1
                        continue
                    document = documents.get(folder.name, "")
                    written = written_pair(
                        pair, Path(scratch) / folder.name, dropped, document=document, rows=rows, trusted=trusted
                    )
                    if written is not None:
                        taken += 1
                        yield written


def written_pair(
    pair: Pair,
    folder: Path,
    dropped: Counter[str],
    *,
    document: str = "",
    rows: int | None = None,
    trusted: bool = False,
) -> Written | None:
    """Return a pair with its text if it passes as the text says it; None, with the reason counted, if it does not.

    `document` "" stands for a document of its own. See `written_pairs` for the rest.
    """
    origin, licence = (str(pair.draft.environment.get(key, "")) for key in ("origin", "licence"))
    try:
        plain = normalised(_cut(pair, rows))
        text = render(plain)
        back = parse(text, plain.passage, origin=origin, licence=licence)
    except GemSimError:
        dropped["the text cannot say it"] += 1
        return None
    if _values(back) != _values(plain):
        dropped["not read back as it was"] += 1
        return None
    judged = judge_pair(back, folder, trusted=trusted)
    if not judged.passed:
        dropped[f"not verified: {judged.reason.partition(':')[0]}"] += 1
        return None
    named = document or hashlib.sha256(pair.passage.encode()).hexdigest()[:16]
    return Written(back.trajectory.id, back, text, named, origin, licence)


def _documents(workspace: Path) -> dict[str, str]:
    """Return the document of each environment, as far as the workspace's ledger says it."""
    if not (workspace / LEDGER).is_file():
        return {}
    query = "SELECT item, result FROM outcomes WHERE stage = 'validate' AND outcome = 'kept'"
    database = sqlite3.connect(f"file:{workspace / LEDGER}?mode=ro", uri=True)
    try:
        found = database.execute(query).fetchall()
    except sqlite3.DatabaseError as error:
        raise InputError(f"no ledger: {error}", file=str(workspace / LEDGER)) from None
    finally:
        database.close()
    # An item is a document, or `<document>#<segment>`; a name that occurs again has `~<number>` at the end.
    return {str(json.loads(result)["environment"]): item.partition("#")[0] for item, result in found if result}


def _pairs_of(folder: Path, dropped: Counter[str]) -> Iterator[Pair]:
    if not (folder / "trajectories.jsonl").is_file():
        return
    draft = draft_in(folder)
    tasks = load_environment(folder).tasks
    for trajectory in read_trajectories(folder / "trajectories.jsonl"):
        task = tasks.get(trajectory.task or "")
        if task is None:
            dropped["no task"] += 1
            continue
        yield Pair(draft, task, _offering(trajectory, draft))


def draft_in(folder: Path) -> Draft:
    """Return the draft that an environment's folder holds.

    Raises:
        InputError: If a file is missing or no JSON.
    """
    environment = _read(folder / "environment.json")
    state = _read(folder / "state.json") if (folder / "state.json").exists() else {}
    try:
        source = (folder / "source.md").read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(folder / "source.md")) from None
    return draft_of({"environment": environment, "source": source, "state": state})


def _read(path: Path) -> JsonRow:
    try:
        value = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", file=str(path)) from None
    if not isinstance(value, dict):
        raise InputError("not a JSON object", file=str(path))
    return value


def _offering(trajectory: Trajectory, draft: Draft) -> Trajectory:
    """Return a trajectory that was recorded without tools with those of its environment."""
    if trajectory.tools:
        return trajectory
    specs = draft.environment.get("tools")
    tools = [Tool.model_validate_json(json.dumps(spec)) for spec in (specs if isinstance(specs, list) else [])]
    return trajectory.model_copy(update={"tools": tuple(tool.model_copy(update={"body": None}) for tool in tools)})


def _cut(pair: Pair, rows: int | None) -> Pair:
    """Return the pair with tables cut to the rows that its conversation or task names, filled up with the first."""
    if rows is None:
        return pair
    messages = pair.trajectory.messages
    said = "\n".join([*(message.content or "" for message in messages), pair.task.model_dump_json()])
    said += "\n".join(json.dumps(call.arguments) for message in messages for call in message.tool_calls)
    state = {table: _kept(held, said, rows) for table, held in pair.draft.state.items()}
    return pair._replace(draft=pair.draft._replace(state=state))


def _kept(held: Mapping[str, JsonRow], said: str, rows: int) -> dict[str, JsonRow]:
    named = [key for key in held if key in said]
    others = [key for key in held if key not in set(named)]
    wanted = {*named, *others[: max(0, rows - len(named))]}
    return {key: row for key, row in held.items() if key in wanted}


def _values(pair: Pair) -> tuple[Json, ...]:
    environment = {key: value for key, value in pair.draft.environment.items() if value is not None}
    return (
        environment,
        pair.draft.source,
        pair.draft.state,  # type: ignore[return-value]
        pair.task.model_dump(mode="json"),
        pair.trajectory.model_dump(mode="json"),
    )
