"""What becomes of a text that a model wrote: parse, compile, replay, verify; and the reason where it ends before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from gem_sim.environment import Environment
from gem_sim.errors import CheckError, FormatError, GemSimError, StubError
from gem_sim.pipeline.draft import load_draft, with_tasks
from gem_sim.simulator import Replay, replay
from gem_sim.synthesizer.form import Pair, parse
from gem_sim.verifier import verify
from gem_sim.verifier.consistency import environment_consistency

# How far a text comes; each step includes those before it.
STEPS: Final = ("parsed", "compiled", "replayed", "passed")
_LEAST_TOOLS = 2


class Judged(NamedTuple):
    """A text: what it says (None: it cannot be parsed), the last of `STEPS` it reached ("": none), and why no further.

    `reason` is "" for what passed; what stands before its first colon is the kind of fault.
    """

    pair: Pair | None
    reached: str
    reason: str

    @property
    def passed(self) -> bool:
        """Whether it was verified."""
        return self.reached == STEPS[-1]


def judge_text(
    text: str, passage: str, folder: Path, *, origin: str = "", licence: str = "", trusted: bool = False
) -> Judged:
    """Return what becomes of a text written about a passage.

    Args:
        text: What the model wrote.
        passage: What it was written about.
        folder: Where the environment is written to be loaded.
        origin: Where the passage comes from.
        licence: The passage's licence.
        trusted: Whether the bodies may run in this process.
    """
    try:
        pair = parse(text, passage, origin=origin, licence=licence)
    except FormatError as error:
        return Judged(None, "", f"unparsed: {_line(error)}")
    return judge_pair(pair, folder, trusted=trusted)


def judge_pair(pair: Pair, folder: Path, *, trusted: bool = False) -> Judged:
    """Return what becomes of a pair: its environment must hold together, its trajectory replay and pass every check."""
    try:
        environment = with_tasks(load_draft(folder, pair.draft, trusted=trusted), [pair.task])
        problem = _problem(environment)
    except GemSimError as error:
        problem = _line(error)
    if problem is not None:
        return Judged(pair, "parsed", f"not compiled: {problem}")
    try:
        done = replay(pair.trajectory, environment)
        reason = _fault(done)
    except (StubError, CheckError) as error:
        return Judged(pair, "compiled", f"broken: {_line(error)}")
    except GemSimError as error:
        return Judged(pair, "compiled", f"not replayed: {_line(error)}")
    if reason is None:
        return Judged(pair, "passed", "")
    return Judged(pair, "compiled" if reason.startswith(("replay differs", "no call")) else "replayed", reason)


def _problem(environment: Environment) -> str | None:
    """Return what an environment lacks that a teacher's has, None where nothing is."""
    if len(environment.tools) < _LEAST_TOOLS:
        return f"{len(environment.tools)} of the {_LEAST_TOOLS} tools that a procedure needs"
    for workflow in environment.workflows:
        lost = [step.id for step in workflow.steps if step.id not in workflow.reachable()]
        if lost:
            return f"the steps {', '.join(lost)} can never come about"
    if not environment.rules and not environment.constants:
        return "no rule and no constant of the passage"
    quotes = [constant.quote for constant in environment.constants.values()]
    quotes += [rule.quote for rule in environment.rules.values()]
    if None in quotes:
        return "a constant or a rule has no quote"
    errors = [finding for finding in environment_consistency(environment) if finding.severity == "error"]
    return str(errors[0]) if errors else None


def _fault(done: Replay) -> str | None:
    """Return why a replayed trajectory does not pass, None where it does."""
    if not any(call.succeeded for call in done.calls):
        return "no call: nothing that the trajectory calls succeeds"
    verdict = verify(done)
    if verdict.verdict == "pass":
        return None
    finding = next(finding for finding in verdict.findings if finding.severity != "warning")
    if finding.code.startswith("result."):
        return f"replay differs: {finding}"
    kind = "undecided" if verdict.verdict == "undecided" else "failed check"
    return f"{kind} {finding.code}: {finding}"


def counted(judged: Iterable[Judged]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many texts reached each of `STEPS` or more, and how many ended for which kind of fault."""
    reached = dict.fromkeys(STEPS, 0)
    reasons: Counter[str] = Counter()
    for one in judged:
        place = STEPS.index(one.reached) + 1 if one.reached else 0
        for step in STEPS[:place]:
            reached[step] += 1
        if one.reason:
            reasons[one.reason.partition(":")[0]] += 1
    return reached, dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
