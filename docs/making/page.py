"""Run what a page shows, in the order in which it shows it, in a folder that looks like a checkout."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from docs.making.blocks import Block, blocks, shown
from gem_sim.cli import run

ROOT = Path(__file__).resolve().parent.parent.parent
_LINKED = ("benchmarks", "docs", "environments", "generated_tools", "verifiers", "README.md")


class Ran(NamedTuple):
    """What running a page gave: `blocks` how many ran, `missing` the extras that others need.

    `space` is the namespace of its Python at the end. `printed` has for each console block that ran the commands, what
    the page says they print, and what they do print.
    """

    blocks: int
    missing: frozenset[str]
    space: dict[str, Any]
    printed: tuple[tuple[Block, tuple[tuple[str, str, str], ...]], ...]


def run_page(name: str, folder: Path, languages: tuple[str, ...] = ("python", "console")) -> Ran:
    """Run a page's blocks in one namespace, in `folder`/checkout; `name` is its path from the root.

    Raises:
        ValueError: If a command is unusable or none of gem-sim.
        Exception: Whatever a block raises; its line is the page's.
    """
    count, missing, outputs = 0, set(), []
    space: dict[str, Any] = {"__name__": "page"}
    with _checkout(folder):
        for block in blocks((ROOT / name).read_text(encoding="utf-8")):
            if block.language not in languages or block.not_run is not None:
                continue
            if block.needs is not None and not installed(block.needs):
                missing.add(block.needs)
                continue
            count += 1
            if block.language == "python":
                code = compile("\n" * block.line + block.text, str(ROOT / name), "exec", dont_inherit=True)
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(code, space)
            else:
                outputs.append((block, tuple((c, said, _printed(c)) for c, said in shown(block.text))))
    return Ran(count, frozenset(missing), space, tuple(outputs))


@cache
def installed(extra: str) -> bool:
    """Return whether all packages of an extra are installed; one that pyproject.toml lacks is a KeyError."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        for line in project["optional-dependencies"][extra]:
            distribution(re.split(r"[^\w.-]", line, maxsplit=1)[0])
    except PackageNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _checkout(folder: Path) -> Iterator[None]:
    """Work in `folder`/checkout: the repository's folders by links, the shared data beside it where there are any."""
    made = folder / "checkout"
    made.mkdir()
    for name in _LINKED:
        (made / name).symlink_to(ROOT / name)
    if (ROOT.parent / "shared").exists():
        (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())
    before = Path.cwd()
    os.chdir(made)
    try:
        yield
    finally:
        os.chdir(before)


def _printed(command: str) -> str:
    """Run a command `gem-sim …` in this process and return what it writes to standard output."""
    program, *arguments = shlex.split(command)
    if program != "gem-sim":
        raise ValueError(f"{command!r} is no command of gem-sim; show it in a block `sh`")
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as complaints:
        status = run(arguments)
    if status not in (0, 1, 3):
        raise ValueError(f"{command} ends with status {status}: {complaints.getvalue().strip()}")
    return out.getvalue()
