"""A value that is said of one row and belongs to another: its amounts, numbers, times, and what describes it.

A row is spoken of where words that name it stand in the clause, the item of a list or the row of a table. What is said
of it is false where no answer has it of this row, and another row of the same list has it in that field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.verifier.clauses import Clauses, Span, Subject, groups_of, naming, subject
from gem_sim.verifier.contradict import Contradiction, equal, said_by_others
from gem_sim.verifier.lazy import Lazy
from gem_sim.verifier.prose import WORD, Mention
from gem_sim.verifier.records import Occurrence, Record, Records, is_id, is_state, named, places, stands_in, vocabulary
from gem_sim.verifier.scene import Scene
from gem_sim.verifier.seen import Sighting
from gem_sim.verifier.units import SCALES

_JUDGED = ("number", "word", "amount", "time", "date")
_ANOTHER_DAY = re.compile(
    r"\b(?:will|shall|ready|collect\w*|pick\w*|calls?|opens?|closes?|until|till|by|after|since|before|today|tomorrow"
    r"|hold\w*|free|available|offer\w*|possible|earliest|latest|next)\b|['’]ll\b"
)
_MONEY_WORDS = "price cost fee fare total due amount rent rate labour labor discount paid balance charge"
_MONEY = frozenset(_MONEY_WORDS.split())
_STOCKED_WORDS = "stock left available remaining inventory seats places copies free"
_STOCKED = frozenset(_STOCKED_WORDS.split())
_LEFT = re.compile(r"\b(?:left|in stock|available|remaining|on the shelf|free)\b")
_LEFT_NEXT = re.compile(r"\s(?:(?:are|is|of (?:them|those)) )?(?:still )?(?:left|in stock|available|remaining)\b")
_ARE_IN_STOCK = re.compile(r"\s(?:is|are)(?: \w+ly)? in stock\b")
_BESIDE = re.compile(r",? (?:is|was|=) (?:the |your |a )?|: (?:the |your )?|, (?:the |your )?| \((?:the |your )?")
_ENDS = re.compile(r"[.,;)]|\s*$|\s(?:and|but|for|at)\b")
_IN_THE = re.compile(r"\s(?:(?:seats?|places?|are) )?in the\s")
_IDLE_WORDS = "in of the min max per a an is from over are and id number no"
_IDLE = frozenset(_IDLE_WORDS.split())
_STOP = re.compile(r"[.,;:()|\n]")
_TIMES = re.compile(r"\d{1,2}:\d\d(?::\d\d)?|\d{4}-\d\d-\d\d[T ](?P<time>\d\d:\d\d).*")
# What is said of anything, whatever field has it too.
_ORDINARY_WORDS = """
new old big small large good best free next last first second third full open great nice light fine right left own main
little long short high low top extra normal regular standard basic special early late current ready young single same
favourite favorite dear lovely usual whole original present
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
_BESIDE_NOT = frozenset(("or", "and", "from", "to", "not", "no", "like", "than"))
_MOST_TIMES = 12
# How far into an item or the row of a table the name of what it is about begins.
_FIRST = 30


class Talk:
    """A message to judge: what it is judged against, all records so far, and the words in it that are theirs."""

    def __init__(self, scene: Scene, records: Records, found: list[Occurrence]) -> None:
        self.scene = scene
        self.records = records
        self.found = found

    @Lazy
    def clauses(self) -> list[Clauses | None]:
        """Its sentences, None for those that ask or propose."""
        prose = self.scene.prose
        asks = [sentence.text.endswith("?") or sentence.proposes for sentence in prose.sentences]
        pairs = zip(prose.sentences, asks, strict=True)
        return [None if ask else Clauses(prose, sentence, self.found) for sentence, ask in pairs]


def spoken_of(scene: Scene, records: Records) -> Talk:
    """Return a message with the words in it that name or describe what the results so far tell of."""
    found = records.take(scene.seen.results).occurrences(scene.prose.lowered) if scene.seen.results else []
    return Talk(scene, records, found)


def misattributed(talk: Talk, environment: Environment) -> Iterator[Contradiction]:
    """Yield what a message says of one row that belongs to another."""
    if not talk.found:
        return
    previous: list[Occurrence] = []
    for clauses in talk.clauses:
        if clauses is None or not (clauses.named or previous):
            previous = []
            continue
        yield from _figures(clauses, previous, talk)
        previous = clauses.named
        yield from _in_stock(clauses, talk)
        if clauses.named and not clauses.doubtful:
            yield from _adjectives(clauses, talk)
            yield from _appositions(clauses, talk)
            if clauses.is_item:
                yield from _items(clauses, talk, environment)


