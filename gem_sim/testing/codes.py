"""Every code that `gem-sim check` reports, with what it means; docs/check.md has the same table."""

from __future__ import annotations

from typing import Final

CHECK_CODES: Final[dict[str, str]] = {
    "check.schema": "A schema of a tool or an entity contradicts itself, or a default does not fit its own schema.",
    "check.constant": "A constant differs from the figure in its quote.",
    "check.unused": "Nothing uses a constant, or neither a body nor a step names a rule (warning).",
    "check.undeclared_read": "A body uses a table that the tool declares neither as read nor as written.",
    "check.example": "A bundled trajectory does not pass, or a known-bad one does not raise what it must.",
    "check.crash": "A body crashes.",
    "check.limit": "A body hits a limit: fuel, depth, size.",
    "check.returns": "A result breaks the tool's `returns`.",
    "check.read_writes": "A tool declared as a read changes the state.",
    "check.undeclared_write": "A tool changes a table that it does not declare as written.",
    "check.refused_changes": "A refused call changed the state.",
    "check.row": "A row breaks the schema of its entity.",
    "check.key": "A row's key field differs from the key it stands under.",
    "check.id_reused": "A row that was to be made took the place of another: its id was in use.",
    "check.date": "A date or time is no ISO 8601 text where such fields are.",
    "check.money": "An amount in cents is no integer.",
    "check.reference": "A row refers to a row that is not there (a warning where a removal left it behind).",
    "check.told": "A result gives a row another status than the row has.",
    "check.never_writes": "A tool never changed a table it declares as written (a warning where it changed others).",
    "check.never_succeeded": "A tool never succeeded in any state that was reached.",
    "check.unreached": "A `require` never passed or never refused, or a branch was never entered (warning).",
    "check.nondeterminism": "The same calls answer otherwise in a fresh process, hash seed and order of sessions.",
    "check.row_order": "A result depends on the order in which the initial rows are written.",
    "check.task_invalid": "A task speaks of a table, field, value or tool that the environment lacks.",
    "check.task_vacuous": "All that a task expects holds at its start, so doing nothing meets it.",
    "check.task_impossible": "What a task expects contradicts itself or is beyond what any tool writes.",
    "check.task_unreached": "No trajectory and no search reached what a task expects (undecided).",
}
