"""Run attacks, one after another, and report each on a descriptor: `attack_child.py FD FOLDER MODE FILE…`.

Each attack goes through `load_environment` and `Session`, as a user's environment would. What is reported besides
the outcome are problems: an escape, a change of the host, of the state after a failed call, or of a later call.

Modes: `plain`: in this process; `odd`: in this process, which is unlike others in all that a stub must not see;
`worker`: all attacks as the tools of one environment that is not trusted, in its worker process; `clock`: the same with
little time.
"""

from __future__ import annotations

import builtins
import collections
import copyreg
import datetime
import decimal
import json
import locale
import math
import os
import re
import resource
import shutil
import signal
import statistics
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gem_sim
import gem_sim.sandbox
from gem_sim.canonical import copy_json, digest
from gem_sim.sandbox import isolated

sys.path.insert(0, str(Path(__file__).parent))
from attacks import Attack, read_attack, write_environment

_WATCHED = (builtins, collections, collections.abc, copyreg, datetime, decimal, json, math, os, re, statistics, sys)
# Modules that the standard library loads for itself, late.
_LATE = {"_strptime", "calendar", "locale", "unicodedata", "fractions", "numbers", "linecache", "stringprep", "_locale"}
_FORBIDDEN_EVENTS = ("open", "os.", "socket.", "subprocess.", "ctypes.", "import", "shutil.", "signal.")
_ADDRESS_SPACE = 6 << 30
_MOST_MEMORY_KIB = 700 << 10
LIMITS = gem_sim.Limits(fuel=150_000)
_events: list[str] = []
_watching = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event.startswith(_FORBIDDEN_EVENTS):
        name = str(arguments[0]) if arguments else ""
        if not (event == "import" and name in _LATE) and not (event == "open" and name == "<attack>"):
            _events.append(f"{event} {name}"[:200])


def main() -> None:
    """Run the attacks and report one JSON line at the start and one at the end of each."""
    report = os.fdopen(int(sys.argv[1]), "w", buffering=1)
    folder = Path(sys.argv[2])
    mode, files = sys.argv[3], sys.argv[4:]
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if mode in ("worker", "clock"):
        run_of = _worker_runs(files, folder, mode)
    else:
        run_of = lambda file: _Run(read_attack(Path(file)), folder)  # noqa: E731
        _warm_up(folder)
        if mode == "odd":
            _be_odd()
        sys.addaudithook(_hook)
    for file in files:
        report.write(json.dumps({"start": file}) + "\n")
        run = run_of(file)
        _deeper(150 if mode == "odd" else 0, run.all)
        report.write(json.dumps({"end": file, "seen": run.seen, "problems": run.problems, "trace": run.trace}) + "\n")


def _worker_runs(files: list[str], folder: Path, mode: str) -> Callable[[str], _Run]:
    """Put all attacks into one environment and start its worker; they must all compile."""
    # What the clock stops may be stopped soon; what is asked afterwards has all the time it needs.
    isolated._GRACE_SECONDS = 0.15 if mode == "clock" else 0.3  # type: ignore[misc]
    attacks = {file: read_attack(Path(file)) for file in files}
    environment = gem_sim.load_environment(write_environment(list(attacks.values()), folder), trusted=False)
    limits = LIMITS._replace(seconds=0.15) if mode == "clock" else LIMITS
    gem_sim.Session(environment).call(gem_sim.ToolCall(id="c", tool="ping"))
    return lambda file: _Run(attacks[file], folder, environment, limits)


def _warm_up(folder: Path) -> None:
    """Run a harmless tool, so that what is imported late is there before the host is looked at."""
    datetime.datetime.strptime("2026", "%Y")
    file = folder / "harmless.py"
    file.write_text("# expect: ok\n# about: none\ndef tool(state, **kwargs):\n    return {'escaped': 1 / 0}\n")
    for _ in range(2):
        _Run(read_attack(file), folder).all()
    file.unlink()


