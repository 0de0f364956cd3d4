"""A draft environment: what extraction makes of a passage, written as an environment's folder and loaded back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.compiler.module import render_module
from gem_sim.environment import Environment
from gem_sim.formats import write_trajectories
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.rows import dump_json
from gem_sim.simulator import load_environment
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory

JsonRow = dict[str, Json]


class Draft(NamedTuple):
    """An environment as its files say it: `environment.json`, `source.md` and `state.json` (table → key → row)."""

    environment: JsonRow
    source: str
    state: dict[str, dict[str, JsonRow]]

    @property
    def name(self) -> str:
        """The environment's name."""
        return str(self.environment["name"])


def write_draft(folder: Path, draft: Draft) -> None:
    """Write the three files of a draft."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("source.md", draft.source),
        ("state.json", json.dumps(draft.state, ensure_ascii=False, indent=1) + "\n"),
        ("environment.json", json.dumps(draft.environment, ensure_ascii=False, indent=1) + "\n"),
    ):
        with atomic_text(folder / name) as file:
            file.write(text)


def load_draft(folder: Path, draft: Draft, *, trusted: bool) -> Environment:
    """Write a draft and load it, with every quote located and every body compiled.

    Raises:
        EnvironmentFault: If it contradicts itself or its source.
        CompileError: With every fault of every body.
    """
    write_draft(folder, draft)
    return load_environment(folder, trusted=trusted)


def with_tasks(environment: Environment, tasks: Sequence[Task]) -> Environment:
    """Return the environment with these tasks."""
    return replace(environment, tasks={task.id: task for task in tasks})


def write_results(folder: Path, module: Path, environment: Environment, trajectories: Sequence[Trajectory]) -> None:
    """Write the tasks and trajectories beside a draft's files, and the compiled tools where they belong."""
    with atomic_text(folder / "tasks.jsonl") as file:
        for task in environment.tasks.values():
            file.write(dump_json(task.model_dump(mode="json", exclude_defaults=True)) + "\n")
    write_trajectories(folder / "trajectories.jsonl", trajectories)
    module.parent.mkdir(parents=True, exist_ok=True)
    with atomic_text(module) as file:
        file.write(render_module(environment))


def draft_of(value: Mapping[str, Json]) -> Draft:
    """Return the draft that `as_json` wrote."""
    return Draft(value["environment"], value["source"], value["state"])  # type: ignore[arg-type]


def as_json(draft: Draft) -> JsonRow:
    """Return a draft as one JSON object."""
    return {"environment": draft.environment, "source": draft.source, "state": draft.state}  # type: ignore[dict-item]
