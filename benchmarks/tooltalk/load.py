"""ToolTalk as an environment and 78 trajectories: our tools, their databases and dialogues, read at run time.

Nothing of the data is kept in the project: it is read from `../shared/data`, beside the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.canonical import digest
from gem_sim.errors import InputError
from gem_sim.task import Task

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[2] / "shared" / "data"
DIALOGUES = "tooltalk.jsonl"
DATABASES = "tooltalk_databases.json"

Rows = dict[str, dict[str, Any]]

# Their database → our table, for what each user has of their own.
_OWNED = {"Alarm": "alarms", "Calendar": "events", "Email": "emails", "Message": "messages", "Reminder": "reminders"}
# Their database → our table, for what is kept by place.
_BY_PLACE = {"Weather": ("weather", "date"), "HistoricWeather": ("climate", "month")}


def load(data: Path = DATA) -> tuple[gem_sim.Environment, list[gem_sim.Trajectory]]:
    """Return the environment, with their initial state and a task per dialogue, and the dialogues.

    Raises:
        InputError: If the data are not there.
    """
    tasks = read_tasks(data)
    environment = gem_sim.load_environment(HERE)
    state = environment.state.with_changes(read_state(data))
    whole = digest([environment.digest, state.digest])
    return replace(environment, state=state, tasks=tasks, digest=whole), read_dialogues(data)


def read_state(data: Path = DATA) -> dict[str, Rows]:
    """Return the initial databases as table → key → row.

    Ids are unique per user only, so the key of an owned row is `user/id`.
    """
    databases = json.loads(_text(data / DATABASES))
    tables: dict[str, Rows] = {}
    for database, table in _OWNED.items():
        tables[table] = dict(_owned_rows(databases[database]))
    for database, (table, name) in _BY_PLACE.items():
        tables[table] = dict(_rows_by_place(databases[database], name))
    accounts: Rows = databases["Account"]
    tables["accounts"] = {
        username: {field: value for field, value in account.items() if field != "session_token"}
        for username, account in accounts.items()
    }
    return tables


def _owned_rows(database: dict[str, Rows]) -> Iterator[tuple[str, dict[str, Any]]]:
    for user, rows in database.items():
        for identifier, row in rows.items():
            key = f"{user}/{identifier}"
            yield key, {"key": key, "user": user, **row}


def _rows_by_place(database: dict[str, Rows], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, rows in database.items():
        for value, row in rows.items():
            key = f"{place}/{value}"
            yield key, {"key": key, "location": place, name: value, **row}


def read_tasks(data: Path = DATA) -> dict[str, Task]:
    """Return dialogue id → task: what the first user message asks for, from the situation the dialogue starts in."""
    rows = [json.loads(line) for line in _text(data / DIALOGUES).splitlines() if line.strip()]
    return {row["id"]: _task(row) for row in rows}


def _task(row: dict[str, Any]) -> Task:
    context, user = row["meta"]["initial_context"], row["meta"]["user"] or {}
    state: dict[str, Rows] = {"context": {"user": {"key": "user", "location": context["location"]}}}
    if "session_token" in context:
        token, username = context["session_token"], context["username"]
        state["sessions"] = {token: {"session_token": token, "username": username}}
    if "verification_code" in user:
        username, code = user["username"], user["verification_code"]
        state["verification_codes"] = {username: {"username": username, "code": code}}
    instruction = next(message["content"] for message in row["messages"] if message["role"] == "user")
    clock = context["timestamp"].replace(" ", "T") + "Z"
    return Task(id=row["id"], instruction=instruction, state=state, clock=clock)


def read_dialogues(data: Path = DATA) -> list[gem_sim.Trajectory]:
    """Return the dialogues as trajectories, each with its task; `extra["meta"]` is what ToolTalk says of it."""
    trajectories = gem_sim.read_trajectories(data / DIALOGUES)
    return [trajectory.model_copy(update={"task": trajectory.id}) for trajectory in trajectories]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        cure = "lay the shared data beside the checkout, as ../shared/data"
        raise InputError(f"cannot be read ({error.strerror})", file=str(path), cure=cure) from None
