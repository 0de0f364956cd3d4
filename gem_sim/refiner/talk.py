"""Rewrites of what is said and offered; no call changes, so the end stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from gem_sim.refiner.scene import Draft, Scene, says, user
from gem_sim.refiner.words import CLOSINGS, GREETINGS, PAUSES, SYNONYMS, in_words
from gem_sim.simulator.mentions import bounded
from gem_sim.trajectory import Trajectory

_FEWEST, _MOST_OFFERED = 2, 4


def paraphrase(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Say the first request in other words around the same values."""
    first = next((index for index, message in enumerate(scene.messages) if message.role == "user"), None)
    if first is None:
        return
    text = scene.messages[first].content or ""
    for old, new in SYNONYMS:
        text = text.replace(old, new)
    said = f"{rng.choice(GREETINGS)} {text.strip()} {rng.choice(CLOSINGS)}"
    yield Draft(_with(scene, first, said), "the first request in other words")


def noise(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Put in an exchange that has nothing to do with the request."""
    places = [
        index
        for index, message in enumerate(scene.messages)
        if message.role == "user" and index and scene.messages[index - 1].role == "assistant"
    ]
    rng.shuffle(places)
    said = {message.content for message in scene.messages}
    fresh = [pause for pause in PAUSES if pause[0] not in said]
    for place in places:
        # A question that is open would be passed over.
        if fresh and not (scene.messages[place - 1].content or "").rstrip().endswith("?"):
            aside, reply = rng.choice(fresh)
            messages = [*scene.messages[:place], user(aside), says(reply), *scene.messages[place:]]
            yield Draft(scene.with_messages(messages), f"an aside before message {place + 1}")


def distractor_tools(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Offer tools besides that are of no use here."""
    listed = scene.trajectory.tools or tuple(scene.environment.tools.values())
    names = {tool.name for tool in listed}
    spare = [tool for tool in (*scene.environment.tools.values(), *scene.pool) if tool.name not in names]
    if spare:
        added = rng.sample(spare, min(len(spare), rng.randint(_FEWEST, _MOST_OFFERED)))
        tools = tuple(sorted((*listed, *added), key=lambda tool: tool.name))
        offered = scene.trajectory.model_copy(update={"tools": tools})
        yield Draft(offered, f"tools offered besides: {', '.join(tool.name for tool in added)}")


def vaguer_request(scene: Scene, rng: Random) -> Iterator[Draft]:
    """Leave a value out of a request; the assistant asks for it, and the user gives it."""
    for call in scene.original.calls:
        start = next((i for i in range(call.placed.message, -1, -1) if scene.messages[i].role == "user"), None)
        if start is None:
            continue
        text = scene.messages[start].content or ""
        for name, value in call.placed.call.arguments.items():
            if not isinstance(value, str) or not any(map(str.isdigit, value)) or len(value) < 3:
                continue
            earlier = "\n".join(message.content or "" for message in scene.messages[:start])
            place = bounded(value, text)
            if place < 0 or text.count(value) > 1 or value in earlier:
                continue
            what = in_words(name)
            vague = _without(text, place, value, what)
            if vague is not None:
                asked = f"Happy to help. What is the {what}, please?"
                messages = [*scene.messages[:start], user(vague), says(asked), user(_given(what, value, rng))]
                draft = scene.with_messages([*messages, *scene.messages[start + 1 :]])
                yield Draft(draft, f"{name} is asked for after message {start + 1}")


def _given(what: str, value: str, rng: Random) -> str:
    return rng.choice((f"Oh, sorry, I left that out. It is {value}.", f"The {what} is {value}.", f"{value}."))


_INTRODUCING = frozenset(("is", "are", "it's", "no.", "#", "number", "here", "under", "with", "for"))
_ARTICLES = frozenset(("my", "the", "a", "this"))
_NAMES_NOTHING = frozenset(("id", "number", "code", "key", "no"))


def _without(text: str, place: int, value: str, what: str) -> str | None:
    """Return a text without a value and what only introduces it; None where too little would be left.

    A value that the sentence cannot do without gives way to what it names: `Approve TS-1 now` → `Approve it now`.
    """
    before, after = text[:place].rstrip(), text[place + len(value) :]
    bracketed = before.endswith("(") and after.startswith(")")
    if bracketed:
        before, after = before[:-1].rstrip(), after[1:]
    introduced = bracketed or before.endswith((":", ","))
    cut = before.rstrip(":,")
    taken: list[str] = []
    while not bracketed and cut and cut.split()[-1].casefold().strip(":,") in {
        *what.split(), *_ARTICLES, *_INTRODUCING
    }:  # fmt: skip
        taken.insert(0, cut.split()[-1])
        cut = cut[: cut.rfind(cut.split()[-1])].rstrip().rstrip(":,")
    if not cut and taken and taken[0].casefold() in ("is", "are"):
        return None
    if not introduced and not any(word.casefold() in _INTRODUCING for word in taken):
        # The first word of a sentence, or one of several values: what is left would read oddly.
        if not cut or cut.endswith((".", "!", "?", " and", " or")) or after.startswith((" and ", " or ")):
            return None
        nouns = [word for word in taken if word.casefold() not in _NAMES_NOTHING]
        named = any(word.casefold() not in _ARTICLES for word in nouns)
        stands = " ".join(nouns if nouns[0].casefold() in _ARTICLES else ["the", *nouns]) if named else "it"
        cut = f"{cut} {stands}"
    left = f"{cut}{after}".strip().lstrip(".,;: ")
    return left[0].upper() + left[1:] if len(left.split()) >= 4 else None


def _with(scene: Scene, index: int, text: str) -> Trajectory:
    messages = list(scene.messages)
    messages[index] = messages[index].model_copy(update={"content": text})
    return scene.with_messages(messages)
