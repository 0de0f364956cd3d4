"""`gem-sim doctor`."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

_PACKAGES = ("pydantic", "jsonschema-rs", "RestrictedPython", "google-re2", "networkx")


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Say which walls stand around untrusted tool bodies on this machine, and try them."""
    import platform

    from gem_sim import __version__
    from gem_sim.sandbox import Isolated, Program
    from gem_sim.state import State

    worker = Isolated(Program({}, {}, {}), State())
    found: dict[str, Any] = {
        "gem_sim": __version__,
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "packages": {name: _version(name) for name in _PACKAGES},
        "measures": worker.measures(),
        "denied": worker.probe(),
    }
    worker.close()
    if as_json:
        print(json.dumps(found))
    else:
        print(_text(found))
    return 0 if all(found["denied"].values()) else 1


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _text(found: dict[str, Any]) -> str:
    packages, measures, denied = (found[name] for name in ("packages", "measures", "denied"))
    lines = [f"gem-sim {found['gem_sim']}, Python {found['python']}, {found['platform']}"]
    lines.append("  " + ", ".join(f"{name} {number or 'missing'}" for name, number in packages.items()))
    lines += ["", "The worker process for untrusted tool bodies:"]
    lines += [f"  {name:<22}{'in force' if there else 'not offered here'}" for name, there in measures.items()]
    lines += ["", "What it tried to do:"]
    lines += [f"  {name:<22}{'denied' if was else 'NOT DENIED'}" for name, was in denied.items()]
    if not all(denied.values()):
        lines += [
            "",
            "Replay environments of strangers on a machine where all of it is denied, in a container for one.",
        ]
    return "\n".join(lines)
