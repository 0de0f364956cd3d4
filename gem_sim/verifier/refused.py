"""Which calls that were to write were refused for good, and whether a sentence says success of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from gem_sim.environment import Environment
from gem_sim.verifier.naming import names, parts, pasts
from gem_sim.verifier.prose import NUMBER_WORDS, any_of, find_words
from gem_sim.verifier.seen import Received, has, leaves

SUCCESS = re.compile(
    r"\bsuccessfully\b|\b(?:has|have) (?:now )?been (?:\w+ed|sent|made|put|set|paid|lent)\b"
    r"|\b(?:is|are) (?:now |all )?(?:confirmed|booked|placed|reserved|cancelled|canceled|paid|done|set)\b|\ball set\b",
    re.IGNORECASE,
)
# What is said of a thing where only some of the answers were refusals: `K3 has been damaged` is no success.
_PLAIN = re.compile(
    r"\bsuccessfully\b|\ball set\b|\b(?:is|are|(?:has|have) (?:all |both )?been) (?:now |all |both )?"
    r"(?:confirmed|booked|placed|reserved|cancelled|canceled|paid|done|completed?|processed|submitted"
    r"|arranged|scheduled|registered|finali[sz]ed|taken care of|sorted|dealt with)\b",
    re.IGNORECASE,
)
# `Both boats are`, `they are all`; not `62 euros in all`, `for both of you`.
MANY = re.compile(
    r"\b(?:both|(?<!in )all)(?: (?!set\b|done\b|right\b|good\b|you\b)\w+){0,4}? (?:are|have|were)\b"
    r"|\b(?:are|have) (?:now )?(?:both|all)\b(?! set\b)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(rf"\ball (?:of )?(?:the |your |these |those )?({'|'.join(NUMBER_WORDS)}|\d+)\b", re.IGNORECASE)
# A message with any of these does not hide that something went wrong.
_ADMITTING = any_of(
    (
        *("sorry", "unfortunately", "cannot", "can't", "can’t", "unable", "error", "denied", "not", "no", "nothing"),
        *("however", "problem", "issue", "must", "missing", "only", "unavailable"),
    )
)
ADMITS = re.compile(
    rf"\b(?:{_ADMITTING}|(?=[frdnl])(?:fail|refus|reject|declin|need|requir|lack)\w*)\b|n['’]t\b", re.IGNORECASE
)
# `That table is booked`, `All doubles are reserved` say why, unless they speak of what is the user's.
_OTHERS = re.compile(r"\b(?:that|those|these|all|every|each|others?|another|someone|somebody|by)\b", re.IGNORECASE)
_YOURS = re.compile(r"\byou(?:rs?)?\b", re.IGNORECASE)
# `has been lent to another member`
BY_OTHERS = re.compile(r" (?:by (?!me\b|us\b)|to (?:another|somebody|someone|others?|a different)\b)", re.IGNORECASE)
_SOMEBODY = re.compile(r"\b(?:somebody|someone|anybody|else|quicker|faster)\b", re.IGNORECASE)
_DONE = ("confirmed", "done", "set", "taken care of", "sorted", "dealt with")


class Refused(NamedTuple):
    """A call that was refused, and what succeeded besides.

    `last` tells that no call that can write was answered after it, `anew` that the same tool succeeded after it;
    `since` are the tools that have succeeded since the assistant last spoke, `done` the answers of the same tool that
    succeeded, each with other arguments, `written` how many calls that can write succeeded among the fresh answers.
    """

    answer: Received
    last: bool
    since: frozenset[str]
    done: tuple[Received, ...]
    anew: bool
    written: int


def refused_writes(fresh: list[Received], results: list[Received], environment: Environment) -> list[Refused]:
    """Return the refusals among the answers since the last message of calls that were to write, the last one first.

    A call that has succeeded with the same arguments, before or after, is not refused for good.
    """
    tools = environment.tools
    writes = [result for result in fresh if result.tool in tools and tools[result.tool].effect != "read"]
    since = frozenset(result.tool for result in fresh if not result.refused)
    written = sum(not result.refused for result in writes)
    found = []
    for answer in reversed(writes):
        if answer.refused and not done_before(answer, results):
            done = [other for other in results if other.tool == answer.tool and not other.refused]
            anew = any(other.message > answer.message for other in done)
            found.append(Refused(answer, answer is writes[-1], since, _distinct(done), anew, written))
    return found


def done_before(refused: Received, results: list[Received]) -> bool:
    """Tell whether the same call has succeeded: what is refused the second time is done all the same."""
    alike = (other for other in results if other.tool == refused.tool and other.arguments == refused.arguments)
    return any(not other.refused for other in alike)


def _distinct(answers: list[Received]) -> tuple[Received, ...]:
    kept: list[Received] = []
    for answer in answers:
        if all(answer.arguments != other.arguments for other in kept):
            kept.append(answer)
    return tuple(kept)


def success_of(refused: Refused, sentence: str) -> re.Match[str] | None:
    """Return where a sentence says success: in words for any deed, or in the refused tool's own: `has been hired`."""
    match = _PLAIN.search(sentence)
    verb = (*parts(refused.answer.tool), "")[0]
    if match is not None or not verb:
        return None if match is not None and BY_OTHERS.match(sentence, match.end()) else match
    past = "|".join(map(re.escape, sorted(pasts(verb))))
    own = rf"\b(?:has|have) (?:now |just |all |both )?been (?:{past})\b|\b(?:is|are) (?:now |all |both )?(?:{past})\b"
    match = re.search(own, sentence, re.IGNORECASE)
    if match is None or BY_OTHERS.match(sentence, match.end()):
        return None
    if "been" in match.group() or MANY.search(sentence):
        return match
    # `K1 is hired` may be why it was refused.
    return match if re.match(r" (?:to|for) (?:you|your)\b", sentence[match.end() :]) else None


