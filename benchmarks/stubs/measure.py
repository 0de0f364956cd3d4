"""What a compiled stub costs over the same function in plain Python: bare, as a whole call, in the worker."""

from __future__ import annotations

import ast
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gem_sim
from gem_sim.compiler.function import Surroundings, compile_tool
from gem_sim.environment import Environment, Rule
from gem_sim.sandbox import Code, Limits, Moment, Program, Runner
from gem_sim.source import Passage
from gem_sim.state import State
from gem_sim.tool import Tool

ROUNDS = 5
SECONDS = 0.25
BATCH = 500

# Bodies as a model writes them, from a few lines to a scan with several conditions.
BODIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "quote a price": (
        """\
area = width * height / 10000
base = 12.5 + area * 48
if glass == 'non-glare':
    base += area * 30
parts = {'frame': round(base, 2), 'mount': 0.0, 'glass': glass}
for name, share in [('plain', 0.0), ('white', 0.1), ('black', 0.12), ('gold', 0.25)]:
    if mount == name:
        parts['mount'] = round(base * share, 2)
parts['total'] = round(sum(v for v in parts.values() if isinstance(v, float)), 2)
return parts""",
        {"width": 54, "height": 74, "glass": "non-glare", "mount": "gold"},
        {"type": "object", "properties": {"total": {"type": "number"}}},
    ),
    "search a catalogue": (
        """\
wanted = query.lower()
found = []
for book in state.books.values():
    if wanted in book['title'].lower() and book['copies'] > 0:
        found.append({'book_id': book['book_id'], 'title': book['title']})
return {'books': sorted(found, key=lambda book: book['title'])[:5]}""",
        {"query": "river"},
        {"type": "object", "properties": {"books": {"type": "array"}}, "required": ["books"]},
    ),
    "lend a book": (
        """\
book = state.books.get(book_id)
require(book is not None, 'R1')
require(book['copies'] > 0, 'R2')
held = [loan for loan in state.loans.values() if loan['member_id'] == member_id and not loan['returned']]
require(len(held) < 5, 'R3')
book['copies'] -= 1
loan_id = new_id('loans')
state.loans[loan_id] = {'loan_id': loan_id, 'member_id': member_id, 'book_id': book_id, 'returned': False}
return {'loan_id': loan_id, 'left': book['copies']}""",
        {"book_id": "B7", "member_id": "M3"},
        {"type": "object", "properties": {"loan_id": {"type": "string"}}, "required": ["loan_id"]},
    ),
    "check an account number": (
        """\
digits = [int(c) for c in number if c.isdigit()]
total = 0
for place, digit in enumerate(reversed(digits)):
    if place % 2:
        digit = digit * 2
        if digit > 9:
            digit -= 9
    total += digit
valid = total % 10 == 0
return {'valid': valid, 'message': f'{len(digits)} digits, check sum {total}'}""",
        {"number": "4539 1488 0343 6467"},
        {"type": "object", "properties": {"valid": {"type": "boolean"}}, "required": ["valid"]},
    ),
}


