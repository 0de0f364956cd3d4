"""The page about serving: its snippet for HTTP runs; the adapters' libraries are needed by nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from docs.making.blocks import blocks
from tests.adapters.serving import served
from tests.conftest import ROOT

BLOCKS = [block.text for block in blocks((ROOT / "docs" / "serve.md").read_text()) if block.language == "python"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT, timeout=120
    )


def test_the_page_has_a_snippet_for_each_surface() -> None:
    assert len(BLOCKS) == 3


def test_the_snippet_for_http_runs() -> None:
    pytest.importorskip("uvicorn", reason="the extra `http` is not installed")
    with served("frame_shop", "--http") as server:
        done = run(BLOCKS[-1].replace("http://127.0.0.1:8000", server.url))
    assert done.returncode == 0, done.stderr
    assert "pass fail" in done.stdout


def test_the_core_and_the_command_line_import_no_adapters_library() -> None:
    done = run(
        "import sys, gem_sim.cli, gem_sim.adapters.episode, gem_sim.adapters.sessions, gem_sim.adapters.openapi\n"
        "assert not {'gymnasium', 'mcp', 'starlette', 'uvicorn', 'numpy', 'anyio'} & set(sys.modules)"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("option", "module"), [("--http", "uvicorn"), ("--mcp", "mcp")])
def test_a_missing_extra_is_said_in_one_line(option: str, module: str) -> None:
    done = run(
        f"import sys\nsys.modules[{module!r}] = None\n"
        f"from gem_sim.cli import main\nmain(['serve', 'library', {option!r}])"
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"gem-sim: serve: the extra {option[2:]!r} is not installed; pip install 'gem-sim[{option[2:]}]'\n"
    )


def test_serving_needs_to_know_how() -> None:
    done = run("from gem_sim.cli import main\nmain(['serve', 'library'])")
    assert (done.returncode, done.stderr) == (
        2,
        "gem-sim: serve: how is not clear; give --mcp, --http, both of these, or --openenv\n",
    )
