"""Documents say what is so: generated pages are current, links lead somewhere, README commands run."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from gem_sim.cli import run
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])


def generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[str, str] = module.pages()
    return pages


def test_generated_pages_are_current() -> None:
    stale = [name for name, text in generated().items() if (ROOT / "docs" / name).read_text() != text]
    assert not stale, f"run `python docs/build.py`: {stale}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_architecture_is_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 150


def readme_examples() -> list[tuple[str, str]]:
    """Return (command, what it prints) for each `$ gem-sim …` block of the README and of the page on training."""
    text = "".join((ROOT / name).read_text() for name in ("README.md", "docs/train.md"))
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [(block.split("\n", 1)[0].removeprefix("$ "), block.split("\n", 1)[1]) for block in blocks]


@pytest.mark.parametrize(("command", "printed"), readme_examples(), ids=[c for c, _ in readme_examples()])
def test_readme_output_is_real(
    command: str,
    printed: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    program, *arguments = shlex.split(command)
    assert program == "gem-sim"
    if any(a.startswith("../shared") for a in arguments) and not (ROOT.parent / "shared").exists():
        pytest.skip("the shared data are not beside the checkout")
    monkeypatch.chdir(ROOT)
    run([str(tmp_path / a) if a.endswith(".html") else a for a in arguments])
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "") == printed


@pytest.mark.parametrize("page", ["README.md", "docs/train.md"])
def test_python_of_a_page_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})
