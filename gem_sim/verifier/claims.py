"""Family `claims`: what the assistant says against what it had seen when it said it.

Seen are the system prompt and the policy, the user's messages, the arguments of its own calls, and the results recorded
before the message. That the results are true is the concern of the family `result`, that the arguments have a source
the concern of `provenance`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.message import Message
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.simulator.compare import says_error
from gem_sim.verdict import Finding, Severity
from gem_sim.verifier.announced import stands_before_parts
from gem_sim.verifier.comparisons import false_comparisons, may_compare
from gem_sim.verifier.contradict import contradictions
from gem_sim.verifier.deeds import false_deeds
from gem_sim.verifier.derive import supported
from gem_sim.verifier.equations import false_equations
from gem_sim.verifier.outcomes import Outcome, false_outcomes
from gem_sim.verifier.prose import Mention, Sentence, read
from gem_sim.verifier.reach import Reach, reach
from gem_sim.verifier.records import Records
from gem_sim.verifier.rows import misattributed, spoken_of
from gem_sim.verifier.scene import Scene, value_of
from gem_sim.verifier.seen import Received, Seen, clock_text
from gem_sim.verifier.stock import false_stock, may_be_of_stock
from gem_sim.verifier.watched import unseen
from gem_sim.verifier.weekdays import false_weekdays
from gem_sim.verifier.written import unlike_written

_KINDS = {
    "number": "number", "word": "number", "ordinal": "number", "amount": "amount", "percent": "percentage",
    "date": "date", "time": "time", "weekday": "weekday", "identifier": "identifier", "contact": "address",
}  # fmt: skip
# What looks like an identifier and is none: standards, decades, sizes of screens, `mid-2024`.
_NO_IDENTIFIER = re.compile(
    r"(?:covid|utf|iso|python|http|sha|mp|rfc|fy|ip[vx]?|mid|pre|post|late|early|top|non)[- ]?\d+|\d+[a-z]",
    re.IGNORECASE,
)
_MAKE = re.compile(r"[A-Za-z]{1,4}[-_]?00+")
_SHORT = re.compile(r"([A-Za-z]{1,6}[-_])\d{1,4}")
_RUN = re.compile(r"[\w#$€£@+](?:[\w#$€£@.:+/%'-]*[\w%])?")
_SMALL = 12
# For how many values of a conversation what was seen nearest is looked up; it costs more than all else.
_SOUGHT = 50
# After that many values without evidence nobody needs to know of more.
_ENOUGH = 500


def statements(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each value without evidence, false comparison and contradiction in the assistant's prose."""
    seen = Seen()
    policy = "\n".join(replay.environment.policy)
    messages = replay.trajectory.messages
    if policy and not (messages and messages[0].content == policy):
        seen.hear(policy, 0, "the policy")
    clock = clock_of(replay)
    answered = {id(call.placed.answer): call for call in replay.calls if call.placed.answer is not None}
    reported: set[object] = set()
    records = Records()
    turn = spoken = 0
    for number, message in enumerate(messages, start=1):
        role, content = message.role, message.content or ""
        if role == "tool":
            seen.receive(_answer(message, answered.get(id(message)), number), content)
        elif role != "assistant":
            turn += role == "user"
            records.hear(content, by_user=role == "user")
            seen.hear(content, number, "the user" if turn else "the system prompt")
        else:
            for asked in message.tool_calls:
                seen.receive(Received(asked.tool, asked.arguments, False, None, number), str(asked.arguments))
            if content:
                prose = read(content)
                scene = Scene(seen, clock, prose, spoken, set(), [])
                for finding in _judged(scene, reported, records, replay.environment):
                    evidence = {"message": number} | finding.evidence
                    yield finding.model_copy(update={"turn": turn or None, "evidence": evidence})
                spoken = number
                stated = [m for m in prose.mentions if m.start in scene.accepted] if scene.accepted else []
                seen.offered = [value_of(m) for m in stated if m.kind == "amount"]
                seen.stated += stated


def _answer(message: Message, call: ReplayedCall | None, number: int) -> Received:
    """Return what a tool answered in a message, the `number`th; `call` is what it answers, None for nothing."""
    if call is None:
        value = message.value()
        return Received(message.name or "a tool", {}, True, value, number, False, says_error(value))
    asked, value = call.placed.call, call.recorded
    return Received(asked.tool, asked.arguments, True, value, number, call.before is not call.after, says_error(value))