def tables() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the state: 60 books, 40 loans."""
    words = ["River", "Mountain", "House", "Garden", "Winter", "Letter"]
    books = {
        f"B{n}": {"book_id": f"B{n}", "title": f"The {words[n % 6]} of {words[n // 10]}", "copies": 1 + n % 3}
        for n in range(60)
    }
    loans = {
        f"L{n}": {"loan_id": f"L{n}", "member_id": f"M{n % 13}", "book_id": f"B{n}", "returned": n % 3 == 0}
        for n in range(40)
    }
    return {"books": books, "loans": loans}


def measure() -> dict[str, Any]:
    """Return per body the seconds of a plain call and how many times that a stub and a whole call cost.

    `stub` is the checked function with fuel on, run on tables; `call` a session's whole call: arguments and result
    validated and copied, changes kept; `worker` is a call in the worker process, in batches.
    `calls_per_second_in_worker` is the least of them.
    """
    rules = {name: Rule(text="no", kind="limit") for name in ("R1", "R2", "R3")}
    known = Surroundings({}, rules, {}, frozenset(tables()), {})
    rows = []
    for name, (body, arguments, returns) in BODIES.items():
        properties = {key: {"type": "string" if isinstance(v, str) else "number"} for key, v in arguments.items()}
        schema = {"type": "object", "properties": properties, "required": list(arguments)}
        tool = Tool(name="tool", parameters=schema, returns=returns, body=tuple(body.split("\n")))
        rows.append({"body": name, **_measured(tool, known, body, arguments)})
    return {
        "bodies": rows,
        "stub": round(statistics.median(row["stub"] for row in rows), 2),
        "stub_worst": max(row["stub"] for row in rows),
        "call": round(statistics.median(row["call"] for row in rows), 2),
        "call_worst": max(row["call"] for row in rows),
        "calls_per_second_in_worker": min(row["worker_per_second"] for row in rows),
    }


def _measured(tool: Tool, known: Surroundings, body: str, arguments: dict[str, Any]) -> dict[str, Any]:
    stub = compile_tool(tool, known)
    state = State(tables())
    moment, limits = Moment(state, "2026-03-02T09:00:00Z", {}, 0), Limits()
    runner = Runner(Program({"tool": Code(stub.code, stub.function)}, {}, {n: r.text for n, r in known.rules.items()}))
    trusted, isolated = (_environment(tool, known, stub, state, trust) for trust in (True, False))
    session, apart = gem_sim.Session(trusted), gem_sim.Session(isolated)
    call = gem_sim.ToolCall(id="c", tool="tool", arguments=arguments)
    plain = _plain(body, arguments)

    def whole() -> None:
        session.call(call)
        session.rollback()

    def batch() -> None:
        apart.call_all([call] * BATCH)
        apart.rollback(BATCH)

    times: dict[str, list[float]] = {"plain": [], "stub": [], "call": [], "worker": []}
    for _ in range(ROUNDS):
        times["plain"].append(_seconds(plain))
        times["stub"].append(_seconds(lambda: runner.evaluate("tool", arguments, moment, limits)))
        times["call"].append(_seconds(whole))
        times["worker"].append(_seconds(batch, clock=time.perf_counter) / BATCH)
    median = {name: statistics.median(seconds) for name, seconds in times.items()}
    return {
        "plain_microseconds": round(median["plain"] * 1e6, 2),
        "stub": round(median["stub"] / median["plain"], 2),
        "call": round(median["call"] / median["plain"], 2),
        "worker_per_second": round(1 / median["worker"]),
    }


def _environment(tool: Tool, known: Surroundings, stub: Any, state: State, trusted: bool) -> Environment:
    return Environment(
        name="bench", title="", origin="", licence="", clock="2026-03-02T09:00:00Z", policy=(), entities={},
        constants={}, rules=known.rules, tools={"tool": tool}, stubs={"tool": stub}, workflows=(), state=state,
        passage=Passage(name="source.md", text=""), sources={}, digest="", trusted=trusted,
    )  # fmt: skip


def _plain(body: str, arguments: dict[str, Any]) -> Callable[[], Any]:
    """Return the same lines as an ordinary function over dicts that undoes its changes by copying two rows."""
    source = f"def tool(state, {', '.join(arguments)}):\n" + "\n".join(f"    {line}" for line in body.split("\n"))
    made = iter(range(10**9))

    def require(condition: object, reason: str) -> None:
        if not condition:
            raise ValueError(reason)

    space: dict[str, Any] = {"require": require, "new_id": lambda table: f"{table}_{next(made)}"}
    exec(compile(ast.parse(source), "plain", "exec"), space)
    function = space["tool"]
    fresh = tables()
    writes = "state.loans[" in body

    def call() -> None:
        function(SimpleNamespace(**fresh), **arguments)
        if writes:
            fresh["loans"].popitem()
            fresh["books"]["B7"]["copies"] = 2

    return call


def _seconds(function: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    function()
    started, turns = clock(), 0
    while clock() - started < SECONDS:
        for _ in range(10):
            function()
        turns += 10
    return (clock() - started) / turns


def table(measured: dict[str, Any]) -> str:
    """Return the measurements as lines for a person."""
    lines = [f"{'body':<26}{'plain µs':>10}{'stub ×':>9}{'call ×':>9}{'worker calls/s':>16}"]
    for row in measured["bodies"]:
        lines.append(
            f"{row['body']:<26}{row['plain_microseconds']:>10}{row['stub']:>9}{row['call']:>9}"
            f"{row['worker_per_second']:>16,}"
        )
    lines.append(
        f"median: a stub costs {measured['stub']} times plain Python, a validated call {measured['call']} times;"
        f" at worst {measured['stub_worst']} and {measured['call_worst']}"
    )
    return "\n".join(lines)
