"""Replay all dialogues of ToolTalk and count whose recorded results execution bears out."""

from __future__ import annotations

import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import gem_sim
from gem_sim.canonical import show
from gem_sim.simulator import ReplayedCall

HERE = Path(__file__).resolve().parent


def _beside(name: str) -> ModuleType:
    return import_module(f"benchmarks.tooltalk.{name}")


def measure() -> dict[str, Any]:
    """Return `calls`, `reproduced`, and what became of the others.

    `exact` and `up_to_list_order` add up to `reproduced`; `classes` counts the others by kind, `differing` lists
    them with their diff; `verdicts` counts dialogues, `codes` the dialogues with each finding code, `claims`
    the findings of that family by class.
    """
    classes = _beside("classes")
    environment, dialogues = _beside("load").load()
    counts: Counter[str] = Counter()
    differing: list[dict[str, Any]] = []
    verdicts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    claims: Counter[str] = Counter()
    missed = 0
    started = time.process_time()
    for dialogue in dialogues:
        replayed = gem_sim.replay(dialogue, environment)
        verdict = gem_sim.verify(replayed)
        verdicts[verdict.verdict] += 1
        codes.update({finding.code for finding in verdict.findings})
        claimed = [finding for finding in verdict.findings if finding.code.startswith("claims.")]
        claims.update(classes.class_of_claim(dialogue.id, finding) for finding in claimed)
        for call, theirs in zip(replayed.calls, dialogue.extra["meta"]["replay_matches"], strict=True):
            kind = classes.class_of(call)
            counts[kind] += 1
            if kind not in classes.REPRODUCED:
                missed += theirs is True
                differing.append(_shown(dialogue.id, call, kind))
    return {
        "calls": counts.total(),
        "reproduced": sum(counts[kind] for kind in classes.REPRODUCED),
        "exact": counts[classes.SAME],
        "up_to_list_order": counts[classes.OTHER_ORDER],
        "missed_though_theirs_reproduces": missed,
        "classes": {kind: n for kind, n in sorted(counts.items()) if kind not in classes.REPRODUCED},
        "verdicts": dict(sorted(verdicts.items())),
        "codes": dict(sorted(codes.items())),
        "claims": dict(sorted(claims.items())),
        "cpu_seconds": round(time.process_time() - started, 3),
        "differing": differing,
    }


def _shown(name: str, call: ReplayedCall, kind: str) -> dict[str, Any]:
    places = [
        {"path": d.path, "kind": d.kind, "recorded": d.recorded, "executed": d.executed} for d in call.differences
    ]
    if not places:
        places = [{"path": "$", "kind": "outcome", "recorded": call.recorded, "executed": call.result.content}]
    return {"dialogue": name, "call": call.placed.number, "tool": call.placed.call.tool, "class": kind, "diff": places}


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    lines = ["calls whose recorded result differs from the executed one:", ""]
    for item in measured["differing"]:
        lines.append(f"{item['dialogue']}  call {item['call']}  {item['tool']}  ({item['class']})")
        for place in item["diff"][:6]:
            recorded, executed = show(place["recorded"], 90), show(place["executed"], 90)
            lines.append(f"    {place['path']} {place['kind']}: recorded {recorded} · executed {executed}")
        if len(item["diff"]) > 6:
            lines.append(f"    … and {len(item['diff']) - 6} more places")
    rows = [("calls replayed", measured["calls"]), ("reproduced", measured["reproduced"])]
    rows += [("  exactly", measured["exact"]), ("  up to list order", measured["up_to_list_order"])]
    rows += [(f"  differs: {kind}", number) for kind, number in measured["classes"].items()]
    rows += [("reproduced by ToolTalk's own code, not here", measured["missed_though_theirs_reproduces"])]
    rows += [(f"dialogues: {outcome}", number) for outcome, number in measured["verdicts"].items()]
    rows += [(f"dialogues with {code}", number) for code, number in measured["codes"].items()]
    rows += [(f"claims: {kind}", number) for kind, number in measured["claims"].items()]
    rows += [("CPU seconds, replay and verify", measured["cpu_seconds"])]
    width = max(len(name) for name, _ in rows)
    return "\n".join([*lines, "", *(f"{name:<{width}}  {value:>8}" for name, value in rows)])
