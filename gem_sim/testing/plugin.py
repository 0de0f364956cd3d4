"""The pytest plugin: `pytest environments/` checks each environment folder, an item for each part of the check.

Only folders with an `environment.json` are collected; nothing is imported before one is found. Options: `--no-gem-sim`
collects none, `--gem-sim-seconds` says how long to try calls, `--gem-sim-trusted` keeps bodies in this process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gem_sim.testing.check import Report

FILE = "environment.json"
# Other programs have files of that name too.
_OURS = {"entities", "workflow", "rules", "constants", "policy", "clock"}
PARTS = ("conformance", "calls", "determinism", "machine", "tasks")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("gem-sim", "environments of gem-sim")
    group.addoption("--no-gem-sim", action="store_true", help="collect no environment folders")
    group.addoption("--gem-sim-seconds", type=float, default=10.0, help="about how long to try calls (default: 10)")
    group.addoption("--gem-sim-seed", type=int, default=0, help="decides every draw (default: 0)")
    group.addoption("--gem-sim-trusted", action="store_true", help="run the bodies in this process")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect an environment by its `environment.json`, if it looks like one of ours."""
    if file_path.name != FILE or parent.config.getoption("--no-gem-sim"):
        return None
    try:
        text = file_path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return None
    if not _is_ours(text):
        return None
    collector: pytest.Collector = EnvironmentFile.from_parent(parent, path=file_path)
    return collector


def _is_ours(text: str) -> bool:
    """Tell whether a file is an environment, or would be if it were JSON: a misplaced comma must not hide it."""
    try:
        content = json.loads(text)
    except ValueError:
        return '"tools"' in text and any(f'"{key}"' in text for key in _OURS)
    return isinstance(content, dict) and isinstance(content.get("tools"), list) and bool(_OURS & content.keys())


class EnvironmentFile(pytest.File):
    """An environment's folder: one item for each part of the check."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items."""
        for part in PARTS:
            yield EnvironmentItem.from_parent(self, name=part, part=part)


class EnvironmentItem(pytest.Item):
    """One part of the check of one environment."""

    def __init__(self, *, part: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def runtest(self) -> None:
        """Run the part; fails with the report, is skipped where something is undecided."""
        from gem_sim.simulator import load_environment
        from gem_sim.testing.check import EnvironmentFailed, check

        option = self.config.getoption
        environment = load_environment(self.path.parent, trusted=option("--gem-sim-trusted") or None)
        seconds, seed = option("--gem-sim-seconds"), option("--gem-sim-seed")
        report = check(environment, seconds=seconds, seed=seed, parts=(self.part,))
        if report.verdict == "fail":
            raise EnvironmentFailed(report)
        if report.verdict == "undecided":
            pytest.skip("\n".join(_lines(report)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the report instead of our own stack."""
        from gem_sim.errors import GemSimError
        from gem_sim.testing.check import EnvironmentFailed

        if isinstance(excinfo.value, EnvironmentFailed):
            report = excinfo.value.report
            return f"{report}\n\nagain: gem-sim check {self.path.parent} --seed {report.seed} --out problems"
        if isinstance(excinfo.value, GemSimError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item stands and its name."""
        return self.path, 0, f"{self.path.parent.name}: {self.part}"


def _lines(report: Report) -> list[str]:
    return ["undecided:", *(str(problem.finding) for problem in report.of("undecided"))]
