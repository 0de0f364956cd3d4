"""Run the checks in order and add up what they find."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from gem_sim.environment import Environment
from gem_sim.errors import CheckError, GemSimError, InputError
from gem_sim.simulator import Replay
from gem_sim.verdict import Finding, Verdict, outcome_of
from gem_sim.verifier import claims, consistency, effects, goal, order, provenance, replies, result, schema
from gem_sim.verifier import format as format_checks

Check: TypeAlias = Callable[[Replay], Iterator[Finding]]

# From cheap to dear; a call found faulty by one family is not judged again by a later one.
CHECKS: tuple[Check, ...] = (
    format_checks.role_order,
    format_checks.answers,
    format_checks.calls,
    format_checks.empty_message,
    format_checks.placeholder,
    schema.tool_definition,
    schema.unknown_tool,
    schema.argument,
    schema.result,
    order.steps,
    provenance.unsupported,
    result.outcome,
    result.mismatch,
    result.unspecified,
    result.declared_fault,
    effects.declared,
    effects.collateral,
    effects.unexpected,
    goal.unmet,
    goal.end,
    goal.vacuous,
    goal.unknown_task,
    goal.nothing,
    consistency.prompt,
    replies.unconfirmed,
    claims.statements,
)


def verify(replay: Replay, checks: Sequence[Check] | None = None, *, digest: bool = True) -> Verdict:
    """Return the verdict of a replay; findings in the order of the trajectory, those of no call last.

    Args:
        replay: What `gem_sim.replay` returned.
        checks: Functions `check(replay) -> Iterator[Finding]`; None takes `CHECKS` and the environment's own.
        digest: Whether to work out the digest of the end state; without it `state_digest` is None.

    Raises:
        CheckError: If a check crashes; never because the trajectory is wrong.
    """
    findings: list[Finding] = []
    family, faulty_before, faulty = "", set[int](), set[int]()
    for check, found in _found_by(checks_for(replay.environment) if checks is None else checks, replay):
        if check.__module__ != family:
            family, faulty_before = check.__module__, set(faulty)
        for finding in found:
            if finding.call in faulty_before:
                continue
            findings.append(finding)
            if finding.call is not None and finding.severity == "error":
                faulty.add(finding.call)
    last = len(replay.calls) + 1
    findings.sort(key=lambda finding: finding.call or last)
    return Verdict(
        id=replay.trajectory.id,
        verdict=outcome_of(findings),
        calls=len(replay.calls),
        state_digest=replay.end.digest if digest else None,
        findings=tuple(findings),
    )


def checks_of(*families: str) -> tuple[Check, ...]:
    """Return those of `CHECKS` that belong to some families, in their order."""
    return tuple(check for check in CHECKS if check.__module__.rpartition(".")[2] in families)


def _found_by(checks: Sequence[Check], replay: Replay) -> list[tuple[Check, list[Finding]]]:
    """Return the checks that find something, each with what it finds.

    Raises:
        CheckError: If one crashes.
    """
    every = []
    try:
        for check in checks:
            found = list(check(replay))
            if found:
                every.append((check, found))
    except (GemSimError, MemoryError):
        raise
    except Exception as error:
        message = f"check {check.__name__!r} crashed on {replay.trajectory.id!r}: {type(error).__name__}: {error}"
        raise CheckError(message) from error
    return every


def checks_for(environment: Environment) -> tuple[Check, ...]:
    """Return `CHECKS` and the `CHECKS` of `verifiers/<name>.py` in the environment's workspace, if it has them.

    That file is Python and runs as it is, as a `conftest.py` does, so only that of a trusted environment is run; of
    another, each verdict says that it was not.

    Raises:
        InputError: If the file cannot be imported or has no `CHECKS`.
    """
    if environment.folder is None:
        return CHECKS
    path = _own_file(str(environment.folder), environment.name)
    if path is None:
        return CHECKS
    return CHECKS + (_own_checks(path) if environment.trusted else (checks_not_run,))


@lru_cache(maxsize=64)
def _own_file(folder: str, name: str) -> Path | None:
    path = Path(folder).parent.parent / "verifiers" / f"{name}.py"
    return path if path.is_file() else None


def checks_not_run(replay: Replay) -> Iterator[Finding]:
    """Yield a warning that the checks of an untrusted environment's workspace were not run."""
    name = replay.environment.name
    yield Finding(
        code="replay.checks_not_run",
        severity="warning",
        message=f"verifiers/{name}.py was not run, since the environment is not trusted; read it, then use --trusted",
        evidence={"file": f"verifiers/{name}.py"},
    )


@lru_cache(maxsize=64)
def _own_checks(path: Path) -> tuple[Check, ...]:
    spec = importlib.util.spec_from_file_location(f"gem_sim_verifier_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError("cannot be imported", file=str(path))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{type(error).__name__}: {error}", file=str(path), cure="mend the file") from error
    checks = getattr(module, "CHECKS", None)
    if not isinstance(checks, tuple):
        raise InputError("has no tuple CHECKS", file=str(path), cure="list the check functions in CHECKS")
    return checks
