"""The same digests under every Python that is here and under different hash seeds.

Makes a virtual environment for each Python from 3.11 on that is found, which takes a minute or so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
SEEDS = ("0", "1", "4711")


def measure() -> dict[str, Any]:
    """Return the digest per version and hash seed, and whether all are `identical`."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for version, python in sorted(_interpreters().items()):
            made = Path(folder) / version
            subprocess.run([python, "-m", "venv", made], check=True)
            inside = made / "bin" / "python"
            subprocess.run([inside, "-m", "pip", "install", "-q", str(HERE.parent.parent)], check=True)
            for seed in SEEDS:
                environment = {**os.environ, "PYTHONHASHSEED": seed}
                done = subprocess.run(
                    [inside, str(HERE / "replay.py")], env=environment, check=True, capture_output=True, text=True
                )
                found, digest = done.stdout.split()
                rows.append({"python": found, "hash_seed": seed, "digest": digest})
    return {"runs": rows, "identical": len({row["digest"] for row in rows}) == 1}


def _interpreters() -> dict[str, str]:
    """Return version → path of every Python that answers as that version."""
    found = {}
    for version in VERSIONS:
        candidates = [shutil.which(f"python{version}")]
        candidates += sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))
        for candidate in filter(None, candidates):
            code = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
            done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                found[version] = candidate
                break
    return found


def table(measured: dict[str, Any]) -> str:
    """Return the digests as lines for a person."""
    lines = [f"{'Python':<8}{'hash seed':<11}digest of all verdicts"]
    lines += [f"{row['python']:<8}{row['hash_seed']:<11}{row['digest']}" for row in measured["runs"]]
    return "\n".join([*lines, "identical" if measured["identical"] else "NOT IDENTICAL"])
