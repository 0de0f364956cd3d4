"""What is said of the thing just written and is not so: its date, time, number and what it is of, by the one answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.verifier.clauses import Clauses, Span, groups_of, naming
from gem_sim.verifier.contradict import Contradiction, equal
from gem_sim.verifier.lazy import Lazy
from gem_sim.verifier.prose import WORD, Mention
from gem_sim.verifier.records import (
    Occurrence,
    Record,
    Records,
    is_id,
    is_state,
    label_of,
    named,
    stands_in,
    vocabulary,
)
from gem_sim.verifier.rows import Talk, last_word, sighting, singular, time_of_day, unit_of
from gem_sim.verifier.seen import day_of

# A pattern that begins with one set of signs is searched for fast; which of them it was is asked behind it.
_CUT = re.compile(
    r"[;\s](?:(?<=;)\s|(?<!;)(?:and|but|while|whereas|though|although|so|because|which|who|where)\s"
    r"|(?<!;)(?=(?:instead of|rather than|no longer|not)\b))"
)
# Words by which a part speaks of something else as well, or of what is not done.
_ELSE = re.compile(
    r"\b(?:if|would|could|can|(?<!\d )may(?! \d)|might|should|unless|whether|either|or|not|no|never|none|without"
    r"|except|other|others|another|(?<!, )still|already|also|as well|besides|alongside|next to|near|stays?|keeps?"
    r"|remains?|unaffected"
    r"|unchanged|like|than|previous\w*|earlier|existing|remaining|more|additional|was|were|had|once|when|after|before"
    r"|between|swapped|wanted|asked|requested|instead|rather|nothing|nobody|yet|any)\b|n['’]t\b"
)
_OTHER_DAY = re.compile(
    r"\b(?:until|till|by|before|after|since|through|between|expires?|refund\w*|ready|return\w*|deadline|latest|pay\w*"
    r"|invoice\w*|arrives?|deliver\w*|opens?|closes?|doors|ship\w*|dispatch\w*|collect\w*"
    r"|pick\w*|remind\w*|trial|renew\w*|next|follow\w*|check-?out|to go|instead of|than|was|were|today)\b"
)
_EARLIER_WORDS = "old previous prev created updated original until expires expiry end last modified"
_EARLIER = frozenset(_EARLIER_WORDS.split())
_COUNTS_WORDS = "quantity qty count tickets seats copies pieces number units persons people guests"
_COUNTS = frozenset(_COUNTS_WORDS.split())
_ITEMS = frozenset(("quantity", "qty", "copies", "tickets", "seats"))
_PIECES = "roll|piece|copy|bottle|glass|cup|tin|bag|jar|can"
_PACKS = r"\b(?:pair|set|box|pack|couple|dozen|case|crate|total|number|batch|few)s?\b[^,]*$"
_IRREGULAR = {
    "lend": "lent", "sell": "sold", "send": "sent", "make": "made", "set": "set", "buy": "bought", "take": "taken",
    "give": "given", "write": "written", "pay": "paid", "hold": "held", "put": "put", "withdraw": "withdrawn",
}  # fmt: skip
_LENGTHS_WORDS = "day days night nights week weeks duration length"
_LENGTHS = frozenset(_LENGTHS_WORDS.split())
_STOP = re.compile(r"[.,;:()|\n\d]| and ")
_NOW = re.compile(r"\b(?:now|still|new total|remaining|outstanding|due|comes to)\b")
_SEE_YOU = re.compile(r"\bsee you (?:then )?(?:on|this|next)\b")
_FROM = re.compile(r"\bfrom (?:the )?(?:[a-z]+,? (?:the )?)?$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Between a number and what it counts stand at most an adjective or two.
_ADJECTIVE = r"\s(?:[a-z-]+\s){0,2}"


class Written:
    """A thing that was written since the assistant last spoke: its id, and the records that the writing answered."""

    def __init__(self, key: str, fresh: list[Record], records: Records) -> None:
        self.key = key
        self.fresh = fresh
        self._records = records

    @property
    def records(self) -> list[Record]:
        """The records with its own id, the newest last."""
        return self._records.owned(self.key)

    @Lazy
    def _reached(self) -> tuple[set[str], list[Record]]:
        return self._records.reach(self.key)

    @property
    def ids(self) -> set[str]:
        """The ids that it leads to, and its own."""
        return self._reached[0]

    @Lazy
    def chain(self) -> list[Record]:
        """All that it leads to; what its newest answers have anew is no longer what the older ones say."""
        renewed = {name for record in self.fresh for name in record.fields}
        older = [record for record in self.records if record not in self.fresh]
        return [record.without(renewed) if record in older else record for record in self._reached[1]]

    def says(self, text: str) -> bool:
        """Tell whether any answer about it has some words."""
        return any(record.says(text) for record in self.chain)


def unlike_written(talk: Talk, environment: Environment) -> Iterator[Contradiction]:
    """Yield what a message says of the things just written that their answers do not have."""
    scene, records = talk.scene, talk.records
    yield from _farewell(talk)
    fresh: dict[str, list[Record]] = {}
    for record in reversed(records.all):
        if record.message <= scene.spoken:
            break
        if record.writes and record.own is not None:
            fresh.setdefault(record.own, []).insert(0, record)
    if not fresh:
        return
    written = [Written(key, of, records) for key, of in fresh.items()]
    for clauses in filter(None, talk.clauses):
        for thing, part in _spoken_of(clauses, written):
            if _ELSE.search(clauses.text(part)) is None:
                yield from _names(thing, part, clauses, talk)
                yield from _moments(thing, part, clauses, talk)
                yield from _counts(thing, part, clauses)
                yield from _single(thing, part, clauses)
                yield from _properties(thing, part, clauses, environment)
        if len(written) == 1:
            yield from _stale(written[0], clauses, talk)
            yield from _other_id(written[0], clauses, talk)


def _spoken_of(clauses: Clauses, written: list[Written]) -> Iterator[tuple[Written, Span]]:
    """Yield the things written that a sentence speaks of, each with the part that does: by id, or by the deed."""
    ids = [o for o in clauses.named if is_id(o.text)]
    makes = {_make(thing.key) for thing in written}
    if not any(_make(o.text) in makes for o in ids):
        sentence = clauses.text(clauses.span)
        if len(written) > 1 or not any(_stem(record.tool) in sentence for record in written[0].fresh):
            return
    parts = list(clauses.cut(_CUT))
    # `L1 and L2 are for Monday and Tuesday`: only order tells which is which.
    if len(parts) > 1 and any(o.text == clauses.text(part).strip(" .,") for part in parts for o in ids):
        return
    for part in parts:
        said = {o.text for o in ids if part[0] <= o.start < part[1] and _make(o.text) in makes}
        if len(said) == 1:
            yield from ((thing, part) for thing in written if thing.key in said)
        elif len(written) == 1 and not any(_make(o.text) in makes for o in ids):
            text = clauses.text(part)
            yield from ((thing, part) for thing in written if any(_tells(record.tool, text) for record in thing.fresh))


def _tells(tool: str, text: str) -> bool:
    """Tell whether a text tells of a deed by a tool's verb."""
    return _stem(tool) in text and _deed(tool).search(text) is not None


