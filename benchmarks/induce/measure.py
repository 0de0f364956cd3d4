"""Induce environments from recordings of ToolTalk and SGD; count what they say of recordings held out."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import gem_sim
from gem_sim.canonical import canonical_bytes, show
from gem_sim.errors import InputError
from gem_sim.induce import FATES, Induced, fate_of, induce, task_of
from gem_sim.induce.recorded import read_dialogues
from gem_sim.trajectory import Trajectory

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[2] / "shared" / "data"
# What an undecided answer holds, by what the recordings induced from show of it.
KINDS = ("new", "empty", "shown")


def measure() -> dict[str, Any]:
    """Return the fates of held-out calls per suite of ToolTalk, and what inducing from all of SGD shows.

    `suites`: suite → dialogues induced from and held out, and `fates` of the held-out calls of its own tools;
    `reproduced`, `contradicted` and `undecided` are rates over the calls of all suites together. `open`: tool → how
    many of its undecided answers hold a row that no recording induced from shows (`new`), hold no row (`empty`), or
    hold only rows that were shown (`shown`). `ceiling` is the rate of answers that are not `new`.
    """
    started = time.process_time()
    dialogues = _read("tooltalk.jsonl")
    return {
        "recordings": _added_up(_suites(dialogues, None)),
        "with_state": _added_up(_suites(dialogues, _databases())),
        "sgd": _sgd(_read("sgd.jsonl")),
        "cpu_seconds": round(time.process_time() - started, 2),
    }


def _added_up(suites: dict[str, dict[str, Any]]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for suite in suites.values():
        total.update(suite["fates"])
    calls = total.total()
    rates = {fate: round(total[fate] / calls, 4) for fate in FATES}
    unknown: dict[str, Counter[str]] = {}
    for tool, counts in ((tool, counts) for suite in suites.values() for tool, counts in suite.pop("open").items()):
        unknown.setdefault(tool, Counter()).update(counts)
    new = sum(counts["new"] for counts in unknown.values())
    return {
        "calls": calls,
        **rates,
        "ceiling": round(1 - new / calls, 4),
        "fates": {fate: total[fate] for fate in FATES},
        "suites": suites,
        "open": {tool: {kind: unknown[tool][kind] for kind in KINDS} for tool in sorted(unknown)},
    }


def _databases() -> dict[str, Any]:
    """Return ToolTalk's initial databases as table → key → row, as the benchmark `tooltalk` reads them."""
    tables: dict[str, Any] = import_module("benchmarks.tooltalk.load").read_state(DATA)
    return tables


def _read(name: str) -> list[Trajectory]:
    path = DATA / name
    if not path.is_file():
        cure = "lay the shared data beside the checkout, as ../shared/data"
        raise InputError("cannot be read", file=str(path), cure=cure)
    return list(gem_sim.read_trajectories(path))


