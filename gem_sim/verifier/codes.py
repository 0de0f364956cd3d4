"""Every finding code with what it means; docs/findings.md is written from this table."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, str]] = {
    "format.unreadable": "The record is not a trajectory that any known format can read.",
    "format.role_order": "A message stands where its role may not: tool → user, a late system prompt, a tool first.",
    "format.unanswered_call": "A call has no answer before the conversation goes on.",
    "format.orphaned_result": "A tool message answers no call of the assistant message before it.",
    "format.duplicate_call_id": "Two calls of one message share an id, so their answers cannot be told apart.",
    "format.parallel_calls": "A message makes several calls where the profile allows one.",
    "format.empty_message": "An assistant message has neither content nor a call.",
    "format.arguments": "The arguments of a call are not a JSON object.",
    "format.placeholder": "An argument or an answer holds a placeholder instead of a value.",
    "schema.tool_definition": "A tool offered in the trajectory has parameters that are no JSON Schema.",
    "schema.unknown_tool": "The environment has no tool of that name.",
    "schema.unoffered_tool": "The trajectory calls a tool that it does not list among those offered.",
    "schema.undeclared_argument": "A call has an argument that the tool does not declare.",
    "schema.missing_argument": "A call lacks a required argument.",
    "schema.argument": "An argument breaks the tool's JSON Schema.",
    "schema.result": "A recorded answer breaks the tool's declared `returns`.",
    "order.missing_step": "A step was taken before one that it depends on.",
    "order.data_edge": "An argument must come from an earlier result, and no earlier result holds its value.",
    "order.repeated": "A step that may happen once happened again for the same thing.",
    "order.condition": "The condition of every step that uses the tool is false, or cannot be judged (undecided).",
    "result.mismatch": "The recorded answer differs from the executed one.",
    "result.refused": "The recording shows success where execution refuses.",
    "result.accepted": "The recording shows a refusal where execution succeeds.",
    "result.unspecified": "The recording has a value that nothing in the environment determines (undecided).",
    "goal.unmet": "The end is not what the task expects.",
    "goal.vacuous": "What the task expects already holds at the start, so meeting it says nothing (undecided).",
    "goal.unknown_task": "The trajectory names a task that the environment lacks (undecided).",
    "replay.checks_not_run": "The workspace has checks of its own, not run since it is not trusted (warning).",
    "replay.broken": "A stub crashed or hit a limit, so the trajectory could not be judged (undecided).",
}