def _be_odd() -> None:
    """Be another host: what a stub can see of it must not differ."""
    context = decimal.getcontext()
    context.prec, context.rounding = 5, decimal.ROUND_UP
    for signal_ in (decimal.InvalidOperation, decimal.DivisionByZero):
        context.traps[signal_] = False
    warnings.simplefilter("error")
    for name in ("de_DE.UTF-8", "C.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
            break
        except locale.Error:
            continue


def _deeper(levels: int, function: Callable[[], None]) -> None:
    if levels:
        _deeper(levels - 1, function)
    else:
        function()


class _Run:
    """One attack: the outcome of each call (`seen`), what went wrong, and what another host must see too (`trace`)."""

    def __init__(
        self,
        attack: Attack,
        folder: Path,
        environment: gem_sim.Environment | None = None,
        limits: gem_sim.Limits = LIMITS,
    ) -> None:
        self.attack = attack
        self.tool = "attack" if environment is None else attack.name
        self.environment = environment
        self.limits = limits
        self.folder = folder
        self.seen: list[str] = []
        self.problems: list[str] = []
        self.trace: list[str] = []

    def all(self) -> None:
        """Run the attack under its harness and look at the host before and after."""
        if self.environment is not None:
            self._calls(self.environment)
            return
        home = write_environment([self.attack], self.folder)
        before = _host()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            environment = self._watched(lambda: gem_sim.load_environment(home, trusted=True), reads=str(home))
        except gem_sim.InputError as error:
            # Half a surrogate pair is no JSON either, so the file as a whole may be refused.
            self._note("compile", str(error).replace(str(self.folder), ""))
            environment = None
        except Exception as error:
            self.problems.append(f"loading raised {type(error).__name__}: {error}"[:300])
            environment = None
        if environment is not None:
            self._calls(environment)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        if grown > _MOST_MEMORY_KIB:
            self.problems.append(f"took {grown >> 10} MiB")
        for name, value in _host().items():
            if value != before[name]:
                self.problems.append(f"the host's {name} changed: {_difference(before[name], value)}")
        shutil.rmtree(home)

    def _calls(self, environment: gem_sim.Environment) -> None:
        attack = self.attack
        session = gem_sim.Session(environment, seed=7, limits=self.limits)
        baseline = self._ping(session)
        for number in range(1, attack.calls + 1):
            payload: list[Any] = ["p", {"q": ["r"]}]
            call = gem_sim.ToolCall(id="c", tool=self.tool, arguments={"call": number, "payload": payload})
            content, failed = self._call(session, call)
            if payload != ["p", {"q": ["r"]}] or call.arguments["payload"] != payload:
                self.problems.append("the tool changed its caller's arguments")
            if attack.harness == "mutate-result":
                _mutate(content)
            elif attack.harness == "mutate-args":
                _mutate(payload)
                _mutate(call.arguments["payload"])
            if failed and self._ping(session) != baseline:
                self.problems.append("a failed call changed what the next call sees")
            if not attack.same_state:
                session = gem_sim.Session(environment, seed=7, limits=self.limits)
        if attack.harness == "abort-then-probe":
            self._abort_and_probe(environment, {"abort": True})
            self._abort_and_probe(environment, {})
        if self._ping(gem_sim.Session(environment, seed=7, limits=self.limits)) != baseline:
            self.problems.append("a later session sees something of the attack")

    def _call(self, session: gem_sim.Session, call: gem_sim.ToolCall, *, judged: bool = True) -> tuple[Any, bool]:
        """Run one call; return its content and whether it failed."""
        before = session.state
        digest_before = before.digest
        content: Any = None
        try:
            result = self._watched(lambda: session.call(call))
            content = result.content
            outcome = "runtime" if result.is_error else "ok"
            words = (
                json.dumps(content).replace(f"{self.tool}.<locals>", "attack.<locals>")
                if _is_json(content)
                else f"not JSON: {type(content).__name__}"
            )
        except gem_sim.StubError as error:
            outcome = "limit" if isinstance(error, gem_sim.LimitError) else "runtime"
            words = str(error).replace(f"tool {self.tool!r}", "tool 'attack'")
            words = words.replace(f"{self.tool}.<locals>", "attack.<locals>")
            if self.limits.seconds > 1 and words.endswith(("out of memory", "out of time")):
                self.problems.append(f"only the machine stopped it: {words}")
        except BaseException as error:
            self.problems.append(f"a call raised {type(error).__name__}: {error}"[:300])
            return None, True
        if isinstance(content, dict) and content.get("escaped") and outcome == "ok":
            self.problems.append("escaped")
        if words.startswith("not JSON"):
            self.problems.append(f"the result is {words}")
        if outcome != "ok" and (session.state is not before or session.digest != digest_before):
            self.problems.append("a failed call changed the state")
        self._note(outcome if judged else f"({outcome})", words)
        self.trace.append(_digest_of(session))
        return content, outcome != "ok"

    def _abort_and_probe(self, environment: gem_sim.Environment, arguments: dict[str, Any]) -> None:
        session = gem_sim.Session(environment, seed=7, limits=self.limits)
        start, before = session.state, session.digest
        abort = gem_sim.ToolCall(id="c", tool=self.tool, arguments={"payload": ["p"], **arguments})
        self._call(session, abort, judged=False)
        if not arguments and session.state is not start:
            session.rollback()
        if session.digest != before:
            self.problems.append("an aborted call left something in the state")
        probe = gem_sim.ToolCall(id="c", tool=self.tool, arguments={"payload": ["p"], "probe": True})
        self._call(session, probe, judged=False)

    def _ping(self, session: gem_sim.Session) -> object:
        twin = session.fork()
        twin.limits = LIMITS
        try:
            result = twin.call(gem_sim.ToolCall(id="c", tool="ping"))
            return [result.is_error, digest(result.content)]
        except BaseException as error:
            self.problems.append(f"the next call raised {type(error).__name__}: {error}"[:300])
            return None

    def _watched(self, function: Callable[[], Any], reads: str | None = None) -> Any:
        """Call a function and take what it does to the world as problems, but for reading below `reads`."""
        global _watching  # noqa: PLW0603 - the audit hook stays for the life of the process
        _events.clear()
        _watching = True
        try:
            return function()
        finally:
            _watching = False
            done = [event for event in _events if reads is None or not event.startswith(f"open {reads}")]
            self.problems += [f"did {event}" for event in done[:3]]

    def _note(self, outcome: str, words: str) -> None:
        self.seen.append(outcome)
        self.trace.append(f"{outcome}: {words[:2000]}")


def _digest_of(session: gem_sim.Session) -> str:
    try:
        return session.digest
    except Exception as error:
        return f"no digest: {type(error).__name__}"


def _is_json(value: object) -> bool:
    try:
        copy_json(value)
    except ValueError:
        return False
    return True


def _mutate(value: Any) -> None:
    """Edit every list and mapping of a value that the host holds."""
    if isinstance(value, list):
        for item in value:
            _mutate(item)
        value.append("host-was-here")
    elif isinstance(value, dict):
        for item in list(value.values()):
            _mutate(item)
        value["host-was-here"] = True


def _host() -> dict[str, Any]:
    """Return what an attack must leave as it is."""
    watched = [module for name, module in sorted(sys.modules.items()) if name.startswith("gem_sim.sandbox")]
    slots = {f"{m.__name__}.{k}": id(v) for m in (*_WATCHED, *watched) for k, v in vars(m).items()}
    context = decimal.getcontext()
    own = Path("/proc/self")
    children = [c.read_text() for c in own.glob("task/*/children")] if own.is_dir() else []
    return {
        "environment": dict(os.environ),
        "files": sorted(str(path) for path in Path().rglob("*")),
        "folder": str(Path.cwd()),
        "modules": sorted(set(sys.modules) - _LATE - {name for name in sys.modules if name.startswith("gem_sim")}),
        "attributes": {k: v for k, v in slots.items() if not k.startswith(("sys.last_", "os._", "sys.modules"))},
        "recursion limit": sys.getrecursionlimit(),
        "threads": threading.active_count(),
        "children": children,
        "descriptors": sorted(path.name for path in Path("/proc/self/fd").iterdir()) if own.is_dir() else [],
        "decimal context": (context.prec, context.rounding, dict(context.flags), dict(context.traps)),
        "output": [os.fstat(number).st_size for number in (1, 2)],
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "timers": signal.getitimer(signal.ITIMER_REAL),
        "warnings": [str(entry) for entry in warnings.filters],
        "dispatch": len(copyreg.dispatch_table),
    }


def _difference(before: Any, after: Any) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        return str([key for key in {*before, *after} if before.get(key) != after.get(key)][:5])
    if isinstance(before, list) and isinstance(after, list):
        return str([item for item in after if item not in before][:5] or "fewer")
    return f"{before!r} → {after!r}"[:200]


if __name__ == "__main__":
    main()