def clock_of(replay: Replay) -> datetime:
    """Return the time at which a trajectory starts, by the environment or its task."""
    return _moment(replay.environment.clock_of(replay.task))


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _judged(scene: Scene, reported: set[object], records: Records, environment: Environment) -> Iterator[Finding]:
    """Yield the findings of one message, each value once in a conversation."""
    prose = scene.prose
    outcomes = _outcomes(scene, environment)
    talk = spoken_of(scene, records)
    others = [*misattributed(talk, environment), *unlike_written(talk, environment)]
    if outcomes and others:
        refuted = {prose.sentence_at(outcome.start).start for outcome in outcomes}
        others = [c for c in others if prose.sentence_at(c.mention.start).start not in refuted]
    # Most messages mention nothing.
    refuted_by = (
        (*contradictions(scene), *false_weekdays(scene), *false_equations(prose), *others) if prose.mentions else others
    )
    for contradiction in refuted_by:
        key = (contradiction.mention.kind, contradiction.mention.value)
        if key not in reported:
            reported.add(key)
            sentence = prose.sentence_at(contradiction.mention.start).text
            evidence: dict[str, Json] = {"sentence": sentence, "value": contradiction.mention.text}
            yield Finding(
                code="claims.contradiction",
                message=contradiction.message,
                evidence=evidence | contradiction.evidence,
            )
    for mention, reached in _without_evidence(scene, reported, environment) if prose.mentions else ():
        key = (mention.kind, mention.value)
        if key in reported:
            continue
        reported.add(key)
        if len(reported) > _ENOUGH:
            return
        sentence_of = prose.sentence_at(mention.start)
        severity = _severity(mention, sentence_of)
        if severity is not None:
            nearest = _nearest(mention, scene.seen) if len(reported) <= _SOUGHT else None
            found = _unsupported(mention.text, _KINDS[mention.kind], sentence_of, nearest, severity)
            yield found if reached is None or severity != "error" else _undecided(found, reached)
    for word, start, what in unseen(prose, scene.seen):
        if word not in reported:
            reported.add(word)
            yield _unsupported(word, what, prose.sentence_at(start), None)
    for outcome in outcomes:
        sentence_of = prose.sentence_at(outcome.start)
        evidence = {"sentence": sentence_of.text, "value": outcome.said}
        yield Finding(code="claims.contradiction", message=outcome.message, evidence=evidence | outcome.evidence)
    if len(prose.mentions) > 1 and may_compare(prose.lowered):
        for false in false_comparisons(prose):
            yield Finding(code="claims.false_comparison", message=false.message, evidence=false.evidence)


def _outcomes(scene: Scene, environment: Environment) -> list[Outcome]:
    """Return what is said falsely of success, stock and deeds, of a sentence one only."""
    told = list(false_outcomes(scene, environment))
    if may_be_of_stock(scene.prose.lowered):
        told += false_stock(scene)
    deeds = list(false_deeds(scene, environment))
    if told and deeds:
        refuted = {scene.prose.sentence_at(outcome.start).start for outcome in told}
        deeds = [deed for deed in deeds if scene.prose.sentence_at(deed.start).start not in refuted]
    return told + deeds


def _without_evidence(
    scene: Scene, reported: set[object], environment: Environment
) -> list[tuple[Mention, Reach | None]]:
    """Return the claims of a message that nothing supports, each with a way in which it may have been worked out."""
    without: list[Mention] = []
    for mention in scene.prose.mentions:
        if (mention.kind, mention.value) in reported:
            continue
        if not is_claim(mention, environment) and not _is_of_make_seen(mention, scene.seen):
            continue
        if not supported(mention, scene):
            without.append(mention)
            if len(without) > _ENOUGH:
                break
    if len(reported) + len(without) > _SOUGHT:
        return [(mention, None) for mention in without]
    # A total may stand before its parts, and what was said after it may rest on it.
    before = [m for m in without if stands_before_parts(m, scene)]
    scene.accepted.update(mention.start for mention in before)
    left = [m for m in without if m not in before and not (before and supported(m, scene))]
    ways = {mention.start: _reached(mention, scene) for mention in left}
    # Some rest on what is said behind them.
    if any(ways.values()):
        ways |= {m.start: _reached(m, scene) for m in left if (way := ways[m.start]) is None or not way.telling}
    found = ((mention, ways[mention.start]) for mention in left)
    return [(mention, way) for mention, way in found if way is None or not way.telling]


