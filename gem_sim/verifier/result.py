"""Family `result`: recorded answers against executed ones."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from gem_sim.canonical import Json, show
from gem_sim.simulator import Replay, ReplayedCall, faults
from gem_sim.simulator.compare import Difference, error_key
from gem_sim.tool import is_unspecified
from gem_sim.verdict import Finding
from gem_sim.verifier.place import place_of

_DIFFERENCES = attrgetter("differences")


def outcome(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each call recorded as a success where execution refuses, and the reverse."""
    for call in replay.calls:
        # An answer borne out to the letter has the same outcome, whatever it says.
        if not call.has_answer or call.recorded is call.result.content:
            continue
        evidence: dict[str, Json] = {"recorded": call.recorded, "executed": call.result.content}
        if call.result.is_error and not call.recorded_error:
            message = f"recorded as a success, but execution refuses: {_reason(call.result.content)}"
            yield Finding(code="result.refused", message=message, evidence=evidence, **place_of(call))
        elif _accepted(call):
            given = show(call.result.content, 100)
            message = f"recorded as a refusal ({_reason(call.recorded)}), but execution succeeds: {given}"
            yield Finding(code="result.accepted", message=message, evidence=evidence, **place_of(call))


def mismatch(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each place where an answer of the same outcome differs from the executed one."""
    for call in filter(_DIFFERENCES, replay.calls):
        if call.result.is_error or _accepted(call):
            continue
        for difference in call.differences:
            if difference.kind != "unspecified":
                yield _mismatch(call, difference, replay)


def unspecified(replay: Replay) -> Iterator[Finding]:
    """Yield an undecided finding for each recorded value that nothing in the environment determines."""
    for call in filter(_DIFFERENCES, replay.calls):
        for difference in call.differences:
            if difference.kind == "unspecified":
                reason = next(iter(difference.executed.values())) if isinstance(difference.executed, dict) else None
                yield Finding(
                    code="result.unspecified",
                    severity="undecided",
                    path=difference.path,
                    message=f"nothing determines the recorded value {show(difference.recorded, 80)}: {reason}",
                    evidence={"recorded": difference.recorded, "reason": reason},
                    **place_of(call),
                )


def declared_fault(replay: Replay) -> Iterator[Finding]:
    """Yield a warning for each answer whose recording declares that a fault was injected into it."""
    for call in replay.calls:
        if call.fault is not None:
            message = f"the recording declares an injected fault, {call.fault}; the answer is judged as that makes it"
            yield Finding(
                code="result.declared_fault",
                severity="warning",
                message=message,
                evidence={"kind": call.fault, "expected": call.result.content},
                **place_of(call),
            )
        elif call.placed.answer is None or not call.placed.answer.extra:
            continue
        elif (declared := faults.declaration_in(call.placed.answer)) is not None:
            message = (
                f"the recording declares the fault {show(declared, 60)}, which is none that this tool can have, so its "
                f"answer is judged as one without; there are {', '.join(faults.KINDS)}, the last two of tools that read"
            )
            evidence = {"declared": declared, "kinds": list[Json](faults.KINDS)}
            yield Finding(
                code="result.declared_fault", severity="warning", message=message, evidence=evidence, **place_of(call)
            )


def _accepted(call: ReplayedCall) -> bool:
    """Tell whether a refusal was recorded where execution succeeds.

    Where both answers have the field that says it, such as `status`, they are two answers of one shape that differ.
    """
    if not call.recorded_error or call.executed_error or is_unspecified(call.result.content):
        return False
    return not (isinstance(call.result.content, dict) and error_key(call.recorded) in call.result.content)


def _mismatch(call: ReplayedCall, difference: Difference, replay: Replay) -> Finding:
    recorded, executed = show(difference.recorded, 80), show(difference.executed, 80)
    if isinstance(difference.executed, str) and recorded == executed:
        name = replay.renaming.name_of(difference.executed)
        executed += "" if name is None else f", which the recording called {show(name, 80)} before"
    message = {
        "differs": f"the recording says {recorded}, execution gives {executed}",
        "missing": f"the recording lacks it, execution gives {executed}",
        "extra": f"the recording says {recorded}, execution gives no such field",
    }[difference.kind]
    evidence: dict[str, Json] = {"recorded": difference.recorded, "executed": difference.executed}
    evidence["kind"] = difference.kind
    return Finding(code="result.mismatch", path=difference.path, message=message, evidence=evidence, **place_of(call))


def _reason(content: Json) -> str:
    """Return the words of a refusal, cut short."""
    if isinstance(content, dict):
        for key in ("error", "message", "exception", "detail"):
            if isinstance(content.get(key), str):
                return show(content[key], 200)
    return show(content, 200)
