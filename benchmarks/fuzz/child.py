"""Fuzz in this process and say what is being done, line by line: `child.py SEED SECONDS FD`."""

from __future__ import annotations

import ast
import builtins
import collections
import datetime
import decimal
import heapq
import json
import math
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import re2

from gem_sim.canonical import canonical_bytes
from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Constant, Rule
from gem_sim.errors import CompileError, LimitError, StubError
from gem_sim.sandbox import Code, Limits, Moment, Program, Runner
from gem_sim.state import State
from gem_sim.tool import Tool

sys.path.insert(0, str(Path(__file__).parent))
from mutate import Donors, mutated

ROOT = Path(__file__).resolve().parent.parent.parent
TRACED = (str(ROOT / "gem_sim" / "compiler"), str(ROOT / "gem_sim" / "sandbox"))
LIMITS = Limits(fuel=3_000, seconds=2.0, output=100_000)
CANARY = "the-canary-sings"
ROWS: dict[str, Any] = {"store": {"s": {"id": "s", "log": [], "n": 1}}, "other": {"o": {"id": "o", "tags": ["a", "b"]}}}
SURROUNDINGS = Surroundings(
    {"NAMES": Constant(value=["a", "b"]), "MOST": Constant(value=3)},
    {"R1": Rule(text="At most three.", kind="limit")},
    {},
    frozenset(ROWS),
    {},
)
PARAMETERS = {"type": "object", "properties": {name: {} for name in ("call", "payload", "probe", "extra")}}
ARGUMENTS = {"call": 1, "payload": ["p", {"q": ["r"]}], "probe": False, "extra": "text"}
WATCHED = (builtins, collections, datetime, decimal, math, re, statistics)
# What no stub may make happen; the meter itself looks at frames.
ALLOWED_EVENTS = ("sys._getframe", "object.__getattr__", "exec")


