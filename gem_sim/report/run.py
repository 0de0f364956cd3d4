"""What a run left behind, to be looked at: verdicts, the trajectories they are about, a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from gem_sim.canonical import Json, parse_json
from gem_sim.engine import judge
from gem_sim.engine.sight import sight
from gem_sim.environment import Environment
from gem_sim.errors import FormatError, InputError, StubError
from gem_sim.formats import Record, read_records, read_trajectory
from gem_sim.formats.paged import PagedRows, Place, files_in
from gem_sim.formats.rows import JsonObject
from gem_sim.simulator import load_environment, replay
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Verdict

_FIELDS = ("id", "verdict", "calls", "state_digest", "findings")
MANIFEST = "_manifest.json"


class Shown(NamedTuple):
    """One trajectory to show: its verdict, what was replayed (None: nothing was), and where.

    `end` is the digest of the state that a replay now ends in, None where nothing was replayed now.
    """

    verdict: Verdict
    trace: dict[str, Json] | None
    environment: Environment
    end: str | None = None


def kind_of_run(path: str | Path, about: Sequence[str] = ()) -> Literal["workspace", "verdicts", "trajectories"]:
    """Tell what a path is: a workspace of the pipeline, verdicts, or trajectories; the first row says which.

    `about` names the trajectories that verdicts are about.

    Raises:
        InputError: If it is neither, or trajectories are named for what has no verdicts.
    """
    if (Path(path) / "environments").is_dir():
        kind: Literal["workspace", "verdicts", "trajectories"] = "workspace"
    else:
        rows = PagedRows(files_in(path)[:1])
        first = next((row for _, row in rows.scan() if not isinstance(row, FormatError)), {})
        kind = "verdicts" if "verdict" in first and "findings" in first else "trajectories"
    if about and kind != "verdicts":
        raise InputError("--with names trajectories of no verdicts", file=str(path), cure="leave --with out")
    return kind


def environment_of_run(path: str | Path, name: str | None, *, trusted: bool) -> Environment:
    """Load the environment of a run: the one named, else the one that its folder of shards names.

    Raises:
        InputError: If nothing names one, or it is not there.
    """
    manifest = Path(path) / MANIFEST
    if name is None and manifest.is_file():
        settings = json.loads(manifest.read_text(encoding="utf-8"))
        name = settings.get("environment") if isinstance(settings, dict) else None
    if name is None:
        cure = "name it with --env, a folder or a bundled one"
        raise InputError("nothing says in which environment these were judged", file=str(path), cure=cure)
    return load_environment(name, trusted=trusted or None)


def workspace_run(workspace: Path, *, trusted: bool) -> tuple[list[Environment], Iterator[Shown]]:
    """Return the environments of a workspace and its trajectories, judged as they are asked for.

    Raises:
        InputError: If it has no trajectories.
    """
    folders = [file.parent for file in sorted((workspace / "environments").glob("*/trajectories.jsonl"))]
    if not folders:
        cure = "write it with gem-sim synthesize"
        raise InputError("the workspace has no trajectories", file=str(workspace), cure=cure)
    environments = [load_environment(folder, trusted=trusted or None) for folder in folders]

    def shown() -> Iterator[Shown]:
        for folder, environment in zip(folders, environments, strict=True):
            yield from judged(read_records(folder / "trajectories.jsonl"), environment)

    return environments, shown()


def judged(records: Iterator[Record], environment: Environment) -> Iterator[Shown]:
    """Judge records now."""
    for record in records:
        done = judge(record, environment, with_trace=True)
        yield Shown(done.verdict, done.trace, environment)


def verdict_of(row: JsonObject, place: Place) -> Verdict:
    """Return the verdict of a row, its findings as a list or as JSON text (as they are in Parquet).

    Raises:
        FormatError: If it is none.
    """
    kept: dict[str, Any] = {"state_digest": None, **{name: row[name] for name in _FIELDS if name in row}}
    try:
        if isinstance(kept.get("findings"), str):
            kept["findings"] = parse_json(kept["findings"])
        return Verdict.model_validate(kept)
    except (ValidationError, ValueError) as error:
        reason = error.errors(include_url=False)[0] if isinstance(error, ValidationError) else error
        what = f"{'.'.join(map(str, reason['loc']))}: {reason['msg']}" if isinstance(reason, dict) else str(reason)
        cure = "name what gem-sim verify --out writes"
        raise FormatError(f"no verdict: {what}", file=place.file, line=place.line, cure=cure) from None


def verdicts_run(rows: PagedRows, conversations: Conversations | None, environment: Environment) -> Iterator[Shown]:
    """Yield the verdicts of rows, their trajectories replayed now where they are known.

    Raises:
        FormatError: At a row that is no verdict.
    """
    for place, row in rows.scan():
        if isinstance(row, FormatError):
            raise row
        yield replayed_trace(verdict_of(row, place), conversations, environment)


class Conversations:
    """Trajectories by id, read when they are asked for; of those of one id the first counts."""

    def __init__(self, files: Sequence[str]) -> None:
        self._rows = PagedRows(files)
        self._numbers: dict[str, int] = {}
        for place, row in self._rows.scan():
            if not isinstance(row, FormatError):
                self._numbers.setdefault(_id_of(row, place), len(self._rows) - 1)

    def get(self, id_: str) -> Trajectory | None:
        """Return the trajectory of an id, None where there is none or it cannot be read."""
        number = self._numbers.get(id_)
        if number is None:
            return None
        place, row = self._rows.row(number)
        try:
            return read_trajectory(row, place.fallback_id)
        except FormatError:
            return None


def _id_of(row: JsonObject, place: Place) -> str:
    named = row.get("id")
    if isinstance(named, str) and named:
        return named
    try:
        return read_trajectory(row, place.fallback_id).id
    except FormatError:
        return place.fallback_id


def replayed_trace(verdict: Verdict, conversations: Conversations | None, environment: Environment) -> Shown:
    """Return a verdict with its trajectory replayed now; the verdict stays as it was given."""
    trajectory = None if conversations is None else conversations.get(verdict.id)
    if trajectory is None:
        return Shown(verdict, None, environment)
    try:
        replayed = replay(trajectory, environment)
    except StubError:
        return Shown(verdict, None, environment)
    return Shown(verdict, sight(replayed, verdict), environment, replayed.end.digest)