def explained(said: str, sentence: str, answers: list[Received]) -> bool:
    """Tell whether words say why something was refused: how others stand, or what the refusal says: `is cancelled`."""
    if _SOMEBODY.search(sentence):
        return True
    words = said.lower().split()
    first, last = words[0], words[-1]
    if first in ("is", "are") and last not in _DONE and _OTHERS.search(sentence) and not _YOURS.search(sentence):
        return True
    for answer in answers:
        text = repr(answer.value).lower()
        if first in ("has", "have") and not has(text, "already"):
            continue
        if re.search(rf"(?<!\bnot )(?<!n't )\b{re.escape(last)}\b", text):
            return True
    return False


def too_many(refused: Refused, said: str, many: str, sentence: str) -> bool:
    """Tell whether a sentence says success of more calls than have succeeded; `many` says of how many: `both are`."""
    # Nothing is taken by what is *taken care of*.
    about = _names(refused, sentence.replace("taken care of", ""))
    if about < 0:
        return False
    number = _HOW_MANY.search(many)
    if number is not None:
        digits = number[1].lower()
        return len(refused.done) < (int(digits) if digits.isdigit() else NUMBER_WORDS[digits])
    if "both" not in many.lower():
        return not refused.anew
    if refused.done or (about == 0 and refused.written > 1):
        return len(refused.done) == 1
    # `Both doubles are booked` may be why.
    return said.lower().endswith(_DONE) or _YOURS.search(sentence) is not None


def meant(refused: Refused, sentence: str) -> bool:
    """Tell whether a sentence that says success means the call that was refused, by what it names or leaves unsaid."""
    lowered, about = sentence.lower(), _names(refused, sentence)
    own, others = _texts(refused.answer), frozenset[str]().union(*map(_texts, refused.done))
    if any(has(lowered, text) for text in own - others):
        return about >= 0
    if refused.anew or any(has(lowered, text) for text in others - own):
        return False
    if any(refused.answer.tool == tool for tool in refused.since):
        return False
    return about > 0 or (about == 0 and refused.last)


def _names(refused: Refused, sentence: str) -> int:
    """Return 1 where a sentence names what only the refused tool does, -1 where only what another did, else 0."""
    words = find_words(sentence)
    own = {part for part in parts(refused.answer.tool) if len(part) > 2}
    others = {part for tool in refused.since - {refused.answer.tool} for part in parts(tool) if len(part) > 2}
    if any(names(words, part) for part in own - others):
        return 1
    return -1 if any(names(words, part) for part in others - own) else 0


def _texts(answer: Received) -> frozenset[str]:
    """Return the texts in the arguments of a call, in lower case."""
    return frozenset(leaf.lower() for leaf in leaves(dict(answer.arguments)) if isinstance(leaf, str) and len(leaf) > 1)
