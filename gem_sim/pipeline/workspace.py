"""A workspace as a run writes it: drafts on the way, environments with verified trajectories at the end."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.pipeline.draft import Draft, load_draft, with_tasks, write_draft, write_results
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory

DRAFTS = ".drafts"


@contextmanager
def only_run(workspace: Path) -> Iterator[None]:
    """Keep other runs out of a workspace while the block runs.

    Raises:
        InputError: If another run is at work in it.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            cure = "wait for it, or name another workspace"
            raise InputError("another run is at work in this workspace", file=str(workspace), cure=cure) from None
        yield


def load(workspace: Path, draft: Draft, *, trusted: bool) -> Environment:
    """Write a draft among the workspace's drafts and load it."""
    return load_draft(workspace / DRAFTS / draft.name, draft, trusted=trusted)


def place(workspace: Path, draft: Draft, plain: Environment, pairs: Sequence[tuple[Task, Trajectory]]) -> Path:
    """Write an environment, as a draft has it and as it was loaded, with its verified trajectories.

    Its folder appears whole or not at all.

    The same draft and trajectories give the same bytes, so placing again after an interruption does no harm.
    """
    environment = with_tasks(plain, [task for task, _ in pairs])
    folder = workspace / DRAFTS / draft.name
    write_draft(folder, draft)
    module = workspace / "generated_tools" / f"{draft.name}.py"
    write_results(folder, module, environment, [trajectory for _, trajectory in pairs])
    target = workspace / "environments" / draft.name
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    os.replace(folder, target)  # noqa: PTH105 - replaces an empty folder too
    return target


def unplace(workspace: Path, name: str) -> None:
    """Remove an environment that was placed, and its generated tools."""
    shutil.rmtree(workspace / "environments" / name, ignore_errors=True)
    (workspace / "generated_tools" / f"{name}.py").unlink(missing_ok=True)


def clear_drafts(workspace: Path) -> None:
    """Remove what interrupted or rejected items left among the drafts."""
    shutil.rmtree(workspace / DRAFTS, ignore_errors=True)


def digest_of(paths: Sequence[str | Path]) -> str | None:
    """Return one digest over the bytes of files and folders, None where one cannot be read twice."""
    total = hashlib.sha256()
    for path in map(Path, paths):
        if not path.exists() or not (path.is_file() or path.is_dir()):
            return None
        for file in sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]:
            total.update(f"{file.name}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while piece := stream.read(1 << 20):
                    total.update(piece)
    return total.hexdigest()
