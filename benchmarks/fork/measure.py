"""Fork, snapshot, rollback and a replayed call over tables from 100 to 100,000 rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import gem_sim
from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Environment
from gem_sim.source import Passage
from gem_sim.state import State
from gem_sim.tool import Tool

SIZES = (100, 1_000, 10_000, 100_000)
ROUNDS = 7
BODY = (
    "order = state.orders[order_id]",
    "order['status'] = 'sent'",
    "event = new_id('events')",
    "state.events[event] = {'event_id': event, 'order_id': order_id}",
    "return {'event_id': event}",
)


def measure() -> dict[str, Any]:
    """Return microseconds per size of table, and the ratios of the largest to the smallest.

    `fork` makes a branch; `call` writes two rows in a table of that size; `digest` asks for the digest after it;
    `rollback` takes the call back.
    """
    rows = [{"rows": size, **_measured(size)} for size in SIZES]
    names = ("fork", "call", "digest", "rollback")
    ratios = {f"{name}_ratio": round(rows[-1][name] / rows[0][name], 2) for name in names}
    return {"sizes": rows, **ratios}


def _measured(size: int) -> dict[str, float]:
    orders = {f"O{n}": {"order_id": f"O{n}", "status": "open", "total": n} for n in range(size)}
    state = State({"orders": orders, "events": {}})
    assert state.digest
    schema = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
    tool = Tool(name="send", parameters=schema, body=BODY)
    stub = compile_tool(tool, Surroundings({}, {}, {}, frozenset(state), {}))
    environment = Environment(
        name="bench", title="", origin="", licence="", clock="2026-03-02T09:00:00Z", policy=(), entities={},
        constants={}, rules={}, tools={"send": tool}, stubs={"send": stub}, workflows=(), state=state,
        passage=Passage(name="source.md", text=""), sources={}, digest="", trusted=True,
    )  # fmt: skip
    session = gem_sim.Session(environment)
    call = gem_sim.ToolCall(id="c", tool="send", arguments={"order_id": f"O{size // 2}"})

    def called() -> gem_sim.Session:
        branch = session.fork()
        branch.call(call)
        return branch

    return {
        "fork": _microseconds(lambda: None, lambda _: session.fork()),
        "call": _microseconds(session.fork, lambda branch: branch.call(call)),
        "digest": _microseconds(called, lambda branch: branch.digest),
        "rollback": _microseconds(called, lambda branch: branch.rollback()),
    }


def _microseconds(before: Callable[[], Any], timed: Callable[[Any], Any]) -> float:
    """Return the median over rounds of the mean time of a step, what comes before it not counted."""
    rounds = []
    for _ in range(ROUNDS):
        things = [before() for _ in range(300)]
        started = time.perf_counter()
        for thing in things:
            timed(thing)
        rounds.append((time.perf_counter() - started) / len(things))
    return round(statistics.median(rounds) * 1e6, 2)


def table(measured: dict[str, Any]) -> str:
    """Return the measurements as lines for a person."""
    names = ("fork", "call", "digest", "rollback")
    lines = [f"{'rows':>8}" + "".join(f"{name + ' µs':>14}" for name in names)]
    lines += [f"{row['rows']:>8,}" + "".join(f"{row[name]:>14}" for name in names) for row in measured["sizes"]]
    lines.append(f"{'ratio':>8}" + "".join(f"{measured[name + '_ratio']:>14}" for name in names))
    return "\n".join(lines)