class _Watch:
    """An audit hook that notes what happens while a stub runs; there is no way to take such a hook away again."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and not event.startswith(ALLOWED_EVENTS):
            self.seen.append(f"{event} {arguments[:1]}"[:200])


class _Coverage:
    """Lines of the policy and the sandbox that one run went through, each with the line before it."""

    def __init__(self) -> None:
        self.known: set[Any] = set()
        self._new: set[Any] = set()
        self._files: dict[str, bool] = {}

    def __enter__(self) -> None:
        self._new = set()
        sys.settrace(self._call)

    def __exit__(self, *error: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, _event: str, _argument: object) -> Any:
        name = frame.f_code.co_filename
        if name not in self._files:
            self._files[name] = name.startswith(TRACED)
        if not self._files[name]:
            return None
        code: CodeType = frame.f_code
        last = 0

        def line(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal last
            if event == "line":
                edge = (code, last, frame.f_lineno)
                if edge not in self.known:
                    self._new.add(edge)
                last = frame.f_lineno
            return line

        return line

    def take(self, *features: Any) -> bool:
        """Tell whether the run, or a feature of its outcome, was new; from now on it is known."""
        fresh = self._new | {feature for feature in features if feature not in self.known}
        self.known |= fresh
        return bool(fresh)


def seeds() -> Iterator[str]:
    """Yield bodies to start from: the escape corpus and the bundled environments."""
    for path in sorted((ROOT / "tests" / "cases" / "escapes").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "# repeat:" not in text and "# stops: clock" not in text:
            state = "state" if "# view: tables" in text else "state.store['s']"
            yield f"{text}\nreturn tool({state}, call=call, payload=payload, probe=probe)"
    for path in sorted((ROOT / "environments").glob("*/environment.json")):
        for tool in json.loads(path.read_text(encoding="utf-8"))["tools"]:
            if tool.get("body"):
                yield "\n".join(tool["body"])


class Fuzzer:
    """A pool of bodies that each showed something new, and what went wrong."""

    def __init__(self, seed: int, report: Any) -> None:
        self.chance = random.Random(seed)
        self.report = report
        self.watch = _Watch()
        self.coverage = _Coverage()
        self.donors = Donors([], [])
        self.pool: list[str] = []
        self.counts = collections.Counter[str]()
        self.host = self._host()
        os.environ["CANARY"] = CANARY
        setattr(builtins, "canary", CANARY)  # noqa: B010 - a name that no module declares

    def run(self, seconds: float) -> None:
        """Fuzz for so long."""
        until = time.monotonic() + seconds
        for source in seeds():
            self.one(source)
        while time.monotonic() < until:
            source = mutated(self.chance.choice(self.pool), self.donors, self.chance)
            if source is not None and len(source) < 4000:
                self.one(source)

    def _keep(self, source: str) -> None:
        self.pool.append(source)
        with suppress(SyntaxError, ValueError):
            self.donors.add(ast.parse(source))

    def one(self, source: str) -> None:
        """Compile and run one body; keep it if it went where none went before."""
        self._say({"try": source})
        self.counts["tried"] += 1
        outcome = self._judged(source)
        self.counts[outcome.split(":", maxsplit=1)[0]] += 1
        if self.coverage.take(re.sub(r"\d+|'[^']*'", "", outcome)[:80]):
            self._keep(source)
        if self.counts["tried"] % 50 == 0:
            self._say({"counts": dict(self.counts), "pool": len(self.pool), "edges": len(self.coverage.known)})
            if (host := self._host()) != self.host:
                self._find("host changed", source, str(sorted(dict(host.items() ^ self.host.items()))))
                self.host = host

    def _judged(self, source: str) -> str:
        tool = Tool(name="tool", parameters=PARAMETERS, body=tuple(source.split("\n")))
        try:
            with self.coverage:
                stub = compile_tool(tool, SURROUNDINGS)
        except CompileError as error:
            return f"refused: {error.faults[0].message}"
        except BaseException as error:
            self._find("compiler crashed", source, f"{type(error).__name__}: {error}")
            return "compiler crashed"
        program = Program(
            {"tool": Code(stub.code, stub.function)}, {"NAMES": ["a", "b"], "MOST": 3}, {"R1": "At most."}
        )
        with self.coverage:
            first = self._ran(program, source)
        second = self._ran(program, source)
        if first != second and not {first, second} & {"limit: out of time", "limit: out of memory"}:
            self._find("not deterministic", source, f"{first} | {second}")
        return first

    def _ran(self, program: Program, source: str) -> str:
        """Run a stub in a new runner; return its outcome, with what it left where it succeeded."""
        state = State(ROWS)
        before = state.digest
        self.watch.seen.clear()
        runner = Runner(program)
        self.watch.on = True
        try:
            outcome = runner.call("tool", ARGUMENTS, Moment(state, "2026-03-02T09:00:00Z", {}, 0), LIMITS)
        except LimitError as error:
            told = f"limit: {error.message}"
        except StubError as error:
            told = f"error: {error.message}"
        except BaseException as error:
            self._find("sandbox crashed", source, f"{type(error).__name__}: {error}")
            told = "sandbox crashed"
        else:
            told = self._succeeded(outcome, source)
        finally:
            self.watch.on = False
        if self.watch.seen:
            self._find("escaped", source, self.watch.seen[0])
        if CANARY in told:
            self._find("escaped", source, "the canary was reached")
        if state.digest != before or state.to_json() != ROWS:
            self._find("state changed in place", source)
        return told

    def _succeeded(self, outcome: Any, source: str) -> str:
        if outcome.refusal is not None:
            return f"refusal: {outcome.refusal[:200]}"
        try:
            left = canonical_bytes([outcome.content, outcome.state.to_json(), dict(outcome.ids)])
        except ValueError as error:
            self._find("left what is no JSON", source, str(error))
            return "no JSON"
        return f"ok: {left.decode()[:2000]}"

    def _host(self) -> dict[str, int]:
        return {
            f"{module.__name__}.{name}": id(value)
            for module in WATCHED
            for name, value in vars(module).items()
            if name != "canary"
        }

    def _find(self, kind: str, source: str, words: str = "") -> None:
        self._say({"found": kind, "source": source, "words": words[:500]})

    def _say(self, line: dict[str, Any]) -> None:
        self.report.write(json.dumps(line) + "\n")


def main() -> None:
    """Fuzz as the arguments say."""
    with os.fdopen(int(sys.argv[3]), "w", buffering=1) as report:
        # What is loaded on first use must be there before anything is watched.
        datetime.datetime.strptime("2026", "%Y")
        heapq.nlargest(1, [re2.compile("a").sub("b", "a")])
        Fuzzer(int(sys.argv[1]), report).run(float(sys.argv[2]))


if __name__ == "__main__":
    main()
