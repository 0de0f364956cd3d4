"""A verdict and its trace as what a page shows: messages, calls, findings in their places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, JsonValue

from gem_sim.canonical import Json, same_json
from gem_sim.report.context import Context, Norm, ToolView
from gem_sim.report.grounds import OriginView, Sentence, SourceRow, origins_of, sentences_of
from gem_sim.report.values import Limits, Shown, Text, cut_text, flat, one_line, show_json
from gem_sim.verdict import Finding, Verdict
from gem_sim.verifier.trail import Trail

MAX_MESSAGES = 200
MAX_CALLS = 200
MAX_FINDINGS = 200
_HEAD = 90
_AROUND = 2

_Colour = Literal["good", "bad", "open"]
_Place = tuple[Literal["call", "message"], int]


class _Difference(BaseModel):
    path: str
    kind: str
    recorded: JsonValue
    executed: JsonValue


class _Change(BaseModel):
    table: str
    key: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None


class _Call(BaseModel):
    number: int
    turn: int
    tool: str
    arguments: dict[str, JsonValue]
    recorded: JsonValue
    has_answer: bool
    executed: JsonValue
    refused: bool
    differences: list[_Difference]
    changes: list[_Change]


class _Message(BaseModel):
    role: str
    content: str | None
    calls: list[int]
    answers: int | None


class _Trace(BaseModel):
    id: str
    task: str | None
    messages: list[_Message]
    calls: list[_Call]
    sources: list[SourceRow] = []
    path: list[Trail] = []


class FindingView(NamedTuple):
    """A finding; `where` is its place in words, `evidence` None where it stands there.

    `place` is that place in the page, empty where there is none: `c5` is call 5, `m13` message 13.

    `sentences` are those of the source that it rests on.
    """

    code: str
    severity: str
    place: str
    where: str
    message: Text
    evidence: Shown | None
    sentences: tuple[Sentence, ...] = ()


class DifferenceView(NamedTuple):
    """A place where the answers part; a side is empty where it has no value."""

    path: str
    kind: str
    recorded: str
    executed: str


class ChangeView(NamedTuple):
    """A field of a row that a call changed; a side is empty where there was no such field.

    `verb` is what happened to the row, `key` its key; both are empty in all lines of a row but the first.
    """

    table: str
    key: str
    verb: str
    field: str
    before: str
    after: str


class CallView(NamedTuple):
    """A call with its two answers.

    `answer` is what they come to, in words, and `colour` how good that is; `remark` says why unequal answers agree.
    `recorded` None: there is none, or it is the same as `executed`, and `alone` is then the title of that one.
    `norms` is what the tool goes by, empty where nothing is at fault; `broken_rule` the rule that a refusal names.
    `origins` says for the paths of arguments where the values come from.
    """

    number: int
    tool: str
    head: str
    answer: str
    colour: _Colour
    remark: str
    status: str
    first: bool
    refused: bool
    arguments: Shown
    origins: dict[str, OriginView]
    recorded: Shown | None
    executed: Shown
    alone: str
    differences: tuple[DifferenceView, ...]
    more_differences: str
    changes: tuple[ChangeView, ...]
    more_changes: str
    findings: tuple[FindingView, ...]
    norms: tuple[Norm, ...]
    broken_rule: Norm | None


class Entry(NamedTuple):
    """A message with its calls; `turn` is the number of the turn it opens, None where it opens none."""

    number: int
    role: str
    turn: int | None
    text: Text | None
    calls: tuple[CallView, ...]
    more_calls: str
    findings: tuple[FindingView, ...]
    skipped: str


class Stretch(NamedTuple):
    """A turn on the timeline: its number (0 is what comes before the first) and its calls."""

    turn: int
    calls: tuple[CallView, ...]


class Conversation(NamedTuple):
    """A trajectory in full: `divergence` is the first call whose answers part, None where none do.

    `timeline` has a stretch for each turn; `path` is the way over the workflows, `steps` the same in words.
    """

    task: str | None
    instruction: Text | None
    passed: bool
    divergence: CallView | None
    findings: tuple[FindingView, ...]
    more_findings: str
    entries: tuple[Entry, ...]
    skipped: str
    timeline: tuple[Stretch, ...]
    path: tuple[Trail, ...]
    steps: str


def finding_views(findings: Sequence[Finding], limits: Limits, shown: Collection[int] = ()) -> tuple[FindingView, ...]:
    """Return at most `MAX_FINDINGS` findings as a list; those at one of the calls `shown` have their evidence there."""
    return tuple(
        _finding(finding, limits, {} if finding.call in shown else finding.evidence)
        for finding in findings[:MAX_FINDINGS]
    )


def _finding(finding: Finding, limits: Limits, evidence: dict[str, Json]) -> FindingView:
    return FindingView(
        code=finding.code,
        severity=finding.severity,
        place="" if finding.call is None else f"c{finding.call}",
        where=place_in_words(finding),
        message=cut_text(finding.message, limits.text),
        evidence=show_json(evidence, limits) if evidence else None,
    )


def place_in_words(finding: Finding, *, at_call: bool = False) -> str:
    """Return where a finding is, on one line; with `at_call` only what the call it stands at does not say."""
    words = [word for word in (finding.argument, finding.path) if word]
    if not at_call:
        places = [("turn", finding.turn), ("call", finding.call)]
        numbers = [f"{name} {number}" for name, number in places if number is not None]
        words = [*numbers, *([finding.tool] if finding.tool else []), *words]
    return flat(" · ".join(words), 200)


def more_findings(verdict: Verdict) -> str:
    """Return what to say of the findings beyond `MAX_FINDINGS`, the empty string where there are none."""
    return _more(len(verdict.findings) - MAX_FINDINGS, "findings")


def _more(number: int, what: str) -> str:
    return f"{number:,} {what if number > 1 else what[:-1]} left out" if number > 0 else ""


def conversation_of(
    verdict: Verdict, trace: Mapping[str, Json], context: Context, instruction: str | None, limits: Limits
) -> Conversation:
    """Return a trajectory as a page shows it.

    Args:
        verdict: Its verdict.
        trace: What `simulator.trace.trace` returns.
        context: What it was judged against.
        instruction: What its task asks for; None where there is no task or it says nothing.
        limits: How much of each value is shown.
    """
    read = _Trace.model_validate(trace)
    first = _first_divergence(read.calls, context)
    faulty = {number for number in (first, *(f.call for f in verdict.findings)) if number is not None}
    messages = _kept_messages(read, faulty)
    shown = _kept_calls([n for i in messages for n in read.messages[i].calls], faulty)
    calls = {call.number: call for call in read.calls}
    places = {i + 1: f"m{i + 1}" if m.answers is None else f"c{m.answers}" for i, m in enumerate(read.messages)}
    origins = origins_of(read.sources, places)
    views = _Views(context, limits, first, calls, shown, _by_place(verdict), origins)
    answered = {n for i in messages for n in read.messages[i].calls}
    entries: list[Entry] = []
    turn = skipped = 0
    for index, message in enumerate(read.messages):
        turn += message.role == "user"
        if message.answers in answered:
            continue
        if index not in messages:
            skipped += 1
            continue
        entries.append(views.entry(index, message, turn if message.role == "user" else None, skipped))
        skipped = 0
    return Conversation(
        task=None if read.task is None else flat(read.task, 200),
        passed=verdict.verdict == "pass",
        instruction=None if not instruction else cut_text(instruction, limits.text),
        divergence=next((call for entry in entries for call in entry.calls if call.first), None),
        findings=views.told(verdict.findings[:MAX_FINDINGS]),
        more_findings=more_findings(verdict),
        entries=tuple(entries),
        skipped=_more(skipped, "messages"),
        timeline=_timeline(entries),
        path=tuple(read.path),
        steps=_steps(read.path),
    )


def _timeline(entries: Sequence[Entry]) -> tuple[Stretch, ...]:
    """Return the calls that are shown, turn by turn; turns without a call are on it too."""
    stretches: list[Stretch] = []
    for entry in entries:
        if entry.turn is not None or not stretches:
            stretches.append(Stretch(entry.turn or 0, ()))
        stretches[-1] = stretches[-1]._replace(calls=(*stretches[-1].calls, *entry.calls))
    return tuple(stretch for stretch in stretches if stretch.turn or stretch.calls)


def _steps(path: Sequence[Trail]) -> str:
    """Return the path in words: `order: find (1) → check (2, 3)`, a workflow after the other."""
    parts: list[tuple[str, str, list[str]]] = []
    for one in path:
        if not parts or parts[-1][:2] != (one.workflow, one.step):
            parts.append((one.workflow, one.step, []))
        parts[-1][2].append(str(one.number))
    words: list[str] = []
    workflow = ""
    for name, step, numbers in parts[:MAX_CALLS]:
        head = f"{flat(name, 60)}: " if name != workflow else ""
        workflow = name
        words.append(f"{head}{flat(step, 60)} ({', '.join(numbers)})")
    return " → ".join(words) + (" → …" if len(parts) > MAX_CALLS else "")


def _by_place(verdict: Verdict) -> dict[_Place, list[Finding]]:
    """Return the findings by the call, else the message (from 1), that they are about; others are left out."""
    placed: dict[_Place, list[Finding]] = {}
    for finding in verdict.findings:
        message = finding.evidence.get("message")
        if finding.call is not None:
            placed.setdefault(("call", finding.call), []).append(finding)
        elif isinstance(message, int):
            placed.setdefault(("message", message), []).append(finding)
    return placed


def _first_divergence(calls: Sequence[_Call], context: Context) -> int | None:
    """Return the number of the first call whose answers part, by the rule of `Replay.first_divergence`."""
    for call in calls:
        if call.tool in context.tools and any(d.kind != "unspecified" for d in call.differences):
            return call.number
    return None


def _kept_messages(trace: _Trace, faulty: set[int]) -> set[int]:
    """Return which messages are shown: all, or of a long conversation both ends and what surrounds a fault."""
    number = len(trace.messages)
    if number <= MAX_MESSAGES:
        return set(range(number))
    places = [i for i, message in enumerate(trace.messages) if faulty.intersection(message.calls)]
    near = [j for i in places for j in range(i - _AROUND, i + _AROUND + 1) if 0 <= j < number]
    end = MAX_MESSAGES // 4
    wanted = [*range(end), *range(number - end, number), *near, *range(end, number)]
    return set(list(dict.fromkeys(wanted))[:MAX_MESSAGES])


def _kept_calls(numbers: list[int], faulty: set[int]) -> set[int]:
    """Return which calls are shown: those at fault first, then the others in order."""
    first = [number for number in numbers if number in faulty]
    return set(list(dict.fromkeys([*first, *numbers]))[:MAX_CALLS])


class _Views(NamedTuple):
    """Turns parts of one trace into views."""

    context: Context
    limits: Limits
    first: int | None
    calls: Mapping[int, _Call]
    shown: Collection[int]
    findings: Mapping[_Place, list[Finding]]
    origins: Mapping[int, dict[str, OriginView]]

    def told(self, findings: Sequence[Finding], *, at_call: bool = False) -> tuple[FindingView, ...]:
        """Return findings with the sentences behind them; `at_call`: as they stand beside their call's answers."""
        views = []
        for finding in findings:
            call = self.calls.get(finding.call or 0)
            answers = (None, None) if call is None else (call.recorded, call.executed)
            evidence = _evidence_beside(finding) if at_call else {} if finding.call in self.shown else finding.evidence
            view = _finding(finding, self.limits, evidence)
            where = place_in_words(finding, at_call=True) if at_call else view.where
            message = finding.evidence.get("message")
            if not view.place and isinstance(message, int) and not isinstance(message, bool):
                view = view._replace(place=f"m{message}", where=view.where or f"message {message}")
            sentences = sentences_of(finding, *answers, self.context)
            views.append(view._replace(where=where, sentences=sentences))
        return tuple(views)

    def entry(self, index: int, message: _Message, turn: int | None, skipped: int) -> Entry:
        made = [number for number in message.calls if number in self.shown]
        return Entry(
            number=index + 1,
            role=message.role,
            turn=turn,
            text=cut_text(message.content, self.limits.text) if message.content else None,
            calls=tuple(self.call(self.calls[number]) for number in made),
            more_calls=_more(len(message.calls) - len(made), "calls"),
            findings=self.told(self.findings.get(("message", index + 1), [])[:MAX_FINDINGS]),
            skipped=_more(skipped, "messages"),
        )

    def call(self, call: _Call) -> CallView:
        findings = self.findings.get(("call", call.number), [])[:MAX_FINDINGS]
        tool = self.context.tools.get(call.tool)
        answer, colour, remark = _answer(call, tool, findings)
        same = call.has_answer and same_json(call.recorded, call.executed)
        apart = call.has_answer and not same
        recorded_marks = {d.path: d.recorded for d in call.differences if d.kind != "missing"}
        executed_marks = {d.path: d.executed for d in call.differences if d.kind != "extra"}
        faulty = any(finding.severity == "error" for finding in findings)
        rule = self._broken_rule(call)
        norms = tool.norms if tool is not None and (faulty or call.number == self.first) else ()
        changes = [view for change in call.changes for view in _changes(change)]
        rows = self.limits.rows
        return CallView(
            number=call.number,
            tool=flat(call.tool, 120),
            head=_head(call.arguments),
            answer=answer,
            colour=colour,
            remark=remark if apart else "",
            status=_status(findings),
            first=call.number == self.first,
            refused=call.refused,
            arguments=show_json(
                call.arguments, self.limits, _argument_marks(findings, call), spread=call.number in self.origins
            ),
            origins=self.origins.get(call.number, {}),
            recorded=show_json(call.recorded, self.limits, recorded_marks, call.executed) if apart else None,
            executed=show_json(call.executed, self.limits, executed_marks),
            alone="Recorded and executed" if same else "Executed",
            differences=tuple(_difference(d) for d in call.differences[:rows]),
            more_differences=_more(len(call.differences) - rows, "differences"),
            changes=tuple(changes[:rows]),
            more_changes=_more(len(changes) - rows, "fields"),
            findings=self.told(findings, at_call=True),
            norms=tuple(norm for norm in norms if norm != rule),
            broken_rule=rule,
        )

    def _broken_rule(self, call: _Call) -> Norm | None:
        """Return the rule whose sentence is the reason execution refuses with."""
        reason = call.executed.get("error") if call.refused and isinstance(call.executed, dict) else None
        return self.context.by_text.get(reason) if isinstance(reason, str) else None


