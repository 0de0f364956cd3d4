"""Family `consistency`: what the agent is told, what the text says, and what the code does, laid side by side.

Only differences are reported, never that a text is silent on something, with one exception: a trajectory that carries
the text it was made from, and whose prompt leaves out a limit of that text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Constant, Environment
from gem_sim.simulator import Replay
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding
from gem_sim.verifier.place import messages_of
from gem_sim.verifier.stated import Clause, Figure, Matching, clauses, figures_of, same_figure, words_of

# Under these keys a trajectory file keeps the text that the trajectory was made from.
_SOURCE_KEYS = ("source_text", "source_passage", "passage", "raw_text", "text_segment", "segment", "text", "document")
_SOURCES = frozenset(_SOURCE_KEYS)
# What is shorter is a title or the name of a source.
_SHORTEST = 80
# How alike two clauses must be before their figures are compared; formulas are put in more different words.
_LIKE = 0.3
_LIKE_FORMULA = 0.15


class Difference(NamedTuple):
    """Two clauses about the same thing with different figures; `left` or `right` None: it has no counterpart."""

    left: Clause | None
    right: Clause | None
    left_figures: tuple[Figure, ...]
    right_figures: tuple[Figure, ...]


def prompt(replay: Replay) -> Iterator[Finding]:
    """Yield a finding for each rule of the system prompt that its source or the environment states differently."""
    environment = replay.environment
    told = "\n".join([message.content for message in messages_of("system", replay) if message.content])
    if not told:
        return
    source = _source_of(replay.trajectory)
    if source is not None:
        yield from _between_texts(told, source, environment)
    own = _without(told, environment.policy)
    if clauses(own):
        yield from _against_environment(own, environment)


@lru_cache(maxsize=64)
def _without(told: str, policy: tuple[str, ...]) -> str:
    """Return a prompt without the lines of a policy; the same prompt opens many conversations."""
    return "\n".join(line for line in told.splitlines() if line not in policy)


def _source_of(trajectory: Trajectory) -> str | None:
    """Return the text that a trajectory was made from, where its row or the row's metadata carries it."""
    extra = trajectory.extra
    for place in (extra, extra.get("meta"), extra.get("metadata")):
        if isinstance(place, dict) and not _SOURCES.isdisjoint(place):
            for text in map(place.get, _SOURCE_KEYS):
                if isinstance(text, str) and len(text) >= _SHORTEST:
                    return text
    return None


def environment_consistency(environment: Environment) -> Iterator[Finding]:
    """Yield a finding for each constant and rule that policy, source and code of an environment state differently."""
    yield from _constants_against_quotes(environment)
    yield from _rules_against_code(environment)
    yield from _against_environment("\n".join(environment.policy), environment, name="policy")


@lru_cache(maxsize=128)
def differences(left: str, right: str) -> tuple[Difference, ...]:
    """Return where two texts state different figures for the same thing, then what only the right one limits."""
    ours, theirs = clauses(left), clauses(right)
    matching = Matching(ours, theirs)
    found: list[Difference] = []
    settled: set[Clause] = set()
    for clause in ours:
        partners = matching.partners(clause, 1)
        agreeing = [other for other in matching.sharing(clause, 1) if _agree(clause, other)]
        settled.update(agreeing)
        if agreeing or not partners:
            continue
        score, other = partners[0]
        back = matching.partners(other, 0)
        least = _LIKE_FORMULA if clause.role == "formula" else _LIKE
        if score >= least and back and back[0][1] is clause:
            settled.add(other)
            difference = _difference(clause, other)
            if difference.left_figures and difference.right_figures:
                found.append(difference)
    gone = [c for c in theirs if c not in settled and c.role in ("bound", "formula")]
    found += [Difference(None, clause, (), clause.figures) for clause in gone]
    return tuple(found)


def _agree(left: Clause, right: Clause) -> bool:
    if not left.words & right.words or (left.role == "formula") != (right.role == "formula"):
        return False
    return all(any(same_figure(figure, other) for other in right.figures) for figure in left.figures)


