"""What stands behind what a page shows: the sentences of the source behind a finding, the places a value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, JsonValue

from gem_sim.canonical import Json, show
from gem_sim.report.context import Context, Norm
from gem_sim.report.values import flat, visible
from gem_sim.verdict import Finding

_MOST_SENTENCES = 3
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Values that a reader should not take for given.
_DOUBTFUL = ("unsupported", "unseen", "unexplained")
_SHORT = {
    "prompt": "the prompt",
    "default": "the default",
    "derived": "derived",
    "chosen": "a choice",
    "composed": "composed",
    "injected": "the program",
    "unseen": "only in the state",
    "unexplained": "unexplained",
    "unsupported": "no source",
}


class Sentence(NamedTuple):
    """Words of the source text behind a finding; `anchor` is where they stand in the page, empty where nowhere.

    `names` are the rules and constants that quote them.
    """

    names: str
    quote: str
    place: str
    anchor: str


class OriginView(NamedTuple):
    """Where a value comes from: in a word or two, in words, and the place in the page (empty where there is none)."""

    short: str
    words: str
    place: str
    doubtful: bool


class SourceRow(BaseModel):
    """A row of `verifier.explain`."""

    call: int
    path: str
    value: JsonValue
    kind: str
    message: int | None
    from_call: int | None
    from_path: str | None
    how: str | None


def sentences_of(finding: Finding, recorded: Json, executed: Json, context: Context) -> tuple[Sentence, ...]:
    """Return the sentences of the source that a finding rests on, those of one quote as one.

    Args:
        finding: The finding.
        recorded: The recorded answer of its call, None where it is about no call.
        executed: The executed one.
        context: What was judged against.
    """
    norms = list(_norms(finding, recorded, executed, context))
    found: dict[str, Sentence] = {}
    for norm in norms:
        if norm.quote:
            known = found.get(norm.quote)
            names = f"{known.names}, {norm.name}" if known else norm.name
            found[norm.quote] = Sentence(names, norm.quote, norm.place, known.anchor if known else norm.anchor)
    own = finding.evidence.get("source")
    quote = own.get("quote") if isinstance(own, dict) else None
    if isinstance(own, dict) and isinstance(quote, str) and visible(quote) not in found:
        line = own.get("line")
        place = f"line {line} of its source" if isinstance(line, int) else "its source"
        return (Sentence("", flat(quote, 400), place, ""), *found.values())[:_MOST_SENTENCES]
    return tuple(found.values())[:_MOST_SENTENCES]


def _norms(finding: Finding, recorded: Json, executed: Json, context: Context) -> Iterable[Norm]:
    evidence = finding.evidence
    code = evidence.get("code")
    if isinstance(code, dict):
        named = {code.get("constant"), code.get("rule")}
        return [norm for norm in context.norms if norm.name in named]
    workflow, step = evidence.get("workflow"), evidence.get("step")
    if isinstance(workflow, str) and isinstance(step, str):
        rule = context.by_step.get((workflow, step))
        return [] if rule is None else [rule]
    if not finding.code.startswith("result."):
        return []
    reason = executed.get("error") if isinstance(executed, dict) else None
    if isinstance(reason, str) and reason in context.by_text:
        return [context.by_text[reason]]
    tool = context.tools.get(finding.tool or "")
    return [] if tool is None else _telling(tool.norms, recorded, executed)


def _telling(norms: Sequence[Norm], recorded: Json, executed: Json) -> list[Norm]:
    """Return the constants whose figure stands in the executed answer and not in the recorded one."""
    new = set(_NUMBER.findall(show(executed, 2_000))) - set(_NUMBER.findall(show(recorded, 2_000)))
    return [norm for norm in norms if norm.kind == "constant" and new.intersection(_NUMBER.findall(norm.text))]


def origins_of(rows: Iterable[SourceRow], places: Mapping[int, str]) -> dict[int, dict[str, OriginView]]:
    """Return for each call: path of an argument as `show_json` has it (`$.items[0].sku`) → where its value comes from.

    Args:
        rows: What `verifier.explain` says.
        places: Number of a message, from 1 → its place in the page; those that are not shown are left out.
    """
    found: dict[int, dict[str, OriginView]] = {}
    for row in rows:
        at = found.setdefault(row.call, {})
        view = _origin(row, places)
        path = f"$.{row.path}"
        if path.endswith(" ∋"):
            path = path.removesuffix(" ∋")
            inside = f"in it {show(row.value, 60)}: {view.words}"
            known = at.get(path, view)
            place = known.place or view.place
            at[path] = known._replace(words=f"{known.words}; {visible(inside)}", place=place)
        else:
            at[path] = view
    return found


def _origin(row: SourceRow, places: Mapping[int, str]) -> OriginView:
    how = f": {row.how}" if row.how else ""
    if row.from_call is not None:
        words = f"{row.kind} by call {row.from_call} at {row.from_path}{how}"
        if row.kind != "returned":
            words = f"{row.kind} from call {row.from_call} at {row.from_path}{how}"
        return OriginView(f"call {row.from_call}", visible(words), f"c{row.from_call}", False)
    place = "" if row.message is None else places.get(row.message, "")
    where = "" if row.message is None else f" in message {row.message}"
    short = (
        f"message {row.message}" if row.kind == "said" and row.message is not None else _SHORT.get(row.kind, row.kind)
    )
    return OriginView(short, visible(f"{row.kind}{where}{how}"), place, row.kind in _DOUBTFUL)
