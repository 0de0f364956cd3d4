"""The same sessions again: in a fresh process, under another hash seed, in another order, over reordered rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final, TypeAlias

from gem_sim.canonical import Json, digest
from gem_sim.errors import StubError
from gem_sim.sandbox import Isolated, Outcome
from gem_sim.simulator.compare import Difference, Renaming, compare
from gem_sim.simulator.executor import Executor, executor_of, program_of
from gem_sim.state import Row, State, Table
from gem_sim.task import Task
from gem_sim.testing.lab import LIMITS, Lab, Made, parameters_of
from gem_sim.testing.watch import Problem
from gem_sim.verdict import Finding

Session: TypeAlias = tuple[Task | None, tuple[Made, ...]]

_OTHER_HASH_SEED: Final = 4711
_MOST_CALLS: Final = 3000


class _Ran:
    """What a session did: its outcomes, and how it broke off (None: it did not)."""

    def __init__(self, outcomes: list[Outcome], fault: StubError | None) -> None:
        self.outcomes, self.fault = outcomes, fault

    def digests(self) -> list[str]:
        told: list[Json] = [[o.content, o.refusal, _plain(o.changes), dict(o.ids)] for o in self.outcomes]
        return [digest(item) for item in told] + ([] if self.fault is None else [str(self.fault)])


def nondeterminism(lab: Lab, sessions: Sequence[Session]) -> Iterator[Problem]:
    """Yield a problem for the first session that answers otherwise in another process, hash seed and order."""
    chosen = _bounded(lab, sessions)
    here = [_run(lab, executor_of(lab.environment), session).digests() for session in chosen]
    worker = Isolated(program_of(lab.environment), lab.environment.state, hash_seed=_OTHER_HASH_SEED)
    try:
        order = list(range(len(chosen)))
        Random(1).shuffle(order)
        for index in order:
            again = _run(lab, worker, chosen[index]).digests()
            if again != here[index]:
                yield _differs(chosen[index], here[index], again)
                return
    finally:
        worker.close()


def _differs(session: Session, first: list[str], second: list[str]) -> Problem:
    start, calls = session
    pairs = zip(first, second, strict=False)
    number = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
    made = calls[min(number, len(calls) - 1)]
    message = "the same calls gave another result in a fresh process under another hash seed and in another order"
    finding = Finding(code="check.nondeterminism", tool=made.tool, message=message, evidence={"call": number + 1})
    return Problem(("check.nondeterminism", made.tool), finding, start, calls[: number + 1])


def row_order(lab: Lab, sessions: Sequence[Session]) -> Iterator[Problem]:
    """Yield a problem for each tool whose result depends on the order of the initial rows.

    Lists that `returns` declares as unordered (`uniqueItems`) are compared without order.
    """
    known: set[tuple[str, ...]] = set()
    for session in _bounded(lab, sessions):
        here = _run(lab, executor_of(lab.environment), session)
        for seed in (None, 1):
            there = _run(lab, executor_of(lab.environment), session, seed=seed, reordered=True)
            problem = _order_problem(lab, session, here, there)
            if problem is not None and problem.key not in known:
                known.add(problem.key)
                yield problem


def _order_problem(lab: Lab, session: Session, here: _Ran, there: _Ran) -> Problem | None:
    start, calls = session
    made_ids: set[str] = set()
    for number, (one, other) in enumerate(zip(here.outcomes, there.outcomes, strict=False)):
        made = calls[number]
        made_ids.update(one.made)
        returns = lab.environment.tools[made.tool].returns
        differences = compare(one.content, other.content, returns, Renaming(), made_ids=made_ids)
        told = [d for d in differences if d.kind != "unspecified"]
        same_refusal = (one.refusal is None) == (other.refusal is None)
        if same_refusal and not told and one.state.digest == other.state.digest:
            continue
        return _order_finding(start, calls[: number + 1], told, one, other)
    return None


def _order_finding(
    start: Task | None, calls: tuple[Made, ...], told: list[Difference], one: Outcome, other: Outcome
) -> Problem:
    tool = calls[-1].tool
    only_order = bool(told) and digest(_sorted(one.content)) == digest(_sorted(other.content))
    place = told[0].path if told else "$"
    what = "the rows changed" if not told else f"the result at {place}"
    if only_order:
        message = "a list in its result comes in the order of the initial rows; sort it, or declare it `uniqueItems`"
    else:
        message = f"{what} depends on the order in which the initial rows are written"
    evidence: dict[str, Json] = {"as written": _said(one), "reordered": _said(other)}
    severity = "warning" if only_order else "error"
    finding = Finding(
        code="check.row_order", severity=severity, tool=tool, path=place, message=message, evidence=evidence
    )
    return Problem(("check.row_order", severity, tool), finding, start, calls)


def _plain(changes: Mapping[str, Mapping[str, Row | None]]) -> Json:
    return {
        table: {key: None if row is None else dict(row) for key, row in rows.items()} for table, rows in changes.items()
    }


def _said(outcome: Outcome) -> Json:
    return {"refused": outcome.refusal} if outcome.refusal is not None else outcome.content


def _sorted(value: Json) -> Json:
    """Return a value with every list in one fixed order."""
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=digest)
    return {key: _sorted(item) for key, item in value.items()} if isinstance(value, dict) else value


def _run(lab: Lab, executor: Executor, session: Session, *, seed: int | None = None, reordered: bool = False) -> _Ran:
    """Run a session's calls; `reordered` puts the initial rows in reverse, or in an order drawn by `seed`."""
    start, calls = session
    moment = lab.start(start).moment
    if reordered:
        moment = moment._replace(state=_reordered(moment.state, seed))
    environment = lab.environment
    given = [
        (made.tool, parameters_of(environment.tools[made.tool], environment.stubs[made.tool].names, made.arguments))
        for made in calls
    ]
    outcomes, fault = executor.calls(given, moment, LIMITS) if given else ([], None)
    return _Ran(outcomes, fault)


def _reordered(state: State, seed: int | None) -> State:
    tables = {}
    for name, table in state.items():
        keys = list(table)
        if seed is None:
            keys.reverse()
        else:
            Random(seed).shuffle(keys)
        tables[name] = Table({key: table[key] for key in keys})
    return State(tables)


def _bounded(lab: Lab, sessions: Sequence[Session]) -> list[Session]:
    """Return the first sessions up to a number of calls, without calls that reach no body."""
    chosen, left = [], _MOST_CALLS
    for start, calls in sessions:
        accepted = tuple(made for made in calls if lab.accepts(made))
        if 0 < len(accepted) <= left:
            chosen.append((start, accepted))
            left -= len(accepted)
    return chosen
