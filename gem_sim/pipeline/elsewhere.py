"""Tools of elsewhere that a conversation may offer besides its environment's own."""

from __future__ import annotations

from functools import lru_cache

from gem_sim.simulator.load import load_environment, workspace_roots
from gem_sim.tool import Tool

_ENVIRONMENT = "library"


@lru_cache
def tools_of_elsewhere() -> dict[str, Tool]:
    """Return the tools of an environment that comes with the package, by name and without bodies.

    It is always the same one, so that what a run writes does not depend on what else is in the workspace.
    """
    *_, package = workspace_roots()
    tools = load_environment(package / "environments" / _ENVIRONMENT).tools
    return {name: tool.model_copy(update={"body": None}) for name, tool in tools.items()}