def _suites(dialogues: list[Trajectory], state: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return for each suite what became of the last third, by id, of the dialogues that use it."""
    tools = _tools_of_suites(dialogues)
    measured = {}
    for suite in sorted(tools):
        using = sorted((d for d in dialogues if suite in _used(d)), key=lambda dialogue: dialogue.id)
        cut = round(len(using) * 2 / 3)
        with tempfile.TemporaryDirectory() as folder:
            induced = induce(using[:cut], Path(folder) / suite.lower(), state=state)
            fates, contradicted, unknown = _held_out(induced, using, cut, tools[suite])
        measured[suite] = {
            "induced_from": cut,
            "held_out": len(using) - cut,
            "fates": {fate: fates[fate] for fate in FATES},
            "contradicted": contradicted,
            "open": unknown,
        }
    return measured


def _used(dialogue: Trajectory) -> list[str]:
    meta: Any = dialogue.extra["meta"]
    return list(meta["suites_used"])


def _tools_of_suites(dialogues: list[Trajectory]) -> dict[str, set[str]]:
    """Return suite → its tools: those offered where nothing but the suite is used."""
    tools: dict[str, set[str]] = {}
    for dialogue in dialogues:
        if len(_used(dialogue)) == 1:
            tools.setdefault(_used(dialogue)[0], set()).update(tool.name for tool in dialogue.tools)
    return tools


def _held_out(
    induced: Induced, dialogues: list[Trajectory], cut: int, tools: set[str]
) -> tuple[Counter[str], list[str], dict[str, Counter[str]]]:
    """Return the fates of the calls after the cut, each contradiction, and tool → what its undecided answers hold."""
    shown = {canonical_bytes(row) for d in read_dialogues(dialogues[:cut]) for c in d.calls for row in _rows(c.answer)}
    fates: Counter[str] = Counter()
    contradicted = []
    unknown: dict[str, Counter[str]] = {}
    for dialogue in dialogues[cut:]:
        for call in gem_sim.replay(dialogue, induced.environment, task=task_of(dialogue)).calls:
            if call.placed.call.tool not in tools or not call.has_answer:
                continue
            fate = fate_of(call)
            fates[fate] += 1
            if fate == "undecided":
                rows = {canonical_bytes(row) for row in _rows(call.recorded)}
                kind = "empty" if not rows else "shown" if rows <= shown else "new"
                unknown.setdefault(call.placed.call.tool, Counter())[kind] += 1
            if fate == "contradicted":
                where = f"{dialogue.id} call {call.placed.number} {call.placed.call.tool}"
                first = next((d for d in call.differences if d.kind != "unspecified"), None)
                parts = (first.recorded, first.executed) if first else (call.recorded, call.result.content)
                place = first.path if first else "$"
                contradicted.append(f"{where} {place}: recorded {show(parts[0], 60)}, executed {show(parts[1], 60)}")
    return fates, contradicted, unknown


def _rows(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in an answer that have several fields and no object within them."""
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    inner = [row for item in below for row in _rows(item)]
    if isinstance(value, dict) and len(value) > 1 and not any(map(_has_object, below)):
        yield value
    yield from inner


def _has_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_object, value)))


def _sgd(dialogues: list[Trajectory]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        induced = induce(dialogues, Path(folder) / "sgd")
    fates: Counter[str] = sum(induced.fates().values(), Counter())
    return {
        "dialogues": len(dialogues),
        "fates": {fate: fates[fate] for fate in FATES},
        "contradictions": [f.message for f in induced.findings if f.severity == "error"],
        "echoes": sum(f.severity == "warning" and f.code == "induce.contradiction" for f in induced.findings),
    }


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    lines = ["ToolTalk: induced from two thirds of a suite's dialogues, the other third replayed"]
    for key, title in (("recordings", "from recordings alone"), ("with_state", "with the initial databases (--state)")):
        lines += ["", title, *_suite_lines(measured[key])]
    lines += ["", "the undecided answers from recordings alone, by what the recordings induced from show of their rows"]
    lines.append(f"{'tool':<22}{'not all shown':>15}{'no rows':>9}{'all shown':>11}")
    alone = measured["recordings"]
    total = {kind: sum(counts[kind] for counts in alone["open"].values()) for kind in KINDS}
    for tool, counts in (*alone["open"].items(), ("all", total)):
        lines.append(f"{tool:<22}{counts['new']:>15}{counts['empty']:>9}{counts['shown']:>11}")
    lines.append(f"so that at most {alone['ceiling']:.1%} could be reproduced from recordings alone")
    sgd = measured["sgd"]
    counts = ", ".join(f"{sgd['fates'][fate]} {fate}" for fate in FATES)
    lines += ["", f"SGD: induced from all {sgd['dialogues']} dialogues and replayed: {counts}"]
    lines.append(f"{len(sgd['contradictions'])} contradictions, {sgd['echoes']} answers that may repeat an argument:")
    lines += [f"  {text}" for text in sgd["contradictions"]]
    return "\n".join([*lines, "", f"CPU seconds {measured['cpu_seconds']}"])


def _suite_lines(measured: dict[str, Any]) -> list[str]:
    lines = [f"{'suite':<14}{'from':>6}{'held out':>10}" + "".join(f"{fate:>14}" for fate in FATES)]
    for name, suite in measured["suites"].items():
        counts = "".join(f"{suite['fates'][fate]:>14}" for fate in FATES)
        lines.append(f"{name:<14}{suite['induced_from']:>6}{suite['held_out']:>10}{counts}")
    lines.append(f"{'all':<30}" + "".join(f"{measured['fates'][fate]:>14}" for fate in FATES))
    lines.append(f"{'':<30}" + "".join(f"{measured[fate]:>14.1%}" for fate in FATES))
    lines += [f"  contradicted: {text}" for suite in measured["suites"].values() for text in suite["contradicted"]]
    return lines