def _difference(left: Clause, right: Clause) -> Difference:
    ours = tuple(f for f in left.figures if not any(same_figure(f, g) for g in right.figures))
    theirs = tuple(g for g in right.figures if not any(same_figure(f, g) for f in left.figures))
    return Difference(left, right, ours, theirs)


def _between_texts(told: str, source: str, environment: Environment) -> Iterator[Finding]:
    for difference in differences(told, source):
        right = difference.right
        assert right is not None
        if difference.left is None:
            yield _gone(right, environment)
        elif difference.left.role == "formula":
            yield _formula(difference.left, right, environment)
        else:
            for ours, theirs in _paired(difference):
                yield _constant(difference.left, right, ours, theirs, environment)


def _paired(difference: Difference) -> Iterator[tuple[Figure, Figure]]:
    yield from zip(difference.left_figures, difference.right_figures, strict=False)


def _constant(
    left: Clause, right: Clause, ours: Figure, theirs: Figure, environment: Environment, name: str = "prompt"
) -> Finding:
    code = _code_of(ours, left, environment) or _code_of(theirs, right, environment)
    told, said = ours.text, theirs.text
    message = f"the {name} says {told} ({_cut(left.text)!r}), its source says {said} ({_cut(right.text)!r}); "
    message += _code_words(code)
    return Finding(code="consistency.constant", message=message, evidence=_places(left, right, ours, theirs, code))


def _formula(left: Clause, right: Clause, environment: Environment, name: str = "prompt") -> Finding:
    code = _code_of(left.figures[0], left, environment)
    message = f"the {name} works it out as {_cut(left.text)!r}, its source as {_cut(right.text)!r}; {_code_words(code)}"
    return Finding(code="consistency.formula", message=message, evidence=_places(left, right, None, None, code))


def _gone(right: Clause, environment: Environment) -> Finding:
    code = _code_of(right.figures[0], right, environment)
    figures = ", ".join(figure.text for figure in right.figures)
    what = "works with" if right.role == "formula" else "sets the limit"
    message = f"the source {what} {figures} ({_cut(right.text)!r}), and the prompt leaves it out; {_code_words(code)}"
    name = "consistency.formula" if right.role == "formula" else "consistency.rule"
    return Finding(code=name, severity="warning", message=message, evidence=_places(None, right, None, None, code))