def _reached(mention: Mention, scene: Scene) -> Reach | None:
    """Return how a mention can be worked out, after which others may be worked out from it."""
    scene.seen.sought += 1
    way = reach(mention, scene) if scene.seen.sought <= _SOUGHT else None
    if way is not None:
        scene.accepted.add(mention.start)
    return way


def _undecided(found: Finding, reached: Reach) -> Finding:
    """Return the finding of a number that may have been worked out, in a way in which many another could be."""
    evidence = found.evidence | {"reckoned": reached.how, "chance": round(reached.chance, 2)}
    message = f"{found.message}; it may be {reached.how}, but so may many another"
    return found.model_copy(update={"severity": "undecided", "message": message, "evidence": evidence})


def is_claim(mention: Mention, environment: Environment) -> bool:
    """Tell whether a mention states something: small numbers and ordinals without a unit count and enumerate.

    An identifier of few characters does only where the environment's rows have keys of that make.
    """
    kind = mention.kind
    if kind == "number":
        return mention.unit is not None or value_of(mention) > _SMALL
    if kind == "ordinal":
        return False
    if kind == "word":
        return mention.unit is not None
    if kind == "identifier":
        text = mention.text.lstrip("#")
        if _make_of(text) in _makes(environment):
            return True
        return len(text) >= 5 and sum(map(str.isdigit, text)) >= 2 and not _NO_IDENTIFIER.fullmatch(text)
    return True


def _is_of_make_seen(mention: Mention, seen: Seen) -> bool:
    """Tell whether a short identifier is made as one that was seen is: LB-7 where there is LB-1."""
    match = _SHORT.fullmatch(mention.text) if mention.kind == "identifier" else None
    return match is not None and re.search(rf"\b{re.escape(match[1].lower())}\d", seen.text()) is not None


@lru_cache(maxsize=16)
def _makes(environment: Environment) -> frozenset[str]:
    """Return the makes of the keys of the environment's rows: letters, then at least two digits."""
    makes = {_make_of(key) for name in environment.entities for key in environment.state.get(name, {})}
    return frozenset(make for make in makes if _MAKE.fullmatch(make))


@lru_cache(maxsize=4096)
def _make_of(text: str) -> str:
    return re.sub(r"\d", "0", text)


def _severity(mention: Mention, sentence: Sentence) -> Severity | None:
    """Return how bad it is that a mention has no evidence: a question may put forward what nobody has said yet."""
    if mention.kind in ("contact", "amount", "identifier"):
        return "error"
    if sentence.proposes:
        return None
    return "warning" if sentence.text.endswith("?") else "error"


def _nearest(mention: Mention, seen: Seen) -> Json:
    """Return what was seen that comes nearest to a value without evidence; None where nothing does."""
    value = mention.value
    if isinstance(value, float) and mention.kind not in ("time", "weekday"):
        near = min(seen.numbers, key=lambda number: (abs(number - value), number), default=None)
        if near is None:
            return None
        sighting = min(seen.numbers[near], key=lambda sighting: sighting.message)
        return {"value": near, "message": sighting.message, "where": sighting.where, "field": sighting.field}
    if isinstance(value, tuple):
        days = sorted(f"{year:04}-{month:02}-{day:02}" for year, month, day in seen.dates)
        return next(iter(get_close_matches(f"{value[0]:04}-{value[1]:02}-{value[2]:02}", days, 1, 0.0)), None)
    if mention.kind == "time" and isinstance(value, float):
        time = min(seen.times, key=lambda known: (abs(known - value), known), default=None)
        return None if time is None else clock_text(time)
    return next(iter(get_close_matches(str(value), sorted(set(_RUN.findall(seen.text()))), 1)), None)


def _unsupported(value: str, what: str, sentence: Sentence, nearest: Json, severity: Severity = "error") -> Finding:
    evidence: dict[str, Json] = {"sentence": sentence.text, "value": value, "nearest": nearest}
    message = f"nothing the assistant had seen says the {what} {value!r}"
    return Finding(code="claims.unsupported", severity=severity, message=message, evidence=evidence)