@lru_cache(maxsize=512)
def _stem(tool: str) -> str:
    word = label_of(tool).split()[0]
    return _IRREGULAR.get(word) or word.removesuffix("e")


@lru_cache(maxsize=512)
def _deed(tool: str) -> re.Pattern[str]:
    """Return a pattern of a deed by a tool's verb: `cancel_job` → `is cancelled`, `I've cancelled`."""
    word, stem = label_of(tool).split()[0], re.escape(_stem(tool))
    verb = rf"{stem}\b" if word in _IRREGULAR else rf"(?:re)?{stem}\w?ed\b"
    return re.compile(
        rf"(?:^|[:,.!]\s){verb}|\b(?:is|are|been|have|has|now|i|we|['’](?:s|re|ve)) (?:\w+ly |now )?{verb}"
    )


@lru_cache(maxsize=4096)
def _make(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _names(thing: Written, part: Span, clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield the name of a row of a list of which the thing has another: `J-405 for the Kestrel`, of the Randonneur."""
    found = clauses.within(part)
    texts = {text for record in thing.chain for text in record.strings.values()}
    texts |= {text for record in thing.chain for text in record.around.texts}
    for group in groups_of(found):
        fields = talk.records.naming(group)
        members = [
            record for record in talk.records.groups[group]
            if record.own in thing.ids or any(record.strings.get(n) in texts for n in fields if n in record.strings)
        ]  # fmt: skip
        pairs = naming(found, talk.records, group)
        if not members or any(record in members for _, rows in pairs for record in rows):
            continue
        for occurrence, rows in pairs:
            if is_id(occurrence.text) and _make(occurrence.text) == _make(thing.key):
                continue
            if thing.says(occurrence.text) or last_word(clauses.lowered, occurrence.start) in ("from", "to", "and"):
                continue
            field = next(name for record, name in occurrence.holders if record in rows)
            its = members[-1].fields.get(field) or members[-1].own
            yield _unlike(thing, _mention(occurrence), field, [its])


def _moments(thing: Written, part: Span, clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield a day, or a time of a row of the list, that is not that of the thing."""
    for mention in clauses.figures:
        if not part[0] <= mention.start < part[1]:
            continue
        start, _ = clauses.lead(mention)
        if _OTHER_DAY.search(clauses.lowered, start, mention.start):
            continue
        if mention.kind == "time":
            yield from _time(thing, mention, talk)
        elif mention.kind == "date" or _is_day(mention, clauses.lowered):
            yield from _day(thing, mention, talk)


def _is_day(mention: Mention, lowered: str) -> bool:
    """Tell whether an ordinal is a day of the month: `on the 23rd`, and no more."""
    before, after = lowered[max(0, mention.start - 9) : mention.start], lowered[mention.end : mention.end + 2]
    return (
        mention.kind == "ordinal" and re.search(r"\b(?:on|for) the $", before) is not None and not after[1:].isalpha()
    )


def _day(thing: Written, mention: Mention, talk: Talk) -> Iterator[Contradiction]:
    year = talk.scene.clock.year
    known = [day for record in thing.chain for day in _days(record.fields.values())]
    now = list(_target_days(thing.fresh)) or list(_target_days(_linked(thing)))
    if not now:
        return
    numbers = [(name.split(), n) for record in thing.fresh for name, n in record.numbers.items()]
    lengths = {int(n) for words, n in numbers if n in range(1, 367) and not _LENGTHS.isdisjoint(words)}
    ends = [day + timedelta(days=length - less) for day in known for length in lengths for less in (0, 1)]
    accepted = {*known, *ends, talk.scene.clock.date()}
    if _FROM.search(talk.scene.prose.lowered, 0, mention.start):
        accepted |= {day for record in thing.records for day in _days(record.fields.values())}
        known += accepted
    if isinstance(mention.value, tuple):
        value = mention.value
        said = (
            {day_of(value, year)}
            if mention.exact
            else {day_of(value, year), day_of((value[0], value[2], value[1]), year)}
        )
        if (
            None in said
            or said & accepted
            or any(s and (s.month, s.day) == (d.month, d.day) for s in said for d in known)
        ):
            return
    elif any(day.day == mention.value for day in accepted):
        return
    yield _unlike(thing, mention, "date", [day.isoformat() for day in now])


def _linked(thing: Written) -> list[Record]:
    """Return what the newest answers lead to at once."""
    links = {link for record in thing.fresh for link in record.links}
    return [record for record in thing.chain if record.own in links]


def _target_days(records: Iterable[Record]) -> Iterator[date]:
    for record in records:
        fields = [value for name, value in record.fields.items() if _EARLIER.isdisjoint(name.split())]
        yield from _days(fields)


def _days(values: Iterable[Json]) -> Iterator[date]:
    for value in values:
        if isinstance(value, str) and (match := _DAY.match(value)):
            try:
                yield date.fromisoformat(match.group())
            except ValueError:
                continue


def _time(thing: Written, mention: Mention, talk: Talk) -> Iterator[Contradiction]:
    """Yield a time that another row of the list has in the field in which the thing, or what it is of, has its own."""
    if not isinstance(mention.value, float):
        return
    cycle = 1440 if mention.exact else 720

    def at(record: Record, name: str) -> bool:
        time = time_of_day(record.strings.get(name, ""))
        return time is not None and (time - int(mention.value)) % cycle == 0  # type: ignore[arg-type]

    if any(at(record, name) for record in thing.chain for name in record.strings):
        return
    for record in (*thing.fresh, *_linked(thing)):
        for name, text in record.strings.items():
            if time_of_day(text) is not None and any(at(other, name) for other in talk.records.groups[record.group]):
                yield _unlike(thing, mention, name, [text])
                return


def _counts(thing: Written, part: Span, clauses: Clauses) -> Iterator[Contradiction]:
    """Yield another number of what the thing has a number of: `five circle tickets`, `three proseccos`."""
    found = clauses.within(part)
    for mention in clauses.figures:
        inside = part[0] <= mention.start < part[1]
        if not inside or mention.unit is not None or mention.kind not in ("number", "word"):
            continue
        beside = _STOP.split(clauses.lowered[mention.end : part[1]])[0]
        after = [singular(word) for word in WORD.findall(beside)[:3]]
        for record in thing.records:
            for name, number in record.numbers.items():
                label = name.split()[-1]
                if _COUNTS.isdisjoint(name.split()) or ("of" in after[:1]):
                    continue
                counted = _counted(mention, found, record, clauses.lowered)
                if (counted or singular(label) in after) and number != mention.value:
                    same = [r for r in thing.records if r.numbers.get(name) == mention.value]
                    others = [m for m in clauses.figures if part[0] <= m.start < part[1]]
                    if not same and not any(number == m.value for m in others):
                        yield _unlike(thing, mention, name, [record.fields[name]])
                        return


def _single(thing: Written, part: Span, clauses: Clauses) -> Iterator[Contradiction]:
    """Yield one of a thing of which more were written: `a gel saddle`, `a roll of tape`."""
    for occurrence in clauses.within(part):
        if is_id(occurrence.text) or clauses.lowered[occurrence.end - 1] != occurrence.text[-1]:
            continue
        before = clauses.lowered[part[0] : occurrence.start]
        if re.search(rf"\ba (?:(?:{_PIECES}) of )?(?:[a-z]+ )?$", before) is None or re.search(_PACKS, before):
            continue
        of = [record for record in thing.fresh if occurrence.text in record.strings.values()]
        for record in of:
            name = next((name for name in record.numbers if name.split()[-1] in _ITEMS), None)
            if name is not None and all(other.numbers.get(name, 1) >= 2 for other in of):
                yield _unlike(thing, _mention(occurrence), name, [record.fields[name]])
                return


def _counted(mention: Mention, found: list[Occurrence], record: Record, lowered: str) -> bool:
    """Tell whether a number stands before the name of what a record has a number of."""
    names = [o for o in found if o.text in record.strings.values() and not is_id(o.text)]
    return any(
        o.start > mention.end and re.fullmatch(_ADJECTIVE, lowered[mention.end : o.start]) is not None for o in names
    )


def _properties(thing: Written, part: Span, clauses: Clauses, environment: Environment) -> Iterator[Contradiction]:
    """Yield a word that stands for another value of a field of the thing: `in the gallery`."""
    text = clauses.text(part)
    for record in thing.fresh:
        for name, own in record.strings.items():
            if is_id(own) or is_state(name) or stands_in(own, clauses.text(clauses.span)):
                continue
            for word in sorted(vocabulary(environment).get(name, frozenset()) - {own}):
                if (
                    word not in text
                    or thing.says(word)
                    or any(word in o.text and word != o.text for o in clauses.named)
                ):
                    continue
                match = re.search(
                    rf"(?:\bin (?:the )?|\b(?:a|an|one|two|three|four|five|six|\d+) ){re.escape(word)}\b", text
                )
                if match is not None:
                    start = part[0] + match.end() - len(word)
                    mention = Mention("identifier", word, start, start + len(word), f"{word} of {thing.key}")
                    yield _unlike(thing, mention, name, [record.fields[name]])


def _stale(thing: Written, clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield an amount that a field of the thing had before it was written, said to be so now."""
    amounts = [m for m in clauses.figures if m.kind == "amount" and _NOW.search(clauses.text(clauses.clause(m)))]
    if not amounts or any(is_id(o.text) and o.text not in thing.ids for o in clauses.named):
        return
    for mention in amounts:
        if any(equal(mention, sighting(r, n, v, talk.scene)) for r in thing.fresh for n, v in r.numbers.items()):
            continue
        for name, now in thing.fresh[-1].numbers.items():
            if unit_of(name, talk.scene) not in ("money", "cent"):
                continue
            last = sighting(thing.fresh[-1], name, now, talk.scene)
            before = [r for r in thing.records if r not in thing.fresh and name in r.numbers]
            was = any(equal(mention, sighting(r, name, r.numbers[name], talk.scene)) for r in before)
            if was and not any(equal(other, last) for other in talk.scene.prose.mentions):
                yield _unlike(thing, mention, name, [thing.fresh[-1].fields[name]])
                return


def _other_id(thing: Written, clauses: Clauses, talk: Talk) -> Iterator[Contradiction]:
    """Yield the id of another thing that a deed is said of, where the call was for this one."""
    named = [o for o in clauses.named if is_id(o.text) and _make(o.text) == _make(thing.key)]
    if not named or clauses.doubtful or stands_in(thing.key, clauses.text(clauses.span)):
        return
    written = {link for record in talk.records.all if record.writes for link in record.links}
    for occurrence in named:
        if occurrence.text in written:
            continue
        before = clauses.lowered[clauses.span[0] : occurrence.start]
        for record in thing.fresh:
            deed = _deed(record.tool).search(before)
            if deed is not None and re.fullmatch(r"(?: \w+){0,2} ", before[deed.end() :]):
                yield _unlike(thing, _mention(occurrence), "id", [thing.key.upper()])
                return


def _farewell(talk: Talk) -> Iterator[Contradiction]:
    """Yield the weekday from before a move: `See you on Thursday`."""
    if "see you" not in talk.scene.prose.lowered:
        return
    last = next((r for r in reversed(talk.records.all) if r.writes and list(_target_days([r]))), None)
    if last is None or last.own is None:
        return
    for sentence in talk.scene.prose.sentences:
        match = _SEE_YOU.search(talk.scene.prose.lowered, sentence.start, sentence.start + len(sentence.text))
        for mention in sentence.mentions if match is not None else ():
            now = list(_target_days([last]))
            written = [r for r in talk.records.all if r.writes and r is not last]
            others = {day.weekday() for day in _days(last.fields.values())} - {day.weekday() for day in now}
            others -= {day.weekday() for record in written for day in _target_days([record]) if record.own != last.own}
            if mention.kind == "weekday" and mention.value in others:
                thing = Written(last.own, [last], talk.records)
                yield _unlike(thing, mention, "date", [day.isoformat() for day in now])


def _mention(word: Occurrence) -> Mention:
    return Mention("identifier", word.text, word.start, word.end, f"{word.text} written")


def _unlike(thing: Written, mention: Mention, name: str, its: list[Json]) -> Contradiction:
    """Return the finding that something else is said of a thing than its answer says."""
    own = " or ".join(map(str, its))
    said = f"{mention.text!r} is said of {thing.key.upper()!r}"
    message = f"{said}, whose {name} is {own} by the answer of {named(thing.fresh)}"
    evidence: dict[str, Json] = {
        "entry": thing.key, "field": name, "its_values": its, "seen_in_message": thing.fresh[-1].message,
    }  # fmt: skip
    return Contradiction(mention, message, evidence)
