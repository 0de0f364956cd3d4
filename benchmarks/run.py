"""`python benchmarks/run.py NAME [--json]`: run one benchmark and print one table, or one JSON object."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the benchmarks there are: each a folder with a `measure.py`."""
    return sorted(path.parent.name for path in HERE.glob("*/measure.py"))


def load(name: str) -> ModuleType:
    """Import the `measure.py` of a benchmark."""
    sys.path.insert(0, str(HERE.parent))
    return import_module(f"benchmarks.{name}.measure")


def main() -> int:
    """Parse the arguments, run the benchmark, print what it measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions of what is timed; the median counts")
    parser.add_argument("--seconds", type=float, metavar="N", help="how long to go on, where that is a choice")
    parser.add_argument("--trajectories", type=int, metavar="N", help="how many are judged, where that is a choice")
    options = parser.parse_args()
    module = load(options.name)
    given = {name: getattr(options, name) for name in ("repeat", "seconds", "trajectories")}
    given = {name: value for name, value in given.items() if value is not None}
    unknown = given.keys() - inspect.signature(module.measure).parameters.keys()
    if unknown:
        parser.error(f"{options.name} has no --{' or --'.join(sorted(unknown))}; leave it out")
    measured = module.measure(**given)
    print(json.dumps(measured) if options.json else module.table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