def _figures(clauses: Clauses, previous: list[Occurrence], talk: Talk) -> Iterator[Contradiction]:
    known: dict[Span, list[Subject]] = {}
    for mention in clauses.figures:
        if mention.kind not in _JUDGED:
            continue
        if clauses.named:
            scope = clauses.scope(mention)
            if clauses.enumerated(scope, mention):
                continue
            if scope not in known:
                known[scope] = _subjects(clauses.within(scope), talk.records)
            spoken_of = known[scope]
        # `Touring tyres are 38 euros. Exactly five are in stock.`
        elif _LEFT_NEXT.match(clauses.lowered, mention.end):
            spoken_of = _subjects(previous, talk.records)
        else:
            continue
        for about in spoken_of:
            if clauses.is_item and about.words.start > clauses.span[0] + _FIRST:
                continue
            contradiction = _of_other(mention, about, clauses, talk)
            if contradiction is not None:
                yield contradiction
                break


def _subjects(found: list[Occurrence], records: Records) -> list[Subject]:
    """Return what some words name, in each list of several rows."""
    groups = (group for group in groups_of(found) if len(records.groups[group]) > 1)
    return [about for group in groups if (about := subject(found, records, group)) is not None]


def _half_named(clauses: Clauses, about: Subject, records: Records, mention: Mention) -> bool:
    """Tell whether the clause of a figure has a part of the name of another row: `the leather one`."""
    clause, group = clauses.text(clauses.clause(mention)), about.records[0].group
    words = set(WORD.findall(clause)) - {"one", "the"}
    fields = records.naming(group)
    own = {word for record in about.records for text in record.strings.values() for word in WORD.findall(text)}
    for record in records.groups[group]:
        if record not in about.records:
            for name, text in record.strings.items():
                if name in fields and not is_id(text):
                    rest = {word for word in WORD.findall(text) if len(word) > 2} - own
                    if rest & words and text not in clause:
                        return True
    return False


def _of_other(mention: Mention, about: Subject, clauses: Clauses, talk: Talk) -> Contradiction | None:
    """Return the finding that a figure said of one row is another's; None where it may be its own."""
    records = talk.records
    # Nearly always: it is its own.
    if any(_has(record, mention, talk.scene) for record in about.records):
        return None
    for name, others in _others(mention, about, talk):
        if mention.kind not in ("time", "date") and not _tied(mention, name, about, clauses, talk.scene):
            continue
        if any(_has(record, mention, talk.scene) for own in about.records for record in records.related(own)):
            return None
        if not clauses.plain(mention) or _half_named(clauses, about, records, mention):
            return None
        if mention.kind == "time":
            told = mention.value in talk.scene.seen.read_texts().asked.times
        elif mention.kind == "date":
            told = _other_day(mention, clauses, talk.scene)
        else:
            told = _told(mention, talk.scene)
        if told or _held_elsewhere(mention, about, clauses, talk) or _named_by_sign(others, clauses):
            return None
        return misplaced(mention, mention.text, about.words, name, about.records, others)
    return None


def _named_by_sign(records: list[Record], clauses: Clauses) -> bool:
    """Tell whether a sentence has one of some rows by a sign alone, `/`, which is found by no words."""
    words = clauses.text(clauses.span).split()
    texts = (text for record in records for text in record.strings.values())
    return any(text in words and not any(map(str.isalnum, text)) for text in texts)


def _other_day(mention: Mention, clauses: Clauses, scene: Scene) -> bool:
    """Tell whether a date is what the user asked for, or the day of something else: `will be ready on 6 March`."""
    days = {(month, day) for _, month, day in scene.seen.read_told().asked.dates}
    value = mention.value
    if not isinstance(value, tuple) or not mention.exact or value[1:] in days or value[2] in scene.seen.asked.days:
        return True
    return _ANOTHER_DAY.search(clauses.text(clauses.lead(mention))) is not None


def _told(mention: Mention, scene: Scene) -> bool:
    """Tell whether the user named the number, or a prompt did with that unit."""
    if mention.kind == "amount":
        return said_by_others(mention, scene)
    seen = scene.seen.read_told().numbers.get(_value(mention), ())
    prompts = [s for s in seen if s.field is None and s.where != "the user"]
    unit = mention.unit
    return said_by_others(mention, scene, by_user=True) or (unit is not None and any(s.unit == unit for s in prompts))


