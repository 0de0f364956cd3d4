"""gem-sim: decide by execution whether a tool-use trajectory is true.

shop = gem_sim.load_environment("frame_shop")
for trajectory in gem_sim.read_trajectories("frame_shop.jsonl"):
    print(trajectory.id, gem_sim.verify(gem_sim.replay(trajectory, shop)))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gem_sim.environment import Environment
    from gem_sim.errors import (
        CheckError,
        CompileError,
        EnvironmentFault,
        FormatError,
        GemSimError,
        InputError,
        LimitError,
        StubError,
    )
    from gem_sim.formats import read_trajectories, write_trajectories
    from gem_sim.message import Message
    from gem_sim.sandbox import Limits
    from gem_sim.simulator import Replay, Session, load_environment, replay
    from gem_sim.task import Task
    from gem_sim.tool import Tool, ToolCall, ToolResult
    from gem_sim.trajectory import Trajectory
    from gem_sim.verdict import Finding, Verdict
    from gem_sim.verifier import CHECKS, verify

__version__ = "0.1.0"

# Loaded on first use, so that `gem-sim --help` and an import of one noun stay quick.
_HOMES = {
    "CHECKS": "verifier",
    "CheckError": "errors",
    "CompileError": "errors",
    "Environment": "environment",
    "EnvironmentFault": "errors",
    "Finding": "verdict",
    "FormatError": "errors",
    "GemSimError": "errors",
    "InputError": "errors",
    "LimitError": "errors",
    "Limits": "sandbox",
    "Message": "message",
    "Replay": "simulator",
    "Session": "simulator",
    "StubError": "errors",
    "Task": "task",
    "Tool": "tool",
    "ToolCall": "tool",
    "ToolResult": "tool",
    "Trajectory": "trajectory",
    "Verdict": "verdict",
    "load_environment": "simulator",
    "read_trajectories": "formats",
    "replay": "simulator",
    "verify": "verifier",
    "write_trajectories": "formats",
}

__all__ = [
    "CHECKS",
    "CheckError",
    "CompileError",
    "Environment",
    "EnvironmentFault",
    "Finding",
    "FormatError",
    "GemSimError",
    "InputError",
    "LimitError",
    "Limits",
    "Message",
    "Replay",
    "Session",
    "StubError",
    "Task",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Trajectory",
    "Verdict",
    "load_environment",
    "read_trajectories",
    "replay",
    "verify",
    "write_trajectories",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gem_sim' has no attribute {name!r}")
    # Kept, so that it is found at once the next time.
    globals()[name] = value = getattr(import_module(f"gem_sim.{home}"), name)
    return value
