"""Family `result`, for what is not compared: the figures in the free text of a recorded answer.

Wording is the tool's own affair, so a `message` or the text of a refusal is not held against the executed one. A figure
in it is a statement all the same, and an assistant will repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gem_sim.canonical import Json, canonical_bytes, show
from gem_sim.simulator import Replay, ReplayedCall
from gem_sim.verdict import Finding
from gem_sim.verifier.claims import clock_of, is_claim
from gem_sim.verifier.derive import supported
from gem_sim.verifier.place import place_of
from gem_sim.verifier.prose import read
from gem_sim.verifier.scene import Scene
from gem_sim.verifier.seen import Received, Seen, leaves


def unconfirmed(replay: Replay) -> Iterator[Finding]:
    """Yield an undecided finding for each figure in a recorded text that neither execution nor what was said gives."""
    for index, call in enumerate(replay.calls):
        if call.recorded is call.result.content:
            continue
        texts = list(_texts(call))
        if not texts:
            continue
        seen = _known(replay, index)
        for path, text in texts:
            scene = Scene(seen, clock_of(replay), read(text), 0, set(), [])
            for mention in scene.prose.mentions:
                if is_claim(mention, replay.environment) and not supported(mention, scene):
                    given = call.result.content
                    yield Finding(
                        code="result.unconfirmed",
                        severity="undecided",
                        path=path,
                        message=f"the recorded text says {mention.text!r}, and execution gives {show(given, 120)}",
                        evidence={"recorded": text, "executed": given, "value": mention.text},
                        **place_of(call),
                    )


def _texts(call: ReplayedCall) -> Iterator[tuple[str, str]]:
    """Yield path and text of what stands in the recorded answer and was not compared with the executed one."""
    if not call.has_answer or call.recorded == call.result.content:
        return
    texts = {text for text in leaves(call.recorded) if isinstance(text, str) and " " in text}
    # An id or a time that differs was compared, up to renaming.
    free = texts.difference(leaves(call.result.content)) if texts else ()
    if not free or call.recorded_error != call.executed_error:
        return
    refused = call.executed_error
    given = () if refused else dict(_leaves(call.result.content, "$"))
    for path, text in _leaves(call.recorded, "$"):
        if text in free and (refused or path in given):
            yield path, text


def _leaves(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _leaves(below, f"{path}[{index}]")


def _known(replay: Replay, index: int) -> Seen:
    """Return what was known when a call was answered: what was said and answered before, and what execution gives."""
    seen = Seen()
    call = replay.calls[index]
    seen.hear("\n".join(replay.environment.policy), 0, "the policy")
    for number, message in enumerate(replay.trajectory.messages):
        if message is call.placed.answer:
            break
        if message.content and message.role in ("system", "user"):
            seen.hear(message.content, number + 1, "the user")
    for earlier in replay.calls[:index]:
        seen.receive(_answer(earlier, earlier.recorded), _text(earlier.recorded))
    seen.receive(_answer(call, None)._replace(answered=False), _text(call.placed.call.arguments))
    seen.receive(_answer(call, call.result.content), _text(call.result.content))
    return seen


def _text(value: object) -> str:
    return canonical_bytes(value).decode()


def _answer(call: ReplayedCall, value: Json) -> Received:
    return Received(call.placed.call.tool, call.placed.call.arguments, True, value, call.placed.number)