def _others(mention: Mention, about: Subject, talk: Talk) -> Iterator[tuple[str, list[Record]]]:
    """Yield the fields in which only other rows of the list have a figure, with those rows."""
    members = talk.records.groups[about.records[0].group]
    own = {record.own for record in about.records if record.own}
    first = about.records[0]
    for name in first.strings if mention.kind in ("time", "date") else first.numbers:
        if any(_is(record, name, mention, talk.scene) for record in about.records):
            continue
        rest = (r for r in members if r not in about.records and not (r.own and r.own in own))
        others = [record for record in rest if _is(record, name, mention, talk.scene)]
        if others:
            yield name, others


def _is(record: Record, name: str, mention: Mention, scene: Scene) -> bool:
    """Tell whether a field of a record has the value of a figure."""
    if mention.kind == "time":
        time = time_of_day(record.strings.get(name, ""))
        return time is not None and (time - int(_value(mention))) % (1440 if mention.exact else 720) == 0
    if isinstance(mention.value, tuple):
        text = record.strings.get(name, "")
        return text[4:5] == "-" and text[5:10] == f"{mention.value[1]:02}-{mention.value[2]:02}"
    number = record.numbers.get(name)
    return number is not None and equal(mention, sighting(record, name, number, scene))


def _has(record: Record, mention: Mention, scene: Scene) -> bool:
    """Tell whether any field of a record has a figure, or numbers that it is some multiple of."""
    if mention.kind in ("time", "date"):
        return any(_is(record, name, mention, scene) for name in record.strings)
    value, known = _value(mention), list(record.numbers.values())
    if value in known or any(_is(record, name, mention, scene) for name in record.numbers):
        return True
    if record.group == record.tool:
        known += record.around.numbers
    if value in known or mention.kind != "amount":
        return value in known
    multiple = any(number > 1 and value / number in range(2, _MOST_TIMES + 1) for number in known)
    return multiple or any(value in (a + b, a - b) for a in known for b in known)


def _held_elsewhere(mention: Mention, about: Subject, clauses: Clauses, talk: Talk) -> bool:
    """Tell whether something else that the sentence names has the figure: a row of another list."""
    group = about.records[0].group
    for occurrence in clauses.named:
        holders = [record for record, name in occurrence.holders if name in talk.records.naming(record.group)]
        elsewhere = all(record.group != group for record in holders)
        if elsewhere and any(_has(record, mention, talk.scene) for record in holders):
            return True
    return False


def _tied(mention: Mention, name: str, about: Subject, clauses: Clauses, scene: Scene) -> bool:
    """Tell whether a figure beside the name of a row can only be the value of a field."""
    unit = unit_of(name, scene)
    if mention.kind == "amount":
        return unit in ("money", "cent") or (unit is None and not _MONEY.isdisjoint(name.split()))
    if mention.unit is not None:
        left, right = SCALES.get(mention.unit), SCALES.get(unit or "")
        return left is not None and right is not None and left[0] == right[0]
    if mention.kind not in ("number", "word"):
        return False
    start, end = clauses.clause(mention)
    after = [singular(w) for w in WORD.findall(_STOP.split(clauses.lowered[mention.end : end])[0])[:2]]
    before = [singular(w) for w in WORD.findall(clauses.lowered[start : mention.start])[-2:]]
    words = {singular(word) for word in name.split()} - _IDLE
    if words & {*after, *before}:
        return True
    if _STOCKED.isdisjoint(name.split()):
        return False
    between = clauses.lowered[mention.end : about.words.start] if about.words.start > mention.end else "…"
    clause = clauses.text((start, end))
    if _LEFT_NEXT.match(clauses.lowered, mention.end) or (
        _LEFT.search(clause) and re.fullmatch(r"(?:\s\w+)?\s", between)
    ):
        return True
    # `24 in the gallery`: a number that nothing else has.
    sightings = scene.seen.read_texts().numbers.get(_value(mention), ())
    return _IN_THE.fullmatch(between) is not None and all(s.field == name for s in sightings)


