"""What bodies do to tables, read off their syntax, against what executing them does."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from gem_sim import Trajectory, replay
from gem_sim.environment import Environment
from gem_sim.formats import read_trajectories
from gem_sim.simulator import bundled_environments
from gem_sim.simulator.accesses import accesses_in, accesses_of
from gem_sim.state import changed_rows
from tests.conftest import ROOT, environment, shared_data

# Body → what it does: "kind table" or "kind table.field"; requirements apart.
BODIES: list[tuple[list[str], set[str]]] = [
    (["return len(state.loans)"], {"reads loans"}),
    (["state.loans[k] = {'k': k}"], {"adds loans"}),
    (["state['loans'][k] = {'k': k}"], {"adds loans"}),
    (["del state.loans[k]"], {"removes loans"}),
    (["return state.loans.pop(k, None)"], {"reads loans", "removes loans"}),
    (["state.loans[k]['due'] = 1"], {"reads loans", "changes loans.due"}),
    (["loan = state.loans[k]", "loan['due'] += 1"], {"reads loans", "changes loans.due"}),
    (["loan = state.loans.get(k)", "if loan:", "    loan['due'] = 1"], {"reads loans", "changes loans.due"}),
    (["for loan in state.loans.values():", "    loan['due'] = 1"], {"reads loans", "changes loans.due"}),
    (["for key, loan in state.loans.items():", "    loan.update(due=1)"], {"reads loans", "changes loans"}),
    (["state.loans[k] = {**state.loans[k], 'due': 1}"], {"reads loans", "changes loans.due"}),
    (["new = dict(state.loans[k])", "new['due'] = 1", "state.loans[k] = new"], {"reads loans", "changes loans.due"}),
    (["loan = dict(state.loans[k])", "loan['due'] = 1", "return loan"], {"reads loans"}),
    (["loan = {**state.loans[k]}", "loan['due'] = 1", "return loan"], {"reads loans"}),
    (["rows = [r for r in state.loans.values() if r['k'] == k]", "rows.append(1)", "return rows"], {"reads loans"}),
    (["rows = [r for r in state.loans.values()]", "rows[0]['due'] = 1"], {"reads loans", "changes loans.due"}),
    (["sorted(state.loans.values(), key=lambda r: r['due'])[0]['due'] = 1"], {"reads loans", "changes loans.due"}),
    (["state.loans[k]['notes'].append('late')"], {"reads loans", "changes loans.notes"}),
    (["for note in state.loans[k]['notes']:", "    note['seen'] = True"], {"reads loans", "changes loans.notes"}),
    (
        ["def close(row):", "    row['open'] = False", "close(state.loans[k])", "close(state.holds[k])"],
        {"reads loans", "reads holds", "changes loans.open", "changes holds.open"},
    ),
    (
        ["for table in (state.loans, state.holds):", "    for key in list(table):", "        del table[key]"],
        {"reads loans", "reads holds", "removes loans", "removes holds"},
    ),
    (
        ["row = state.loans[k]", "state.holds[k] = {'due': row['due']}"],
        {"reads loans", "adds holds"},
    ),
    (["row = state.holds[k] if k else state.loans[k]", "row['x'] = 1"], {"reads holds", "reads loans"}
     | {"changes holds.x", "changes loans.x"}),
    (["key = new_id('loans')", "state.loans[key] = {**state.loans[k], 'key': key}"], {"reads loans", "adds loans"}),
    (["state.loans.update({k: {'k': k}})"], {"reads loans", "adds loans"}),
    (["loans = state.loans", "loans.clear()"], {"reads loans", "removes loans"}),
    (["rows = list(state.loans)", "rows.clear()"], {"reads loans"}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=[" ⏎ ".join(body) for body, _ in BODIES])
def test_what_a_body_does_to_tables(body: list[str], expected: set[str]) -> None:
    found = accesses_in("\n".join(body), {"k": "k"}).tables
    told = {
        f"{access.kind} {access.table}{''.join(f'.{field}' for field in access.fields)}"
        for access in found
        if access.kind != "requires"
    }
    assert told == expected


# Body → line of the refusal, its rule or reason, the tables it looks at, the arguments it looks at.
REFUSALS = [
    (["require(k in state.loans, 'R1')"], (1, "R1", {"loans": ()}, ("k",))),
    (["loan = state.loans[k]", "require(loan['open'], 'R1')"], (2, "R1", {"loans": ("open",)}, ("k",))),
    (
        ["held = [x for x in state.loans.values() if x['m'] == k]", "require(len(held) < 5, 'R2')"],
        (2, "R2", {"loans": ("m",)}, ("k",)),
    ),
    (["if k not in state.loans:", "    fail('No such loan.')"], (2, "No such loan.", {"loans": ()}, ("k",))),
    (
        ["for x in state.loans.values():", "    if x['m'] == k:", "        return x", "fail('None.')"],
        (4, "None.", {"loans": ("m",)}, ("k",)),
    ),
    (["# R4", "if k in state.loans:", "    return {'error': 'taken'}", "return {}"], (3, "R4", {"loans": ()}, ("k",))),
    (["if k:", "    return {'response': None, 'exception': f'{k}?'}", "return {}"], (2, None, {}, ("k",))),
    (
        ["def known(key):", "    return key in state.loans", "require(known(k), 'R1')"],
        (3, "R1", {"loans": ()}, ("k",)),
    ),
]


@pytest.mark.parametrize(("body", "expected"), REFUSALS, ids=[" ⏎ ".join(body) for body, _ in REFUSALS])
def test_what_a_refusal_looks_at(body: list[str], expected: object) -> None:
    (requirement,) = accesses_in("\n".join(body), {"k": "k"}).requirements
    assert tuple(requirement) == expected


def test_a_comment_names_the_rule_of_the_next_refusal_only() -> None:
    body = ["# R1", "if not k:", "    return {'error': 'a'}", "if k == 2:", "    return {'error': 'b'}"]
    assert [r.rule for r in accesses_in("\n".join(body), {"k": "k"}).requirements] == ["R1", None]


def test_a_body_that_calls_itself_and_others_without_end_is_read_in_time() -> None:
    lines = ["def f0():", "    return state.loans"]
    for number in range(1, 12):
        lines += [f"def f{number}():", "    return [" + ", ".join([f"f{number - 1}()"] * 12) + f", f{number}()]"]
    assert {a.table for a in accesses_in("\n".join([*lines, "return f5()"]), {}).tables} <= {"loans"}
    nested = ["".join([" " * n, f"for x{n} in state.loans:"]) for n in range(18)]
    assert accesses_in("\n".join([*nested, " " * 18 + "del state.loans[x0]"]), {}).tables


def assert_covered(trajectories: Iterator[Trajectory] | list[Trajectory], where: Environment) -> int:
    """Check that whatever a replay changed is among what the syntax says; return how many rows it changed."""
    told = {tool.name: accesses_of(tool, where).tables for tool in where.tools.values()}
    changed = 0
    for trajectory in trajectories:
        for call in replay(trajectory, where).calls:
            for table, key, before, after in changed_rows(call.before, call.after):
                kind = "adds" if before is None else "removes" if after is None else "changes"
                accesses = [a for a in told[call.placed.call.tool] if (a.table, a.kind) == (table, kind)]
                assert accesses, (trajectory.id, call.placed.call.tool, kind, table, key)
                fields = {
                    name
                    for name in {**(before or {}), **(after or {})}
                    if (before or {}).get(name) != (after or {}).get(name)
                }
                assert kind != "changes" or not accesses[0].fields or fields <= set(accesses[0].fields)
                changed += 1
    return changed


@pytest.mark.parametrize("name", bundled_environments())
def test_nothing_changes_that_the_syntax_does_not_show(name: str) -> None:
    where = environment(name)
    path = ROOT / "environments" / name / "trajectories.jsonl"
    assert assert_covered(list(read_trajectories(path)), where) > 0


def test_nothing_changes_in_tooltalk_that_the_syntax_does_not_show() -> None:
    shared_data("tooltalk.jsonl")
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from tooltalk.load import load
    finally:
        sys.path.pop(0)
    where, dialogues = load()
    assert assert_covered(dialogues, where) > 0


@pytest.mark.parametrize("name", [*bundled_environments(), "desk", "counter"])
def test_declared_tables_are_those_of_the_syntax(name: str) -> None:
    for tool in environment(name).tools.values():
        written = {a.table for a in accesses_of(tool, environment(name)).tables if a.kind not in ("reads", "requires")}
        assert tool.writes is None or written <= set(tool.writes), tool.name
