"""Recordings made by hand, and by a small model of a notebook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gem_sim import Trajectory
from gem_sim.formats import read_trajectory

Call = tuple[str, dict[str, Any], Any]


def recording(name: str, calls: Sequence[Call], system: str = "", tools: Sequence[dict[str, Any]] = ()) -> Trajectory:
    """Return a trajectory in which one user asks for all calls."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": "Please."})
    for number, (tool, arguments, answer) in enumerate(calls):
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(answer)})
    messages.append({"role": "assistant", "content": "Done."})
    row: dict[str, Any] = {"id": name, "messages": messages}
    if tools:
        row["tools"] = [{"type": "function", "function": tool} for tool in tools]
    return read_trajectory(row)


class Notebook:
    """A true model: notes with an id, a text and a status; every dialogue starts from the same ones."""

    def __init__(self, start: dict[str, dict[str, Any]]) -> None:
        self.notes = {key: dict(note) for key, note in start.items()}
        self.made = 0

    def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        """Return the answer of a tool."""
        if tool == "list_notes":
            status = arguments.get("status")
            return {"notes": [dict(n) for n in self.notes.values() if status in (None, n["status"])]}
        if tool == "create_note":
            self.made += 1
            note_id = f"new-{self.made}"
            self.notes[note_id] = {"note_id": note_id, "text": arguments["text"], "status": "open"}
            return {"note_id": note_id}
        note = self.notes.get(arguments["note_id"])
        if note is None:
            return {"error": "There is no such note."}
        if tool == "get_note":
            return dict(note)
        if tool == "delete_note":
            del self.notes[arguments["note_id"]]
        if tool == "complete_note":
            note["status"] = "done"
        return {"ok": True}


START = {
    "n1": {"note_id": "n1", "text": "milk", "status": "open"},
    "n2": {"note_id": "n2", "text": "bread", "status": "done"},
    "n3": {"note_id": "n3", "text": "salt", "status": "open"},
}


def played(name: str, asked: Sequence[tuple[str, dict[str, Any]]]) -> Trajectory:
    """Return a recording of calls answered by a notebook."""
    notebook = Notebook(START)
    return recording(name, [(tool, arguments, notebook.call(tool, arguments)) for tool, arguments in asked])
