"""Tasks: a user's goal and the end it expects."""

from __future__ import annotations

from pydantic import Field, JsonValue, model_validator

from gem_sim.canonical import show
from gem_sim.frozen import Frozen


class Expectation(Frozen):
    """One thing that must hold at the end: rows of a table, or a successful call.

    With `table`, `count` rows match every field of `where` (None: at least one). With `tool`, some call of it
    succeeded whose arguments include `arguments`.
    """

    table: str | None = None
    where: dict[str, JsonValue] = Field(default_factory=dict)
    count: int | None = Field(default=None, ge=0)
    tool: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> Expectation:
        if (self.table is None) == (self.tool is None):
            raise ValueError("an expectation has either `table` (and `where`, `count`) or `tool` (and `arguments`)")
        if self.tool is not None and (self.where or self.count is not None):
            raise ValueError("`where` and `count` go with `table`, not with `tool`")
        if self.table is not None and self.arguments:
            raise ValueError("`arguments` goes with `tool`, not with `table`")
        return self

    def __str__(self) -> str:
        if self.tool is not None:
            return f"a successful call of {self.tool}{_with(self.arguments)}"
        number = "a row" if self.count is None else f"{self.count or 'no'} row{'' if self.count in (0, 1) else 's'}"
        return f"{number} of {self.table}{_with(self.where)}"


def _with(fields: dict[str, JsonValue]) -> str:
    return f" with {', '.join(f'{name} = {show(value, 60)}' for name, value in fields.items())}" if fields else ""


class Task(Frozen):
    """One user goal.

    `state` changes the environment's initial state (table → key → row, null removes a row); `clock` replaces
    the environment's (None: as there); `expect` is what must hold at the end, empty where nothing is required.
    `end` names every row in which the end must differ from the start (table → key → row, null for a row that is
    gone); None where other changes do not matter.
    """

    id: str
    instruction: str = ""
    state: dict[str, dict[str, dict[str, JsonValue] | None]] = Field(default_factory=dict)
    clock: str | None = None
    expect: tuple[Expectation, ...] = ()
    end: dict[str, dict[str, dict[str, JsonValue] | None]] | None = None
