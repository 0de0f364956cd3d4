"""The pages of the Python reference: which names they show; what is said of them are their docstrings."""

from __future__ import annotations

from importlib import import_module

import gem_sim

# Packages with the names they offer, in the order in which a newcomer meets them.
_PACKAGES = ("simulator", "verifier", "formats", "testing", "refiner", "induce", "audit", "engine", "compiler", "sandbox")
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
_NOTE = "Made from the docstrings; the site shows them in full, here stand the names.\n"


def python_page() -> str:
    """Return the page on what `import gem_sim` offers."""
    return "\n".join([f"# Python\n\n{_NOTE}", *(_shown(f"gem_sim.{name}") for name in gem_sim.__all__)])


def packages_page() -> str:
    """Return the page on packages and modules below `gem_sim`; what `gem_sim` offers itself is not shown again."""
    parts = [f"# Packages\n\n{_NOTE}\nWhat `import gem_sim` offers is on [its own page](python.md).\n"]
    for name in _PACKAGES:
        package = import_module(f"gem_sim.{name}")
        own = [one for one in package.__all__ if one not in gem_sim.__all__]
        parts.append(f"## gem_sim.{name}\n\n{_first(package.__doc__)}\n")
        parts += [_shown(f"gem_sim.{name}.{one}") for one in own]
    parts += [f"## gem_sim.{name}\n\n{_whole(f'gem_sim.{name}')}" for name in _MODULES]
    return "\n".join(parts)


def _shown(name: str) -> str:
    return f"::: {name}\n"


def _whole(module: str) -> str:
    return f"::: {module}\n    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"


def _first(docstring: str | None) -> str:
    return (docstring or "").strip().split("\n\n", 1)[0].replace("\n", " ")
