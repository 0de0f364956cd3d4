"""The site: it builds without a warning, no link of it is broken, and it asks nobody for anything."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.making.links import faults
from tests.conftest import ROOT

MISSING = "the extra `docs` is not installed"
FIRST = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    # With --quiet, warnings are not counted, and --strict lets them pass.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=quiet, capture_output=True, text=True, check=False)


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason=MISSING)
def test_the_site_is_whole(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert faults(tmp_path / "site") == []
    pages = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {"index.html", "reference/cli/index.html", "repository/index.html"} <= pages
    # Docstrings stand in the reference, and a file that a page links to is a listing.
    assert (
        'id="gem_sim.verifier.verify.verify"' in (tmp_path / "site" / "reference" / "python" / "index.html").read_text()
    )
    assert "repository/gem_sim/adapters/tau2.py/index.html" in pages
    # A diagram would be drawn by a script from elsewhere.
    assert not [page for page in (tmp_path / "site").rglob("*.html") if 'class="mermaid"' in page.read_text()]


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason=MISSING)
@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (
            {"forgotten.md": "# Not in the navigation\n", "index.md": "[x](#gone)\n"},
            ["forgotten.md", "'#gone'"],
        ),
        ({"index.md": "[x](../gem_sim/gone.py)\n"}, ["docs/index.md links to ../gem_sim/gone.py"]),
    ],
    ids=["page and anchor", "file"],
)
def test_what_is_broken_stops_the_build(pages: dict[str, str], said: list[str], tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in ("docs/making", "gem_sim", "benchmarks"):
        (root / folder).mkdir(parents=True)
    for name in FIRST:
        (root / name).write_text(f"# {name}\n")
    for name, text in pages.items():
        (root / "docs" / name).write_text(text)
    shutil.copy(ROOT / "docs" / "making" / "site_hook.py", root / "docs" / "making")
    head, _ = (ROOT / "mkdocs.yml").read_text().split("\nplugins:\n")
    listed = "".join(f"  - repository/{name}\n" for name in FIRST)
    (root / "mkdocs.yml").write_text(f"{head}\nplugins: []\nnav:\n  - index.md\n{listed}")
    done = build(root, tmp_path / "site")
    assert done.returncode != 0
    for part in said:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('<a href="other.html">x</a><a href="#here">x</a><p id="here">', []),
        ('<a href="https://example.org/">a person follows it</a>', []),
        ('<a href="other.html#there">x</a>', []),
        ('<a href="gone.html">x</a>', ["no such file"]),
        ('<a href="other.html#gone">x</a>', ["no such anchor"]),
        ('<a href="#gone">x</a>', ["no such anchor"]),
        ('<img src="gone.png">', ["no such file"]),
        ('<script src="https://cdn.example.org/x.js"></script>', ["is fetched from elsewhere"]),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', ["is fetched from elsewhere"]),
        ('<p style="background: url(https://example.org/x.png)">', ["is fetched from elsewhere"]),
    ],
)
def test_faults_of_a_site_are_found(page: str, said: list[str], tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "other.html").write_text('<h1 id="there">x</h1>')
    assert [fault.split(": ", 2)[-1] for fault in faults(tmp_path)] == said


def test_a_style_sheet_may_not_fetch_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import 'https://fonts.example.org/x.css'; b { background: url(local.png) }")
    assert faults(tmp_path) == ["a.css: https://fonts.example.org/x.css: is fetched from elsewhere"]
