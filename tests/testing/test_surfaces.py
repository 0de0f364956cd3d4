"""The state machine, the pytest plugin, the commands and the repairs, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from gem_sim.cli import run
from gem_sim.formats import read_trajectories
from gem_sim.testing import EnvironmentFailed, check_environment, state_machine
from gem_sim.testing.program import program
from gem_sim.testing.repair import repair
from gem_sim.testing.watch import Problem
from gem_sim.verdict import Finding
from tests.conftest import ROOT, environment
from tests.testing.planting import planted

pytest_plugins = ["pytester"]

TestShop = state_machine(environment("frame_shop")).TestCase


def test_a_state_machine_fails_on_a_bug_and_shows_the_call(tmp_path: Path) -> None:
    machine = state_machine(planted("a row under a wrong key", tmp_path))
    with pytest.raises(AssertionError, match=r"check\.key"):
        run_state_machine_as_test(machine, settings=machine.TestCase.settings)
    assert machine.shown is not None
    assert machine.shown.calls[-1].tool == "place_custom_order"


def test_check_environment_raises_with_the_report(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match=r"check\.constant"):
        check_environment(planted("a constant that differs from its quote", tmp_path), parts=("conformance",))
    assert check_environment(environment("frame_shop"), parts=("conformance",)).verdict == "pass"


def test_a_problem_is_written_as_a_program_and_as_a_trajectory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = planted("a read that writes", tmp_path / "bug").folder
    out = tmp_path / "out"
    assert run(["check", str(folder), "--trusted", "--seconds", "3", "--out", str(out), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "fail"
    (finding,) = [one for one in told["findings"] if one["code"] == "check.read_writes"]
    assert [made["tool"] for made in finding["calls"]] == ["get_order_status"]
    (program,) = out.glob("read_writes-*.py")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "asked for" in done.stdout
    (trajectory,) = read_trajectories(out / "trajectories.jsonl")
    assert [placed.call.tool for placed in trajectory.calls()] == ["get_order_status"]


@pytest.mark.parametrize("message", ['it ends in a "quote"', '"""', "a \\ at the end \\", 'say """x"""'])
def test_a_program_is_python_whatever_the_finding_says(message: str) -> None:
    finding = Finding(code="check.row", message=message)
    compile(program(Problem(("k",), finding, None, ()), environment("frame_shop")), "program", "exec")


@pytest.mark.parametrize(
    ("name", "repaired"),
    [
        ("a missing required", ("place_custom_order", "required")),
        ("a table not declared as read", ("get_user_profile", "reads")),
    ],
)
def test_a_mechanical_fault_is_repaired_and_nothing_else(name: str, repaired: tuple[str, str], tmp_path: Path) -> None:
    broken = planted(name, tmp_path)
    done = repair(broken, seconds=3)
    assert [(item.tool, item.key) for item in done.repairs] == [repaired]
    assert (done.found.verdict, done.left.verdict) == ("fail", "pass")
    original = json.loads((ROOT / "environments" / "frame_shop" / "environment.json").read_text())
    assert json.loads(done.after) == original


def test_a_read_that_must_not_write_is_not_called_a_write(tmp_path: Path) -> None:
    done = repair(planted("a read that writes", tmp_path), seconds=3)
    assert done.repairs == ()
    assert done.before == done.after


def test_repair_writes_the_repaired_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = planted("a table not declared as read", tmp_path / "bug").folder
    out = tmp_path / "repaired"
    assert run(["repair", str(folder), "--trusted", "--seconds", "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert '+      "reads": ["users", "orders"],' in printed
    assert (out / "state.json").is_file()


def test_pytest_collects_environments_and_shows_the_report(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = planted("a constant that differs from its quote", tmp_path).folder
    options = ("-p", "no:xdist", "--gem-sim-trusted", "--gem-sim-seconds", "1", "-k", "conformance")
    result = pytester.runpytest_subprocess(str(folder), *options)
    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(["*check.constant*its quote says*", f"again: gem-sim check {folder} --seed 0*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert (
        pytester.runpytest_subprocess(str(folder), "-p", "no:xdist", "--no-gem-sim").ret
        == pytest.ExitCode.NO_TESTS_COLLECTED
    )


def test_the_plugin_does_not_pass_over_an_environment_that_is_no_json(pytester: pytest.Pytester) -> None:
    pytester.makefile(".json", environment='{"name": "shop",\n "entities": {},,\n "tools": []}')
    result = pytester.runpytest_subprocess("-p", "no:xdist")
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(["*environment.json:2: not JSON*"])


def test_the_plugin_leaves_other_test_runs_alone(pytester: pytest.Pytester) -> None:
    pytester.makefile(".json", environment='{"python": "3.12"}')
    pytester.makepyfile("import sys\ndef test_it():\n    assert 'gem_sim.testing.check' not in sys.modules\n")
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)
