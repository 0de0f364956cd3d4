"""What the tests share: where things are, environments loaded once, trajectories written short."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from gem_sim import Trajectory, load_environment
from gem_sim.environment import Environment
from gem_sim.formats import read_trajectory

# Machines are noisy, and no test asserts a time.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SHARED = ROOT.parent / "shared"


@cache
def environment(name: str) -> Environment:
    """Load an environment for tests, else a bundled one, once."""
    own = CASES / "environments" / name
    return load_environment(own if own.is_dir() else ROOT / "environments" / name)


def conversation(*entries: Sequence[Any] | dict[str, Any], **row: Any) -> Trajectory:
    """Make a trajectory of short entries.

    An entry is `[role, text]`, `["call", tool, arguments, result]`, or a whole message.
    """
    messages: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, dict):
            messages.append(entry)
        elif entry[0] == "call":
            _, tool, arguments, result = entry
            function = {"name": tool, "arguments": json.dumps(arguments)}
            call = {"id": f"call_{number}", "type": "function", "function": function}
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": json.dumps(result)})
        else:
            messages.append({"role": entry[0], "content": entry[1]})
    return read_trajectory({"id": "case", **row, "messages": messages}, "case")


def shared_data(name: str) -> Path:
    """Return a file of the shared data; skips the test where it is absent."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"the shared data file {name} is not beside the checkout")
    return path