def _cut(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


class _Code(NamedTuple):
    name: str
    value: Json
    line: str


def _code_of(figure: Figure | None, clause: Clause, environment: Environment) -> _Code | None:
    """Return the constant that carries a figure of a clause, and the body line that uses it; None without one."""
    if figure is None:
        return None
    best = None
    for name, constant in environment.constants.items():
        if not _carries(constant, figure):
            continue
        shared = len(clause.words & (words_of(constant.quote or "") | words_of(name.lower())))
        if shared and (best is None or shared > best[0]):
            best = (shared, name, constant)
    if best is None:
        return None
    return _Code(best[1], best[2].value, _used(best[1], environment))


def _carries(constant: Constant, figure: Figure) -> bool:
    if isinstance(constant.value, bool) or not isinstance(constant.value, (int, float)):
        return False
    unit = next((f.unit for f in figures_of(f"1 {constant.unit}") if f.unit), constant.unit) if constant.unit else None
    if unit is not None and unit.startswith("times"):
        unit = "times"
    return same_figure(Figure(float(constant.value), unit, ""), figure)


def _used(name: str, environment: Environment) -> str:
    """Return where a constant is used: tool, line of its body, and that line."""
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    for tool in environment.tools.values():
        for number, line in enumerate(tool.body or (), start=1):
            if pattern.search(line):
                return f"{tool.name}:{number}: {line.strip()}"
    return ""


def _code_words(code: _Code | None) -> str:
    if code is None:
        return "no constant of the code states it"
    return f"the code has {code.name} = {code.value}" + (f" ({code.line.partition(': ')[0]})" if code.line else "")


def _places(
    left: Clause | None, right: Clause | None, ours: Figure | None, theirs: Figure | None, code: _Code | None
) -> dict[str, Json]:
    def place(clause: Clause | None, figure: Figure | None) -> Json:
        if clause is None:
            return None
        values: list[Json] = [f.text for f in (clause.figures if figure is None else (figure,))]
        return {"line": clause.line, "quote": clause.text, "values": values}

    body: Json = None if code is None else {"constant": code.name, "value": code.value, "line": code.line}
    return {"prompt": place(left, ours), "source": place(right, theirs), "code": body}


def _against_environment(told: str, environment: Environment, name: str = "prompt") -> Iterator[Finding]:
    """Compare a prompt or the policy with the source's text; what agrees with any clause of it agrees."""
    known = "\n".join(environment.policy) if name == "prompt" else ""
    for difference in differences(told, environment.passage.text):
        left, right = difference.left, difference.right
        if left is None or right is None:
            continue
        if known and any(_agree(left, other) for other in clauses(known)):
            continue
        if left.role == "formula":
            yield _formula(left, right, environment, name)
            continue
        for ours, theirs in _paired(difference):
            yield _constant(left, right, ours, theirs, environment, name)


def _constants_against_quotes(environment: Environment) -> Iterator[Finding]:
    for name, constant in environment.constants.items():
        figures = figures_of(constant.quote or "")
        if not figures or isinstance(constant.value, bool) or not isinstance(constant.value, (int, float)):
            continue
        if not any(_carries(constant, figure) or figure.value == constant.value for figure in figures):
            source = environment.sources.get(f"constants.{name}")
            said = ", ".join(figure.text for figure in figures)
            yield Finding(
                code="consistency.constant",
                message=f"the code has {name} = {constant.value}, its quote {said}: {_cut(constant.quote or '')!r}",
                evidence={
                    "prompt": None,
                    "source": {
                        "line": None if source is None else source.line,
                        "quote": constant.quote,
                        "values": [f.text for f in figures],
                    },
                    "code": {"constant": name, "value": constant.value, "line": _used(name, environment)},
                },
            )


def _rules_against_code(environment: Environment) -> Iterator[Finding]:
    """Compare the figures of a rule with those of the `require` lines that cite it."""
    for tool in environment.tools.values():
        for line, rule, values in _requirements(tool.body or (), environment):
            stated = figures_of(f"{environment.rules[rule].text} {environment.rules[rule].quote or ''}")
            if not values or not stated or any(f.value == v for f in stated for v in values):
                continue
            source = environment.sources.get(f"rules.{rule}")
            said = ", ".join(dict.fromkeys(f.text for f in stated))
            code = f"{tool.name}:{line}: {(tool.body or ())[line - 1].strip()}"
            yield Finding(
                code="consistency.rule",
                tool=tool.name,
                message=f"rule {rule} says {said}, the code requires {', '.join(f'{v:g}' for v in values)} ({code})",
                evidence={
                    "prompt": None,
                    "source": {
                        "line": None if source is None else source.line,
                        "quote": environment.rules[rule].quote,
                        "values": [f.text for f in stated],
                    },
                    "code": {"rule": rule, "values": list(values), "line": code},
                },
            )


def _requirements(body: Sequence[str], environment: Environment) -> Iterator[tuple[int, str, list[float]]]:
    """Yield (line, rule, numbers of the condition) for each `require` that cites a rule."""
    try:
        tree = ast.parse("\n".join(["def body():", *(f"  {line}" for line in body)]))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require"):
            continue
        if (
            len(node.args) < 2
            or not isinstance(node.args[1], ast.Constant)
            or node.args[1].value not in environment.rules
        ):
            continue
        yield node.lineno - 1, str(node.args[1].value), _condition_numbers(node.args[0], environment)


def _condition_numbers(condition: ast.expr, environment: Environment) -> list[float]:
    values: list[float] = []
    for node in ast.walk(condition):
        value: object = None
        if isinstance(node, ast.Constant):
            value = node.value
        elif isinstance(node, ast.Name) and node.id in environment.constants:
            value = environment.constants[node.id].value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1:
            values.append(float(value))
    return values
