"""Actions → a procedure: what it is about, its steps with their arguments, what each needs, constants and rules."""

from __future__ import annotations

import hashlib
import keyword
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from gem_sim.environment import Constant, Rule
from gem_sim.pipeline.offline.actions import Action, actions, forbids, head_of
from gem_sim.pipeline.offline.blocks import Sentence, folded, sentences, unmarked
from gem_sim.pipeline.offline.figures import Figure, figures, unit_noun
from gem_sim.pipeline.offline.values import is_number
from gem_sim.pipeline.offline.verbs import FINAL, GIVEN, STOPS, TELLS, VERBS, Kind, plural, singular, words_in

MOST_STEPS = 12
LEAST_STEPS = 2
_WEAK = frozenset(words_in("let leave take keep state form see like begin start continue"))
_SCREEN = frozenset(
    words_in("""
    button tab link page field box option screen menu list row checkbox icon window dialog section step steps
    information detail details instruction instructions direction directions ingredient ingredients overview
    timeline note notes introduction background purpose reference appendix summary faq checklist procedure
    process guide tutorial meaning impact mitigation example continue ok top bottom side end place way name date
    number reason
""")
)
_KITCHEN = frozenset(words_in("ingredients simmer stew oven saucepan teaspoon tablespoon fry boil butter flour"))
# Names of the dialect, of the bodies' own variables, and of fields by which a result would read as a refusal.
_RESERVED = frozenset(
    words_in("state now require fail new_id unspecified record made done step used row matches keep owner opened_on")
) | frozenset(words_in("error errors exception success ok status is_error made_by made_at"))
_SEQUENCE = re.compile(r"\b(?:then|next|after|once|before|first|finally|when)\b", re.IGNORECASE)


class Argument(NamedTuple):
    """Something a step is given by whoever asks for it; `choice` empty means any value of its kind."""

    name: str
    noun: str
    type: str
    choice: tuple[str, ...] = ()


class Limit(NamedTuple):
    """A constant that a step uses; `argument` is what it bounds, None where it is just that much."""

    constant: str
    argument: str | None
    bound: str
    rule: str | None
    unit: str


class PlannedStep(NamedTuple):
    """A step of the procedure and its tool, which have one name.

    `after` names the steps that must come before, `needs` those among them that change the state, and `rule` says so;
    `table` is where it puts a row, None where it makes none; `uses` maps an argument to the step that makes it;
    `field` is what a look at the record shows; `flag` the field of the record under which the step applies.
    """

    name: str
    kind: Kind
    action: Action
    arguments: tuple[Argument, ...]
    after: tuple[str, ...]
    needs: tuple[str, ...]
    rule: str | None
    table: str | None
    made: str | None
    uses: dict[str, str]
    field: str | None
    flag: str | None
    flag_holds: bool
    flag_rule: str | None
    limits: tuple[Limit, ...]

    @property
    def writes(self) -> bool:
        """Whether the step changes the state."""
        return self.kind not in ("look", "ensure")

    @property
    def final(self) -> bool:
        """Whether the step cannot be taken back."""
        return self.action.verb in FINAL and self.writes


class Procedure(NamedTuple):
    """What a text says to do, with the noun `main` for what it is done to."""

    name: str
    title: str
    main: str
    table: str
    key: str
    steps: tuple[PlannedStep, ...]
    constants: dict[str, Constant]
    rules: dict[str, Rule]
    policy: tuple[str, ...]

    @property
    def words(self) -> str:
        """The main noun as a person says it."""
        return self.main.replace("_", " ")


class NoProcedure(Exception):
    """The text holds no procedure that rules can find; says why."""