def _in_stock(clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield what is said to be in stock where all rows so named have none."""
    if clauses.doubtful or not clauses.named or "in stock" not in clauses.lowered:
        return
    for at, occurrence in enumerate(clauses.named):
        if _ARE_IN_STOCK.match(clauses.lowered, occurrence.end) is None:
            continue
        for group in groups_of([occurrence]):
            about = subject([occurrence], talk.records, group)
            if about is None:
                continue
            rows, words = about.records, clauses.named[:at]
            while (
                words
                and clauses.lowered[words[-1].end : (words[-1].end + 1)] == " "
                and words[-1].end + 1 == (occurrence.start)
            ):
                rows = [record for record in rows if record.says(words[-1].text)] or rows
                words = words[:-1]
            name = next((n for n in rows[0].numbers if "stock" in n.split() or n.endswith("available")), None)
            if name is not None and all(record.numbers.get(name) == 0 for record in rows):
                yield misplaced(_mention(occurrence, about), "in stock", occurrence, name, rows, [])


def _adjectives(clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield what stands right before the name of a row and describes only another: `the red Randonneur`."""
    named_words = clauses.named
    for at, occurrence in enumerate(named_words):
        if at == 0 or clauses.lowered[named_words[at - 1].end : occurrence.start] != " ":
            continue
        for group in groups_of([occurrence]):
            about = subject([occurrence], talk.records, group)
            place = at - 1
            following = occurrence
            while about is not None and place >= 0:
                word = named_words[place]
                if clauses.lowered[word.end : following.start] != " ":
                    break
                contradiction = None if word.text in _ORDINARY else _described(word, about, talk)
                if contradiction is not None and last_word(clauses.lowered, word.start) not in _BESIDE_NOT:
                    yield contradiction
                following = word
                place -= 1


def _appositions(clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield a name right beside the id of another row: `B-24 is the Gravelo`, `Printer jam (T-101)`."""
    for first, second in pairwise(clauses.named):
        between = clauses.lowered[first.end : second.start]
        told = second.text not in _ORDINARY
        if told and between in (" is ", " in ", " (") and _ENDS.match(clauses.lowered, second.end):
            for about in _subjects([first], talk.records):
                if not is_id(second.text) and not naming([second], talk.records, about.records[0].group):
                    contradiction = _described(second, about, talk)
                    if contradiction is not None:
                        yield contradiction
                        break
        if _BESIDE.fullmatch(between) is None or (
            between == ", " and clauses.lowered[second.end : second.end + 1] not in ",)"
        ):
            continue
        key, word = (first, second) if is_id(first.text) else (second, first)
        if not is_id(key.text) or is_id(word.text):
            continue
        for group in groups_of([key]):
            meant = subject([key], talk.records, group)
            if meant is None or any(record.own != key.text for record in meant.records):
                continue
            if naming([word], talk.records, group) and (contradiction := _described(word, meant, talk)) is not None:
                yield contradiction


def _items(clauses: Clauses, talk: Talk, environment: Environment) -> Iterator[Contradiction]:
    """Yield what an item of a list, or a row of a table, says of the row it begins with and is another's."""
    if not clauses.named:
        return
    first = clauses.named[0]
    if first.start > clauses.span[0] + _FIRST:
        return
    for group in groups_of([first]):
        about = subject([first], talk.records, group)
        if about is None:
            continue
        yield from _otherwise(clauses, about, environment)
        fields = {name for record, name in first.holders if record in about.records}
        for at, word in enumerate(clauses.named[1:]):
            rest = [name for record, name in word.holders if record.group == group and record not in about.records]
            # What follows the name of another row is of that row.
            if not fields.isdisjoint(rest) or (is_id(word.text) and rest and (at or is_id(first.text))):
                break
            if last_word(clauses.lowered, word.start) not in _BESIDE_NOT and _set_apart(clauses, word):
                contradiction = _described(word, about, talk)
                if contradiction is not None:
                    yield contradiction
                    if not talk.records.naming(group).isdisjoint(rest):
                        break


def _otherwise(clauses: Clauses, about: Subject, environment: Environment) -> Iterator[Contradiction]:
    """Yield the word of an item that other rows of the environment have in a field: `in carbon`, and it is titanium."""
    text = clauses.text(clauses.span)
    known = vocabulary(environment)
    for name, own in about.records[0].strings.items():
        if name not in known or is_state(name) or stands_in(own, text):
            continue
        for word in sorted(known[name] - {own}):
            if (
                word not in text
                or any(word in o.text for o in clauses.named)
                or any(r.says(word) for r in about.records)
            ):
                continue
            for start, end in places(word, text):
                found = Occurrence(word, clauses.span[0] + start, clauses.span[0] + end, ())
                if _set_apart(clauses, found):
                    yield misplaced(_mention(found, about), word, about.words, name, about.records, [])


def _set_apart(clauses: Clauses, word: Occurrence) -> bool:
    """Tell whether a word of an item says what a thing is: `a drama,`, `in titanium`, `| red |`."""
    before = clauses.lowered[clauses.span[0] : word.start]
    after = clauses.lowered[word.end : clauses.span[1]]
    if re.search(r"\bin (?:the )?$", before):
        return re.match(r"\s*(?:$|[,.;)|])", after) is not None
    return re.search(r"(?:^|[,:;|(–—-]\s*|\ban? )$", before) is not None


def _described(word: Occurrence, about: Subject, talk: Talk) -> Contradiction | None:
    """Return the finding that a word describes or names another row than the one it is said of."""
    members = talk.records.groups[about.records[0].group]
    own = {record.own for record in about.records if record.own}
    for holder, name in word.holders:
        if holder.group != about.records[0].group or holder in about.records or (holder.own and holder.own in own):
            continue
        if not all(name in record.strings for record in about.records) or (name, word.text) == _field_of(about):
            continue
        if any(other.says(word.text) for own_row in about.records for other in talk.records.related(own_row)):
            return None
        if _told_together(word.text, about.words.text, talk.records):
            return None
        others = [record for record in members if record.strings.get(name) == word.text]
        return misplaced(_mention(word, about), word.text, about.words, name, about.records, others)
    return None


def _field_of(about: Subject) -> tuple[str, str]:
    return next((name for record, name in about.words.holders if record in about.records), ""), about.words.text


def _told_together(said: str, name: str, records: Records) -> bool:
    """Tell whether the user said both in one message: what they know of their things may be newer."""
    return any(stands_in(said, text) and stands_in(name, text) for text in records.told)


def _mention(word: Occurrence, about: Subject) -> Mention:
    return Mention("identifier", word.text, word.start, word.end, f"{word.text} of {about.words.text}")


def misplaced(
    mention: Mention, said: str, words: Occurrence, name: str, own: list[Record], others: list[Record]
) -> Contradiction:
    """Return the finding that something is said of one row and belongs to others."""
    its: list[Json] = list(dict.fromkeys(record.fields[name] for record in own if name in record.fields))
    entry = _as_written(words, own)
    message = (
        f"{said!r} is said of {entry!r}, whose {name} is {' or '.join(map(str, its[:3]))} by the answer of {named(own)}"
    )
    if others:
        whose = dict.fromkeys(_called(record, by_id=is_id(words.text)) for record in others)
        message += f"; it is that of {' or '.join(map(repr, list(whose)[:2]))}"
    evidence: dict[str, Json] = {
        "entry": entry, "field": name, "its_values": its, "seen_in_message": own[-1].message,
    }  # fmt: skip
    return Contradiction(mention, message, evidence)


def _as_written(words: Occurrence, own: list[Record]) -> str:
    """Return the words for a row as its answer writes them."""
    values = [value for record in own for value in record.fields.values() if isinstance(value, str)]
    return next((value for value in values if value.lower() == words.text), words.text)


def _called(record: Record, *, by_id: bool) -> str:
    """Return what a row is called: its id where an id was said, else its first text that is none."""
    texts = [value for value in record.fields.values() if isinstance(value, str)]
    return next((value for value in texts if is_id(value.lower()) == by_id), (texts or ["another"])[0])


def unit_of(name: str, scene: Scene) -> str | None:
    """Return the unit that the name of a field says."""
    sightings = scene.seen.read_results().fields.get(name)
    return sightings[0].unit if sightings else None


def sighting(record: Record, name: str, number: float, scene: Scene) -> Sighting:
    """Return the number of a field as something seen."""
    return Sighting(abs(number), unit_of(name, scene), record.message, record.tool, name)


def time_of_day(text: str) -> int | None:
    """Return the time of day of a text, in minutes since midnight; None where it is none."""
    match = _TIMES.fullmatch(text)
    if match is None:
        return None
    hour, minute = (match["time"] or text).split(":")[:2]
    return 60 * int(hour) + int(minute)


def _value(mention: Mention) -> float:
    return mention.value if isinstance(mention.value, float) else -1.0


def last_word(text: str, end: int) -> str:
    """Return the word before a place of a text, empty at its start."""
    words = text[max(0, end - 20) : end].split()
    return words[-1] if words else ""


def singular(word: str) -> str:
    """Return a word without the letter of its plural."""
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
