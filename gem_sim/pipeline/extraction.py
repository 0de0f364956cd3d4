"""What a model made of a passage: its reply as a draft, and all that does not hold together in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from difflib import SequenceMatcher

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import GemSimError, InputError
from gem_sim.pipeline.draft import Draft
from gem_sim.pipeline.teaching import Item, Load
from gem_sim.source import Passage, locate
from gem_sim.verifier.consistency import environment_consistency

LEAST_ROWS = 12
_KEPT = ("title", "policy", "entities", "constants", "rules", "tools", "workflow")
_MOST_PROBLEMS = 8
_LIKE = 0.5
_ENDS = re.compile(r"(?<=[.!?:])\s+|\n+")
# What models write the other way round than texts have it.
_ALIKE = ("'’‘", '"“”', "-–—")


def draft_of_reply(value: dict[str, Json], item: Item, digest: str) -> Draft:
    """Return the draft that a reply to the prompt `extract` says, with the passage as its source.

    Names that could not be said in a body are spelled so that they can, and quotes as the passage has them.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", str(value["slug"]).lower()).strip("_")[:40] or "environment"
    environment: dict[str, Json] = {
        "name": f"{slug}_{digest}",
        "origin": item.origin or "extracted by a model",
        "licence": item.licence,
        "clock": "2026-03-02T09:00:00Z",
        **{key: value[key] for key in _KEPT},
    }
    for group in ("constants", "rules"):
        environment[group] = {name: _as_quoted(entry, item.text) for name, entry in _mapping(value[group]).items()}
    for group in ("entities", "constants"):
        environment[group] = _named(environment[group])
    environment["tools"] = [_tool_named(tool) for tool in _listed(value, "tools")]
    source = item.text if item.text.endswith("\n") else f"{item.text}\n"
    return Draft(environment, source, _named(value["state"]))  # type: ignore[arg-type]


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _named(value: Json) -> dict[str, Json]:
    return {_sayable(name): entry for name, entry in _mapping(value).items()}


def _sayable(name: str) -> str:
    return re.sub(r"[^\w$]+", "_", name)


def _tool_named(tool: Json) -> Json:
    """Return a tool with the tables it declares spelled as they are in the state."""
    declared = {key: [_sayable(str(name)) for name in _listed(tool, key)] for key in ("reads", "writes")}
    return {**_mapping(tool), **{key: list(names) for key, names in declared.items() if key in _mapping(tool)}}


def _listed(tool: Json, key: str) -> list[Json]:
    value = _mapping(tool).get(key)
    return value if isinstance(value, list) else []


def _as_quoted(entry: Json, text: str) -> Json:
    """Return a constant or rule with its quote as the passage has it: case, typography and a last dot may differ."""
    quote = _mapping(entry).get("quote")
    if not isinstance(entry, dict) or not isinstance(quote, str) or not quote.split():
        return entry
    wordings = [words for words in (quote.split(), quote.rstrip(" \n.,;:!").split()) if words]
    places = (re.search(r"\s+".join(map(_loosely, words)), text, re.IGNORECASE) for words in wordings)
    found = next((place for place in places if place is not None), None)
    return entry if found is None else {**entry, "quote": found[0]}


def _loosely(word: str) -> str:
    groups = {letter: f"[{re.escape(group)}]" for group in _ALIKE for letter in group}
    return "".join(groups.get(letter, re.escape(letter)) for letter in word)


def problems(draft: Draft, load: Load) -> str | None:
    """Return what does not hold together in an environment, one line for each; None where all does.

    What one fault hides is looked for behind it, so that one reply can mend all.
    """
    passage = Passage(name="source.md", text=draft.source)
    quotes: list[str] = []
    bare = deepcopy(draft.environment)
    for group in ("constants", "rules"):
        for name, entry in _mapping(bare[group]).items():
            fault = _quote_fault(f"{group}.{name}", _mapping(entry).get("quote"), passage)
            if fault is not None:
                quotes.append(fault)
                _mapping(entry).pop("quote", None)
    found: list[str] = []
    rows = sum(len(table) for table in draft.state.values())
    if rows < LEAST_ROWS:
        found.append(f"the state has {rows} rows; it needs at least {LEAST_ROWS}: table → key → row")
    try:
        found += _of_environment(load(draft._replace(environment=bare)))
    except InputError as error:
        # Without the file, which the model has not seen, and which is elsewhere in another workspace.
        found += (error.message + ("" if error.cure is None else f"; {error.cure}")).splitlines()
    except GemSimError as error:
        found.append(str(error))
    return "\n".join([*found[:_MOST_PROBLEMS], *quotes[:_MOST_PROBLEMS]]) or None


def _quote_fault(name: str, quote: Json, passage: Passage) -> str | None:
    if not isinstance(quote, str):
        return f"{name} has no quote; copy one word for word from the passage"
    if locate(quote, passage) is not None:
        return None
    nearest = max(_ENDS.split(passage.text), key=lambda part: _likeness(quote, part), default="")
    near = f"; the passage says {nearest.strip()!r}" if _likeness(quote, nearest) >= _LIKE else ""
    return f"{name}: the quote {quote!r} does not occur in the passage; copy it word for word, or leave this out{near}"


def _likeness(quote: str, part: str) -> float:
    return SequenceMatcher(None, quote.lower(), part.lower(), autojunk=False).ratio()


def _of_environment(environment: Environment) -> Iterator[str]:
    """Yield what is wrong with an environment that loads."""
    for workflow in environment.workflows:
        lost = [step.id for step in workflow.steps if step.id not in workflow.reachable()]
        if lost:
            yield f"the steps {', '.join(lost)} can never come about"
    for finding in environment_consistency(environment):
        if finding.severity == "error":
            yield str(finding)