def procedure_of(text: str, digest: str | None = None) -> Procedure:
    """Return the procedure of a text.

    Raises:
        NoProcedure: If fewer than two different steps are found.
    """
    digest = hashlib.sha256(text.encode()).hexdigest() if digest is None else digest
    said = sentences(text)
    kept = _distinct(actions(said))
    main = _main_noun(said, kept) if kept else ""
    # Every environment has these two anyway.
    kept = [action for action in kept if action.name not in (f"find_{plural(main)}", f"get_{main}")][:MOST_STEPS]
    if len(kept) < LEAST_STEPS:
        raise NoProcedure(f"{len(kept)} of the {LEAST_STEPS} different steps that a procedure needs were found")
    steps, constants, rules = _steps(kept, main)
    title = _title(said, kept)
    slug = re.sub(r"[^a-z0-9]+", "_", folded(title).lower()).strip("_")[:40].strip("_") or main
    policy = _policy(title, main, said, kept, rules)
    table = plural(main)
    return Procedure(
        f"{slug}_{digest[:8]}", title, main, table, f"{main}_id", tuple(steps), constants, rules, tuple(policy)
    )


def _distinct(found: Sequence[Action]) -> list[Action]:
    """Return one action for each tool name; weak verbs with nothing after them say too little."""
    kept: dict[str, Action] = {}
    for action in found:
        if action.verb in _WEAK and len(action.objects[0]) < 2:
            continue
        kept.setdefault(action.name, action)
    return list(kept.values())


def _title(said: Sequence[Sentence], kept: Sequence[Action]) -> str:
    headings = [unmarked(s.text).strip(" .:#=") for s in said if s.kind == "heading"]
    headings = [re.sub(r"\{[^}]*\}|^\d+(?:\.\d+)*\.?\s*", "", heading).strip() for heading in headings]
    useful = [h for h in headings if 1 < len(h.split()) <= 12 and h.split()[0].lower() not in _SCREEN]
    if useful:
        return useful[0][:80]
    first, last = kept[0].name.replace("_", " "), kept[-1].name.replace("_", " ")
    return f"{first} to {last}".capitalize()[:80]


def _main_noun(said: Sequence[Sentence], kept: Sequence[Action]) -> str:
    """Return what the procedure is done to: the noun of its heading, or the one that most steps act on."""
    words = {word for sentence in said for word in re.findall(r"[a-z]+", sentence.text.lower())}
    if len(words & _KITCHEN) >= 3:
        return "batch"
    heads = Counter(head_of(action.objects[0]) for action in kept)
    for sentence in (s for s in said if s.kind == "heading"):
        noun = _heading_noun(sentence.text)
        if noun and (noun.split("_")[-1] in heads or len(noun.split("_")) > 1):
            return noun
    for noun, count in heads.most_common():
        free = not {noun, plural(noun)} & _RESERVED and not keyword.iskeyword(noun)
        if count > 1 and free and noun not in _SCREEN and len(noun) > 2 and noun not in VERBS:
            return noun
    return "request"


def _heading_noun(text: str) -> str | None:
    words = re.findall(r"[a-z]+", folded(unmarked(text)).lower())
    while words and (
        words[0] in STOPS
        or words[0] in VERBS
        or words[0] in {"a", "an", "the", "handle", "manage", "process", "do", "get"}
        or words[0][-3:] == "ing"
    ):
        words.pop(0)
    phrase: list[str] = []
    for word in words:
        if word in STOPS:
            break
        if word not in {"a", "an", "the", "new", "your", "s"}:
            phrase.append(word)
    if not phrase or phrase[-1] in _SCREEN or len(phrase[-1]) < 3:
        return None
    noun = "_".join([*phrase[-2:-1], singular(phrase[-1])])
    return None if {noun, plural(noun)} & _RESERVED or keyword.iskeyword(noun) else noun


