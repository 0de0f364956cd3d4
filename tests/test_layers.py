"""The layer table and the house rules of ARCHITECTURE.md, as tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "gem_sim"

LAYERS = (
    {"errors", "canonical", "frozen"},
    {"source", "tool", "message", "state", "workflow", "task", "environment", "trajectory", "verdict"},
    {"formats", "compiler"},
    {"sandbox"},
    {"simulator"},
    {"verifier"},
    {"refiner", "testing"},
    {"pipeline", "synthesizer", "induce"},
    {"adapters", "engine", "audit"},
    {"cli", "report"},
)
# Nouns may build on nouns: the order in which they may import each other.
NOUNS = ("source", "tool", "message", "state", "workflow", "task", "environment", "trajectory", "verdict")
# The command line prints reports, the synthesizer builds on the pipeline; nothing else may look sideways.
ALLOWED_SIDEWAYS = {("cli", "report"), ("synthesizer", "pipeline")}
DRAWERS = {"utils", "helpers", "common", "core", "tools", "misc"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


def imported_parts(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gem_sim"):
            names = node.module.split(".")[1:2] or [alias.name for alias in node.names]
            found.update(names)
        elif isinstance(node, ast.Import):
            found.update(a.name.split(".")[1] for a in node.names if a.name.startswith("gem_sim."))
    return found


@pytest.mark.parametrize("path", [p for p in modules() if part_of(p) not in ("__init__", "__main__")], ids=str)
def test_a_module_imports_only_from_above(path: Path) -> None:
    part = part_of(path)
    for other in imported_parts(path) - {part}:
        if other == "__version__" or (part, other) in ALLOWED_SIDEWAYS:
            continue
        if part in NOUNS and other in NOUNS:
            assert NOUNS.index(other) < NOUNS.index(part), f"{path} imports the noun {other}"
        else:
            assert layer_of(other) < layer_of(part), f"{path} imports {other}"


def test_every_part_has_a_layer() -> None:
    parts = {part_of(path) for path in modules()} - {"__init__", "__main__"}
    assert parts <= set().union(*LAYERS)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_god_module_and_no_drawer(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert len(path.read_text().splitlines()) <= 500
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert length <= 60, f"{path}:{node.lineno} {node.name} has {length} lines"


def test_content_folders_are_no_packages() -> None:
    for folder in ("environments", "generated_tools", "verifiers"):
        assert (ROOT / folder).is_dir()
        assert not list((ROOT / folder).rglob("__init__.py"))


def test_the_layer_table_is_the_one_in_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for number, layer in enumerate(LAYERS):
        rows = [line for line in text.splitlines() if line.startswith(f"| {number} |")]
        named = {name for row in rows for name in re.findall(r"[a-z]+", row.split("|")[2])}
        built = {part for part in layer if (PACKAGE / part).exists() or (PACKAGE / f"{part}.py").exists()}
        assert built <= named, f"layer {number} of ARCHITECTURE.md lacks {built - named}"
        assert named <= layer, f"layer {number} of ARCHITECTURE.md has {named - layer}"
