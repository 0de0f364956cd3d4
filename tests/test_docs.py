"""Documents say what is so: generated pages are current, links lead somewhere; tests/docs/ runs what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.build import pages
from tests.conftest import ROOT
from tests.docs.page import PAGES


def test_generated_pages_are_current() -> None:
    stale = [name for name, text in pages().items() if (ROOT / "docs" / name).read_text() != text]
    assert not stale, f"run `python docs/build.py`: {stale}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_architecture_is_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 150