def _evidence_beside(finding: Finding) -> dict[str, Json]:
    """Return the evidence that does not stand beside the finding anyway, as the two answers do."""
    if not finding.code.startswith("result."):
        return finding.evidence
    return {k: v for k, v in finding.evidence.items() if k not in ("recorded", "executed", "kind", "reason")}


def _answer(call: _Call, tool: ToolView | None, findings: Sequence[Finding]) -> tuple[str, _Colour, str]:
    """Return what the two answers come to, how good that is, and why they agree though they are not equal."""
    if tool is None:
        return "no such tool", "bad", ""
    if not call.has_answer:
        return "no answer recorded", "bad", ""
    if any(difference.kind != "unspecified" for difference in call.differences):
        accepted = any(finding.code == "result.accepted" for finding in findings)
        return "execution refuses" if call.refused else "execution accepts" if accepted else "differs", "bad", ""
    if call.differences:
        return "undetermined", "open", ""
    if call.refused:
        return "refused, as recorded", "good", "Both refuse; in which words is not compared."
    remark = "The answers agree: generated ids and times, the order of sets, and prose are not compared as they stand."
    return "reproduced", "good", remark


def _status(findings: Sequence[Finding]) -> str:
    severities = {finding.severity for finding in findings}
    return next((name for name in ("error", "undecided", "warning") if name in severities), "fine")