def _steps(kept: Sequence[Action], main: str) -> tuple[list[PlannedStep], dict[str, Constant], dict[str, Rule]]:
    constants: dict[str, Constant] = {}
    rules: dict[str, Rule] = {}
    planned: list[PlannedStep] = []
    taken = {f"{main}_id", plural(main), "owner", "opened_on", "reference", "done"}
    for action in kept:
        before = [step for step in planned if step.flag is None]
        after = _after(action, before)
        flag, holds = _flag(action, taken)
        arguments, limits = _arguments(action, main, constants, rules)
        table, made = _table(action, main)
        uses = _uses(action, before, made)
        for argument, source in uses.items():
            arguments.append(Argument(argument, argument, "string"))
            after = (*after, *([] if source in after else [source]))
        needs = tuple(step.name for step in planned if step.name in after and step.writes)
        ensured = tuple(step for step in planned if step.name in after and step.kind == "ensure")
        rule = _add_rule(rules, _order_text(action, needs, ensured), "dependency", action) if needs or ensured else None
        flag_rule = _add_rule(rules, _own(action.sentence), "conditional", action) if flag else None
        field = _field(action, taken) if action.kind in ("look", "ensure") else None
        planned.append(
            PlannedStep(action.name, action.kind, action, tuple(arguments), after, needs, rule, table, made, uses,
                        field, flag, holds, flag_rule, tuple(limits))
        )  # fmt: skip
    return planned, constants, rules


def _after(action: Action, before: Sequence[PlannedStep]) -> tuple[str, ...]:
    """Return the step that an action follows: in numbered lists and prose the one before; else only if it says so."""
    if not before:
        return ()
    last = before[-1]
    ordered = action.sentence.kind in ("number", "prose") or last.action.sentence == action.sentence
    if not ordered and not _SEQUENCE.search(action.sentence.text):
        return ()
    if last.writes or last.kind == "ensure":
        return (last.name,)
    writing = [step.name for step in before if step.writes]
    return (last.name, *writing[-1:])


def _flag(action: Action, taken: set[str]) -> tuple[str | None, bool]:
    """Return the field of the record that says whether a condition holds, None without a condition."""
    if action.condition is None:
        return None, True
    words = re.findall(r"[a-z]+", folded(action.condition).lower().replace("n't", " not"))
    useful = [
        w for w in words if (w not in STOPS and w not in {"the", "a", "an", "your", "this", "any", "t"}) or w == "not"
    ]
    name = "_".join(useful[:4])
    if not useful or name in taken or name in _RESERVED or keyword.iskeyword(name):
        return None, True
    taken.add(name)
    return name, words[0] != "unless"


def _field(action: Action, taken: set[str]) -> str:
    ending = "_ok" if action.kind == "ensure" or action.verb in {"check", "review", "inspect", "test"} else ""
    name = "_".join(action.objects[0]) + ending
    if name in taken or keyword.iskeyword(name) or name in _RESERVED:
        name = f"{action.name}_result{ending}"
    taken.add(name)
    return name


def _table(action: Action, main: str) -> tuple[str | None, str | None]:
    if action.kind != "make":
        return None, None
    noun = head_of(action.objects[0])
    if (
        noun in main.split("_")
        or {noun, plural(noun), f"{noun}_id"} & _RESERVED
        or keyword.iskeyword(noun)
        or not noun.isalpha()
    ):
        return None, None
    return plural(noun), f"{noun}_id"


def _uses(action: Action, before: Sequence[PlannedStep], made: str | None) -> dict[str, str]:
    """Return the argument that names what an earlier step made, where the action acts on the same thing."""
    wanted = f"{head_of(action.objects[0])}_id"
    source = next((step.name for step in reversed(before) if step.made == wanted), None)
    return {} if source is None or wanted == made or action.kind in ("look", "ensure") else {wanted: source}


def _arguments(
    action: Action, main: str, constants: dict[str, Constant], rules: dict[str, Rule]
) -> tuple[list[Argument], list[Limit]]:
    found: list[Argument] = []
    limits: list[Limit] = []
    if action.kind not in ("look", "ensure"):
        found = _said(action, main)
    for figure in _own_figures(action):
        limit = _limit(action, figure, constants, rules)
        bounded = limit.argument
        if bounded is None or (action.kind not in ("look", "ensure") and bounded not in {a.name for a in found}):
            limits.append(limit)
        if bounded is not None and limits and limits[-1] is limit:
            found.append(Argument(bounded, bounded, "integer"))
    return found, limits


