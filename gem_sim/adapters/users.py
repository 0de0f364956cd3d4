"""Simulated users: one that follows a script, and what every user of a task knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.task import Task

YES: Final = "Yes, please go ahead."
# How often in a row the user says yes to questions that lead to no call.
_PATIENCE: Final = 2


class ScriptedUser:
    """A user who says the task's instruction, answers questions, and goes once nothing more is asked.

    A question (a message with a question mark) that names one of the user's own facts is answered with it, any other
    with a yes. Facts are the fields of the rows that are about the person of the instruction (`facts_of`); the end
    that the task expects is not known to the user.
    """

    def __init__(self, environment: Environment, task: Task) -> None:
        self.instruction = task.instruction or task.id
        self.facts = facts_of(environment, task)

    def reply(self, messages: Sequence[Message]) -> str | None:
        """Return what the user says next; None: nothing more."""
        if not any(message.role == "user" for message in messages):
            return self.instruction
        question = messages[-1].content or ""
        if messages[-1].role != "assistant" or "?" not in question or self._has_lost_patience(messages):
            return None
        asked = [name for name in self.facts if _names(question, name)]
        return " ".join(f"My {_words(name)} is {self.facts[name]}." for name in asked) or YES

    async def say(self, messages: Sequence[Message]) -> str | None:
        """Return what `reply` does."""
        return self.reply(messages)

    def _has_lost_patience(self, messages: Sequence[Message]) -> bool:
        said = 0
        for message in reversed(messages):
            if message.tool_calls:
                return False
            said += message.role == "user"
        return said > _PATIENCE


def facts_of(environment: Environment, task: Task) -> dict[str, Json]:
    """Return what the person of a task knows about themselves: field → value.

    These are the plain fields of the rows of the initial state that hold a name or an address of the instruction,
    without the keys of rows, which only the system knows. A field on which such rows differ is left out.
    """
    found: dict[str, Json] = {}
    unclear = set()
    state = environment.initial_state(task)
    for table in state:
        entity = environment.entities.get(table)
        for row in state[table].rows():
            if not _is_person(row, task.instruction):
                continue
            for name, value in row.items():
                known = isinstance(value, str | int) and not isinstance(value, bool)
                if known and not name.endswith("_id") and (entity is None or name != entity.key):
                    unclear.update([name] if found.get(name, value) != value else [])
                    found[name] = value
    return {name: value for name, value in found.items() if name not in unclear}


def _is_person(row: Mapping[str, Json], instruction: str) -> bool:
    """Tell whether a row has a name and an instruction says it in full."""
    name = row.get("name")
    return isinstance(name, str) and " " in name and name in instruction


def _names(question: str, field: str) -> bool:
    return re.search(rf"\b{re.escape(_words(field))}\b", question.replace("_", " "), re.IGNORECASE) is not None


def _words(field: str) -> str:
    return field.replace("_", " ")
