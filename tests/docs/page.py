"""The pages there are, and running one in a test."""

from __future__ import annotations

from pathlib import Path

from docs.making.blocks import as_printed
from docs.making.page import Ran, run_page
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def checked(name: str, folder: Path, *languages: str) -> Ran:
    """Run a page, its blocks of Python and of commands or those of `languages`; outputs are as the page says."""
    ran = run_page(name, folder, languages or ("python", "console"))
    for block, commands in ran.printed:
        for command, said, now in commands:
            assert as_printed(said, now), f"{name}:{block.line}: run `python docs/build.py`; {command} prints\n{now}"
    return ran