def _argument_marks(findings: Iterable[Finding], call: _Call) -> dict[str, Json]:
    named = {finding.argument for finding in findings if finding.argument in call.arguments}
    return {f"$.{name}": call.arguments[name] for name in named if name is not None}


def _head(arguments: Mapping[str, Json]) -> str:
    parts: list[str] = []
    size = 0
    for name, value in arguments.items():
        parts.append(f"{flat(name, 40)}={one_line(value, 60)}")
        size += len(parts[-1])
        if size > _HEAD:
            break
    return flat(", ".join(parts), _HEAD)


def _difference(difference: _Difference) -> DifferenceView:
    recorded = "" if difference.kind == "missing" else one_line(difference.recorded, 200)
    executed = "" if difference.kind in ("extra", "unspecified") else one_line(difference.executed, 200)
    return DifferenceView(flat(difference.path, 160), difference.kind, recorded, executed)


def _changes(change: _Change) -> list[ChangeView]:
    """Return the fields of a row that changed; all of them where the row came or went."""
    before, after = change.before or {}, change.after or {}
    verb = "added" if change.before is None else "removed" if change.after is None else "changed"
    rows: list[ChangeView] = []
    for field in dict.fromkeys((*before, *after)):
        if field in before and field in after and same_json(before[field], after[field]):
            continue
        old = one_line(before[field], 160) if field in before else ""
        new = one_line(after[field], 160) if field in after else ""
        first = (flat(change.table, 80), flat(change.key, 80), verb) if not rows else ("", "", "")
        rows.append(ChangeView(*first, flat(field, 80), old, new))
    return rows