def _said(action: Action, main: str) -> list[Argument]:
    """Return what has to be said for an action: what is entered or chosen, or the words that are sent."""
    if action.choice:
        noun = head_of(action.objects[0]) if action.label is None else "choice"
        return [Argument(_free(noun), noun, "string", action.choice)]
    if action.verb in TELLS:
        return [Argument("message", "message", "string")]
    if action.verb not in GIVEN or (action.label is not None and action.kind == "set"):
        return []
    names: dict[str, Argument] = {}
    for words in action.objects[:3]:
        name = _free("_".join(words))
        if name != main and not name.endswith("_id"):
            names.setdefault(name, Argument(name, words[-1], "integer" if is_number(words[-1]) else "string"))
    return list(names.values())


def _free(name: str) -> str:
    return f"{name}_value" if keyword.iskeyword(name) or name in _RESERVED else name


def _own_figures(action: Action) -> list[Figure]:
    text = unmarked(action.sentence.text)
    clause = unmarked(action.clause).lower()
    place = text.lower().find(clause[:24])
    end = place + len(clause) + 2
    return [figure for figure in figures(text) if place >= 0 and place <= figure.start < end][:2]


def _limit(action: Action, figure: Figure, constants: dict[str, Constant], rules: dict[str, Rule]) -> Limit:
    unit = unit_noun(figure.unit)
    prefix = {"most": "MAX", "least": "MIN", "exact": ""}[figure.bound]
    stem = "_".join(part for part in (prefix, action.name.upper(), unit.upper()) if part)
    name = stem
    while name in constants:
        name = f"{stem}_{len(constants)}"
    constants[name] = Constant(value=figure.value, unit=unit, quote=action.sentence.quote)
    if figure.bound == "exact" or not isinstance(figure.value, int):
        return Limit(name, None, figure.bound, None, unit)
    rule = _add_rule(rules, _own(action.sentence), "limit", action)
    return Limit(name, _free(unit), figure.bound, rule, unit)


def _bounds(sentence: Sentence) -> bool:
    return any(figure.bound != "exact" for figure in figures(unmarked(sentence.text)))


def _own(sentence: Sentence) -> str:
    text = unmarked(sentence.text).rstrip(" :;,")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _order_text(action: Action, needs: Sequence[str], ensured: Sequence[PlannedStep]) -> str:
    names = [name.replace("_", " ") for name in needs] + [step.name.replace("_", " ") for step in ensured]
    return f"Before '{action.name.replace('_', ' ')}' comes {' and '.join(repr(name) for name in names)}."


def _add_rule(rules: dict[str, Rule], text: str, kind: str, action: Action) -> str:
    name = f"R{len(rules) + 1}"
    rules[name] = Rule.model_validate({"text": text, "kind": kind, "quote": action.sentence.quote})
    return name


def _policy(
    title: str, main: str, said: Sequence[Sentence], kept: Sequence[Action], rules: dict[str, Rule]
) -> list[str]:
    """Return what the agent is told: how to work, then the text's own sentences on steps and prohibitions."""
    words = main.replace("_", " ")
    lines = [
        f"You help people with their {words}, by this procedure: {title}.",
        f"Find the {words} by its owner's full name first, and look at it before you change it.",
        "Ask for what is missing, never make up a value, and ask for a clear yes before what cannot be taken back.",
    ]
    steps = {action.sentence.start for action in kept}
    for sentence in said:
        told = forbids(sentence) or (sentence.kind != "heading" and _bounds(sentence))
        if sentence.start in steps or (told and len(sentence.text) < 240):
            lines.append(_own(sentence))
    lines += [rule.text for rule in rules.values() if rule.kind == "dependency"]
    return list(dict.fromkeys(lines))
