"""Asking for help costs what it must: no heavy package, and no other command's module."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer

from gem_sim.cli import run

HEAVY = {"RestrictedPython", "asyncio", "hypothesis", "jinja2", "networkx", "openai", "pyarrow", "pydantic", "rich"}

LOADED = """
import json, sys
from gem_sim.cli import run
status = run({arguments})
print(json.dumps([status, sorted(sys.modules)]))
"""


def loaded_by(*arguments: str) -> set[str]:
    """Return the names of all modules that a fresh process has after the command, which must succeed."""
    program = LOADED.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    return set(modules)


def test_help_imports_nothing_heavy() -> None:
    assert sorted(loaded_by("--help") & HEAVY) == []


def test_help_of_a_command_imports_nothing_heavy() -> None:
    # typer takes pydantic to read a command's own options.
    assert sorted(loaded_by("verify", "--help") & (HEAVY - {"pydantic"})) == []


def test_a_command_imports_its_own_module_only() -> None:
    modules = loaded_by("verify", "--help")
    assert "gem_sim.cli.verify" in modules
    assert not modules & {"gem_sim.cli.rollout", "gem_sim.cli.synthesize", "gem_sim.cli.induce"}


def test_a_misspelt_command_is_told_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verfy"]) == 2
    assert "Did you mean 'verify'" in capsys.readouterr().err


def test_a_command_may_be_a_group_of_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = typer.Typer(help="Two of them.", add_completion=False, rich_markup_mode=None)
    group.command("one")(lambda: print("first"))
    group.command("two")(lambda: print("second"))
    monkeypatch.setitem(sys.modules, "gem_sim.cli.both", SimpleNamespace(app=group))
    monkeypatch.setattr("gem_sim.cli._COMMANDS", ("demo", "both"))
    assert run(["both", "two"]) == 0
    assert capsys.readouterr().out == "second\n"
    assert run(["--help"]) == 0
    assert "both  Two of them." in capsys.readouterr().out
