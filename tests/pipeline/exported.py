"""A workspace to export, and trajectories whose calls differ in what tempts Arrow to fill or drop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from gem_sim.message import Message
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory
from tests.conftest import CASES, ROOT


def made_workspace(folder: Path) -> Path:
    """Return a workspace with what the offline teacher makes of a text, and some conversations of a bundled shop."""
    text = (CASES / "pipeline" / "texts.jsonl").read_text(encoding="utf-8").splitlines()[0]
    folder.mkdir(exist_ok=True)
    (folder / "texts.jsonl").write_text(text + "\n", encoding="utf-8")
    synthesize([folder / "texts.jsonl"], folder, Offline())
    shop = folder / "environments" / "frame_shop"
    shutil.copytree(ROOT / "environments" / "frame_shop", shop)
    some = (shop / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()[:2]
    (shop / "trajectories.jsonl").write_text("\n".join(some) + "\n", encoding="utf-8")
    return folder


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of an export."""
    return [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]


def calls_of(trajectory: Trajectory) -> list[tuple[str, dict[str, Any]]]:
    """Return tool and arguments of each call in order."""
    return [(placed.call.tool, dict(placed.call.arguments)) for placed in trajectory.calls()]


def said_by(trajectory: Trajectory, *roles: str) -> list[str]:
    """Return the texts of these roles in order, without empty ones."""
    return [message.content for message in trajectory.messages if message.role in roles and message.content]


def unlike() -> list[Trajectory]:
    """Return trajectories whose arguments have other keys, types, depths, nulls and numbers from call to call."""
    several = [
        {"name": "Ana", "rooms": [{"id": 1, "beds": None}, {"id": 2, "view": "sea"}]},
        {"name": None, "price": 12.25, "tags": {}},
        {"name": 7, "price": 3, "tags": {"a": {"b": [1, "two", None, 3.5]}}},
        {},
        {"text": 'a "quoted" <b> line\nand another, ä ✓', "yes": True, "rooms": []},
    ]
    tool = Tool(name="book", description="Books.", parameters={"type": "object", "properties": {"name": {}}})
    other = Tool(name="look", description="Looks.", parameters={"type": "object", "properties": {"deep": {"x": 1}}})
    return [_talk(number, several[: number + 1], tool, other) for number in range(len(several))]


def _talk(number: int, arguments: list[dict[str, Any]], *tools: Tool) -> Trajectory:
    messages = [Message(role="system", content="Be kind."), Message(role="user", content="Book me a room.")]
    for index, given in enumerate(arguments):
        call = ToolCall(id=f"call_{index + 1}", tool=tools[index % 2].name, arguments=given)
        content = "Let me look." if index % 2 else None
        messages.append(Message(role="assistant", content=content, tool_calls=(call,)))
        messages.append(Message(role="tool", content='{"ok": true}', tool_call_id=call.id, name=call.tool))
    messages.append(Message(role="assistant", content="Done."))
    return Trajectory(id=f"unlike/{number}", messages=tuple(messages), tools=tools)
