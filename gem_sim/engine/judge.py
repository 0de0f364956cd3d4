"""Replay and verify one record, whatever it is: what goes wrong with it is its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from gem_sim.canonical import Json
from gem_sim.engine.sight import sight
from gem_sim.environment import Environment
from gem_sim.errors import CheckError, InputError, StubError, WorkerError
from gem_sim.formats import Record
from gem_sim.simulator import Replay, replay
from gem_sim.verdict import Finding, Verdict
from gem_sim.verifier import SourcedValue, explain, verify

_NO_MEMORY = "there was not enough memory for it"


class Divergence(NamedTuple):
    """The first call whose recorded and executed answers part, with both answers whole."""

    turn: int
    call: int
    tool: str
    recorded: Json
    executed: Json


class Judged(NamedTuple):
    """What became of one record.

    `divergence` is None where no answer parts. `fault` is the line to show a person where something could not be
    judged, None where all could; `broken` then says whether a *stub* or a *check* is broken, None for the record
    itself. `trace` is what a report shows (see `engine.sight`), None where none was asked for or there is none;
    `sources` says where each value of each call comes from (see `verifier.explain`), None where that was not asked for.
    """

    verdict: Verdict
    divergence: Divergence | None = None
    fault: str | None = None
    broken: Literal["stub", "check"] | None = None
    trace: dict[str, Json] | None = None
    sources: tuple[SourcedValue, ...] | None = None


def judge(record: Record, environment: Environment, *, with_trace: bool = False, with_sources: bool = False) -> Judged:
    """Replay and verify one record; one that cannot be read, a broken stub or check, no memory cost this one only."""
    if record.trajectory is None:
        return _unreadable(record)
    try:
        replayed = replay(record.trajectory, environment)
    except StubError as error:
        return _broken(record.trajectory.id, error, environment)
    except MemoryError:
        return lost(record, _NO_MEMORY)
    try:
        verdict = verify(replayed)
    except CheckError as error:
        return _crashed(replayed, error)
    except MemoryError:
        return lost(record, _NO_MEMORY)
    return Judged(
        verdict,
        divergence_of(replayed),
        trace=sight(replayed, verdict) if with_trace else None,
        sources=explain(replayed) if with_sources else None,
    )


def judge_any(
    record: Record, environment: Environment, *, with_trace: bool = False, with_sources: bool = False
) -> Judged:
    """Judge one record of many: a crash of gem-sim itself costs this record only too.

    Raises:
        InputError, WorkerError: What would go wrong with every record.
    """
    try:
        return judge(record, environment, with_trace=with_trace, with_sources=with_sources)
    except (InputError, WorkerError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return lost(record, reason)._replace(fault=f"a fault of gem-sim itself: {reason}", broken="check")


def lost(record: Record, reason: str) -> Judged:
    """Return the verdict of a record that could not be judged, since its worker did not live through it."""
    name = _place_of(record) if record.trajectory is None else record.trajectory.id
    finding = Finding(
        code="replay.worker_lost",
        severity="undecided",
        message=f"the trajectory could not be judged: {reason}",
        evidence={"file": record.file, "line": record.line, "reason": reason},
    )
    verdict = Verdict(id=name, verdict="undecided", calls=0, state_digest=None, findings=(finding,))
    return Judged(verdict, fault=f"{record.file}:{record.line}: {name} is not judged: {reason}")


def _place_of(record: Record) -> str:
    return f"{Path(record.file).name.split('.')[0]}:{record.line}"


def divergence_of(replayed: Replay) -> Divergence | None:
    """Return the first divergence of a replay, None where nothing parts."""
    call = replayed.first_divergence()
    if call is None:
        return None
    placed = call.placed
    return Divergence(placed.turn, placed.number, placed.call.tool, call.recorded, call.result.content)


def _unreadable(record: Record) -> Judged:
    error = record.error
    reason = "unreadable" if error is None else error.message
    evidence: dict[str, Json] = {"file": record.file, "line": record.line}
    if error is not None and error.cure is not None:
        evidence["cure"] = error.cure
    name = _place_of(record)
    finding = Finding(code="format.unreadable", message=f"{record.file}:{record.line}: {reason}", evidence=evidence)
    verdict = Verdict(id=name, verdict="fail", calls=0, state_digest=None, findings=(finding,))
    return Judged(verdict, fault=str(error) if error is not None else None)


def _broken(name: str, error: StubError, environment: Environment) -> Judged:
    finding = Finding(
        code="replay.broken",
        severity="undecided",
        tool=error.tool,
        message=f"the stub is broken, so the trajectory cannot be judged: {error}",
        evidence={"line": error.line, "reason": error.message},
    )
    verdict = Verdict(id=name, verdict="undecided", calls=0, state_digest=None, findings=(finding,))
    place = "" if environment.folder is None else f"{environment.folder}/environment.json: "
    return Judged(verdict, fault=f"{place}{error}; mend the body ({name} is not judged)", broken="stub")


def _crashed(replayed: Replay, error: CheckError) -> Judged:
    name = replayed.trajectory.id
    finding = Finding(
        code="replay.check_crashed",
        severity="undecided",
        message=f"a check crashed, so the trajectory cannot be judged: {error}",
        evidence={"reason": str(error)},
    )
    verdict = Verdict(
        id=name,
        verdict="undecided",
        calls=len(replayed.calls),
        state_digest=replayed.end.digest,
        findings=(finding,),
    )
    return Judged(verdict, fault=f"a fault of gem-sim or of the environment's checks: {error}", broken="check")
