"""The pages of the Python reference: which names they show; what is said of them are their docstrings."""

from __future__ import annotations

from importlib import import_module

import gem_sim

# Packages with the names they offer, in the order in which a newcomer meets them.
_PACKAGES = (
    "simulator",
    "verifier",
    "formats",
    "testing",
    "refiner",
    "induce",
    "audit",
    "engine",
    "compiler",
    "sandbox",
)
# Modules that are imported as such: each needs what its first lines say.
_MODULES = (
    "adapters.native",
    "adapters.tables",
    "adapters.hosted",
    "adapters.gymnasium",
    "adapters.rewards",
    "adapters.rollout",
    "adapters.trl",
    "adapters.openenv",
    "adapters.verifiers",
    "adapters.inspect",
    "simulator.faults",
    "pipeline.synthesize",
    "pipeline.export",
)
# What `import gem_sim` offers, by what it is for.
_PARTS = {
    "Environments and sessions": ("load_environment", "Environment", "Session", "Limits", "Task"),
    "Trajectories": (
        "read_trajectories",
        "write_trajectories",
        "Trajectory",
        "Message",
        "Tool",
        "ToolCall",
        "ToolResult",
    ),
    "Verdicts": ("replay", "Replay", "verify", "CHECKS", "Verdict", "Finding"),
    "Errors": (
        "GemSimError",
        "InputError",
        "FormatError",
        "EnvironmentFault",
        "CompileError",
        "StubError",
        "LimitError",
        "CheckError",
    ),
}


def python_page() -> str:
    """Return the page on what `import gem_sim` offers.

    Raises:
        SystemExit: If `_PARTS` and `gem_sim.__all__` differ.
    """
    listed = [name for names in _PARTS.values() for name in names]
    if sorted(listed) != sorted(gem_sim.__all__):
        raise SystemExit(
            f"docs/making/python_pages.py: list {set(listed) ^ set(gem_sim.__all__)} in _PARTS, or drop it"
        )
    parts = ["# Python\n\nWhat `import gem_sim` offers. The built site shows each name with its docstring.\n"]
    for title, names in _PARTS.items():
        parts += [f"## {title}\n", *(_shown("gem_sim", name) for name in names)]
    return "\n".join(parts)


def packages_page() -> str:
    """Return the page on packages and modules below `gem_sim`; what `gem_sim` offers itself is not shown again."""
    parts = [
        "# Packages\n\nWhat stands below `gem_sim`, besides what [`import gem_sim` offers](python.md). The built site\n"
        "shows each name with its docstring.\n"
    ]
    for name in _PACKAGES:
        package = import_module(f"gem_sim.{name}")
        own = [one for one in package.__all__ if one not in gem_sim.__all__]
        parts.append(f"## gem_sim.{name}\n\n{_first(package.__doc__)}\n")
        parts += [_shown(f"gem_sim.{name}", one) for one in own]
    parts += [f"## gem_sim.{name}\n\n{_whole(f'gem_sim.{name}')}" for name in _MODULES]
    return "\n".join(parts)


def _shown(module: str, name: str) -> str:
    """Return the line for a name, by the module that defines it: a module may have the name of its function."""
    home = getattr(getattr(import_module(module), name), "__module__", None)
    return f"::: {home if isinstance(home, str) and home.startswith('gem_sim.') else module}.{name}\n"


def _whole(module: str) -> str:
    return f"::: {module}\n    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"


def _first(docstring: str | None) -> str:
    return (docstring or "").strip().split("\n\n", 1)[0].replace("\n", " ")
