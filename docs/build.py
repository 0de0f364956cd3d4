"""`python docs/build.py`: write what is made from the code; tests compare it with what is checked in.

That is the pages of `pages()` and, in README.md, what the commands of its console blocks print.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from gem_sim.compiler.dialect import policy_markdown
from gem_sim.simulator.schemas import file_schemas
from gem_sim.verifier import CODES

HERE = Path(__file__).resolve().parent
_NOTE = "<!-- Written by `python docs/build.py`: do not edit. -->\n"


def pages() -> dict[str, str]:
    """Return path below docs/ → text, of every page made from the code."""
    made = {f"schemas/{name}.schema.json": json.dumps(s, indent=2) + "\n" for name, s in file_schemas().items()}
    made["findings.md"] = _findings()
    made["dialect.md"] = _NOTE + policy_markdown()
    return made


def _findings() -> str:
    rows = "".join(f"| `{code}` | {meaning} |\n" for code, meaning in CODES.items())
    return (
        f"{_NOTE}# Finding codes\n\n"
        "A finding is an error, a warning, or *undecided*: what cannot be known is never passed. Each code has a case\n"
        "that raises it and one that does not in `tests/cases/findings/`.\n\n"
        f"| code | what it means |\n|---|---|\n{rows}"
    )


def _with_output(block: re.Match[str]) -> str:
    command = block[1].split("\n", 1)[0]
    arguments = shlex.split(command.removeprefix("$ gem-sim "))
    done = subprocess.run(
        [sys.executable, "-m", "gem_sim", *arguments], cwd=HERE.parent, capture_output=True, text=True, check=False
    )
    return f"```console\n{command}\n{done.stdout}```"


def main() -> None:
    """Write every page, and the README's outputs."""
    readme = HERE.parent / "README.md"
    text = re.sub(r"```console\n(.*?)```", _with_output, readme.read_text(encoding="utf-8"), flags=re.DOTALL)
    readme.write_text(text, encoding="utf-8")
    for name, text in pages().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
