"""A folder in which the blocks of a page run: what a checkout has is there by links, what they write stays there."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from gem_sim.cli import run

ROOT = Path(__file__).resolve().parent.parent.parent
_LINKED = ("benchmarks", "docs", "environments", "generated_tools", "verifiers", "README.md")


@contextlib.contextmanager
def checkout(folder: Path) -> Iterator[Path]:
    """Make `folder`/checkout, with the shared data beside it where there are any, and work there."""
    made = folder / "checkout"
    made.mkdir()
    for name in _LINKED:
        (made / name).symlink_to(ROOT / name)
    if (ROOT.parent / "shared").exists():
        (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())
    before = Path.cwd()
    os.chdir(made)
    try:
        yield made
    finally:
        os.chdir(before)


def printed(command: str) -> str:
    """Run a command `gem-sim …` in this process and return what it writes to standard output."""
    program, *arguments = shlex.split(command)
    if program != "gem-sim":
        raise ValueError(f"{command!r} is no command of gem-sim")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run(arguments)
    return out.getvalue()
