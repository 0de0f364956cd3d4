"""`gem-sim compile`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default: generated_tools/NAME.py of its workspace.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the digests as JSON.")] = False,
) -> int:
    """Compile an environment's tools to readable Python; same environment, same bytes."""
    from gem_sim.compiler.module import render_module
    from gem_sim.formats.atomic import atomic_text
    from gem_sim.simulator import load_environment

    environment = load_environment(env)
    folder = Path(environment.folder or ".")
    path = folder.parent.parent / "generated_tools" / f"{environment.name}.py" if out is None else out
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_text(path) as file:
        file.write(render_module(environment))
    inferred = [stub.tool for stub in environment.stubs.values() if stub.inferred]
    if as_json:
        stubs = {stub.tool: {"digest": stub.digest, "inferred": stub.inferred} for stub in environment.stubs.values()}
        result = {"name": environment.name, "digest": environment.digest, "file": str(path), "tools": stubs}
        print(json.dumps(result))
    else:
        print(f"{environment.name}: {len(environment.stubs)} tools → {path}")
        if inferred:
            print(f"  inferred, since they have no body: {', '.join(inferred)}")
    return 0
