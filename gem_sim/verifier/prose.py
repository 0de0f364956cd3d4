"""Reading prose: its sentences, and the figures, dates, times, ids and addresses in them as comparable values.

Everything is found by patterns, none of it by guessing: what no pattern knows is no mention, and no claim.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from gem_sim.verifier.letters import folded, plain_letters
from gem_sim.verifier.units import CURRENCIES, UNITS

Kind = Literal["number", "word", "ordinal", "amount", "percent", "date", "time", "weekday", "identifier", "contact"]

MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SMALL: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS: Final[dict[str, int]] = (
    {word: value for value, word in enumerate(_SMALL)}
    | {word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)}
    | {f"{ten}-{one}": 10 * tens + n for tens, ten in enumerate(_TENS, 2) for n, one in enumerate(_SMALL[1:10], 1)}
    | {"dozen": 12, "hundred": 100, "thousand": 1000}
)


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first; a letter that begins none of them ends the search."""
    rests: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        rests.setdefault(word[0], []).append(re.escape(word[1:]))
    grouped = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in rests.items())
    return f"(?=[{re.escape(''.join(rests))}])(?:{'|'.join(grouped)})"


# `0,50` is a decimal comma, `1,250` a thousand and more; two figures behind a comma are never thousands. Nothing that
# may follow a number follows a part of it, so no part is tried.
_NUMBER = r"(?>(?<!\d,)\d+,\d\d(?![\d,])|(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
# The first look ahead decides nothing: it rules out most places at once.
_MONTH = (
    r"(?=[jfmasond])(?:"
    + "|".join(f"{month[:3]}(?:{month[3:]})?" if len(month) > 3 else month for month in MONTHS)
    + r")\.?"
)
# `40 in the stalls` is no length.
_INCH = r"in(?!\s(?!(?:wide|tall|high|long|deep|thick|across|by|x|and|or)\b)[a-z])"
_UNIT = rf"(?:{any_of(unit for unit in UNITS if unit != 'in')}|{_INCH})(?![\w°])"
_WORDS = any_of(NUMBER_WORDS)
_AM = r"(?:\s?(?:[ap]m\b|[ap]\.m\b\.?))"

# The order decides: what stands higher takes the text first. Looks ahead in front of others only rule out early what
# they cannot begin; a possessive `++`, `?+` or `{}+` stands where to give back what was taken would never help.
_MENTION = re.compile(
    rf"""
    (?P<contact>[\w.+-]{{1,64}}+@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,8}}|https?://[^\s<>"')\]]+
        |(?=[+(\d])(?:\+\d{{1,3}}[ .-]?|)(?:\(\d{{3}}\)[ ]?|\b\d{{3}}[-.])\d{{3}}[-.]\d{{4}}\b)
    |(?=[\djfmasond])(?:
    (?P<iso>\b\d{{4}}-\d\d-\d\d)(?:[T ](?P<isotime>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z\b|[+-]\d\d:?\d\d)?)?(?![\w-])
    |(?P<fraction>(?=\d/)(?<![\w/.])(?:1/[2348]|2/3|3/[48]|5/8|7/8)(?![\w/])(?!\s?(?:and|to|-|–)\s?\d+/))
    |(?P<days>(?=\d{{1,2}}+[snrt]?[tdh]?\s?[-–taou])\b
        (?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s?(?:[-–]|to|and|or|until)\s?(?:the\s|[mtwfs][a-z]+day,?\s)?(?P<day2>\d{{1,2}})
        (?:st|nd|rd|th)?\s(?:of\s)?(?P<month1>{_MONTH})\b(?:,?\s(?P<year1>\d{{4}})\b)?
        |\b(?P<month2>{_MONTH})\s(?P<day3>\d{{1,2}})(?:st|nd|rd|th)?\s?(?:[-–]|to|until)\s?(?:the\s)?(?P<day4>\d{{1,2}})
        (?:st|nd|rd|th)?\b(?![:%]|\s?(?:[ap]m\b|{_UNIT}))(?:,?\s(?P<year2>\d{{4}})\b)?)
    |(?P<date>\b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b(?!:)(?:,?\s\d{{4}}\b)?
        |(?=\d{{1,2}}+[snrt]?[tdh]?\s[jfmasond])\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}\b(?:,?\s\d{{4}}\b)?
        |(?=\d{{1,2}}+/)(?<![\w/.])(?!24/7)\d{{1,2}}/\d{{1,2}}(?:/(?:\d{{4}}|\d\d))?(?![\w/]))
    |(?P<time>(?=\d{{1,2}}+[:\sap])(?:
        (?<![\w:.])(?<!\D-)\d{{1,2}}:\d\d(?::\d\d)?(?!\w|:\d){_AM}?|(?<![\w:.])\d{{1,2}}:\d\d[ap]m\b
        |(?<![\w:.])\d{{1,2}}{_AM})|\bnoon\b|\bmidnight\b))
    |(?=[\d$€£¥UCA])(?:
    (?P<ordinal>\b\d++(?:st|nd|rd|th)\b)
    |(?<![\w.])(?:
    (?P<range>(?=[$€£¥]?[\d.,]++[ ]?+[-–ta])(?:(?=\d)|(?P<cur0>[$€£¥]))(?P<low>{_NUMBER})
        [ ]?(?:[-–]|to[ ]|and[ ](?(cur0)(?=[$€£¥])|(?=[$€£¥\d])))[ ]?(?P<cur1>[$€£¥])?
        (?P<high>{_NUMBER})(?:\s?(?P<percent1>%)|[\s-]?(?P<unit1>{_UNIT})|(?![\w-]|[.,:/]\d)))
    |(?P<size>(?=[\d.,]++[ ]?+[a-z°/×*])(?=[\d.,]++[ ]?+(?:[a-z°/]{{1,12}}[ ]?|)(?:[x×*]|by\b))
        (?P<first>{_NUMBER})[ ]?(?P<unit2>{_UNIT})?[ ]?(?:[x×*]|by\b)[ ]?(?P<second>{_NUMBER})
        (?:[\s-]?(?P<unit3>{_UNIT})|(?!\w)))
    |(?P<figure>(?:(?=\d)|(?P<currency>[$€£¥]|(?:US|C|A)\$)\s?)(?P<number>{_NUMBER})(?!\d|[:.,/]\d)
        (?:(?=[\s\w%°×-])(?:
            \s?(?P<percent>%)|[\s-]?(?P<unit>{_UNIT})|(?P<times>[x×](?!\w))|(?P<big>\s?(?:k|million|billion)\b))
        |(?=[-–]?[A-Za-z]?[a-z]*\b)(?![A-Za-z_]|-\w*\d)))))
    |(?P<identifier>\#\w[\w-]*|(?<![\w$€£#.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z_])\w+(?:[-_]\w+)*
        |\b\d+(?:-\d+)+\b)
    |(?P<weekday>\b(?=[mtwfs])(?:{"|".join(WEEKDAYS)})s?\b)
    |(?P<word>\b(?P<words>{_WORDS}(?:[\s-](?:(?:(?<=hundred\s)|(?<=thousand\s))and\s)?{_WORDS}){{0,9}})\b(?:[\s-](?P<unit4>{_UNIT}))?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
WORD: Final = re.compile(r"[^\W\d_]+")
_ENGLISH = re.compile(r"[a-z]+")
_THREE_LETTERS = re.compile(r"[a-z]{3}")
_DIGITS = re.compile(r"\d+")
_HALF_OF_DAY = re.compile(r"[ap](?=\.?m)")
# Byte by byte the small letter of a letter, a blank for all else.
_LETTERS: Final = bytes(ord(chr(code).lower()) if chr(code).isalpha() else 32 for code in range(128)) + bytes(128)
_DECIMAL_COMMA = re.compile(r"\d+,\d\d")
# Code and thoughts between tags are no claims; emphasis and headings are only marked.
_ASIDE = re.compile(r"```.*?(?:```|\Z)|<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_MARKUP = re.compile(r"\*\*|`+|^[ \t]*#+[ \t]+", re.MULTILINE)
# A pattern whose branches all begin with one sign is searched for fast.
_AFTER_STOP = r"[.!?]*+[\"'”’)]*+\s++"
_SENTENCE_END = re.compile(rf"\n\n*+|\.{_AFTER_STOP}|!{_AFTER_STOP}|\?{_AFTER_STOP}")
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|st|no|vs|e\.g|i\.e|approx)\.\s+$", re.IGNORECASE)
_ENDS_OF_ABBREVIATIONS = frozenset(("mr", "rs", "ms", "dr", "st", "no", "vs", ".g", ".e", "ox"))
# One of these is a word of a text of ASCII in which an abbreviation stands.
_ABBREVIATED = frozenset(("mr", "mrs", "ms", "dr", "st", "no", "vs", "g", "e", "approx"))
_ITEM = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]+", re.MULTILINE)
_ITEM_STARTS = frozenset("-*• \t0123456789")
# Where a mention can begin; trying the whole pattern at every character is slow.
_NUMERIC = re.compile(r"[\d@]\S*|://\S*")
_BEGINS = re.compile(r"[\w#$€£¥]")
# The same without addresses of pages; plain signs are searched for faster than what `\d` names.
_NUMERIC_BEYOND = re.compile(r"[\d@]\S*")
_NUMERIC_IN_ASCII = re.compile(r"[0-9@]\S*")
# Words at which a mention can begin.
_BEGINNING = frozenset((*NUMBER_WORDS, *WEEKDAYS, *(f"{day}s" for day in WEEKDAYS), "noon", "midnight")) - {"one"}
# Longer runs of characters are encoded data; within them every place would have to be tried.
_LONGEST = 200
# Texts of which is kept what they mention.
SHORT: Final = 160
# How far behind its first run of characters a mention may end: `September 15th, 2026`.
_FAR = 48
_BLANKS = ("", " ", "\n")
# `CHF 12.50`
_CODE = re.compile(rf"\b(?:{'|'.join(CURRENCIES)})[ \u00a0]?$", re.IGNORECASE)
_OPENING = "\"'“‘([{<|~="
# What a number with one of these units is; any other is a plain number.
_KINDS_OF: Final[dict[str | None, Kind]] = {"money": "amount", "cent": "amount", "percent": "percent"}
_MONTH_STARTS = {month[:3]: number for number, month in enumerate(MONTHS, start=1)}
# The same written large or small.
_MONTH_SPELLINGS = frozenset("".join(way) for of in _MONTH_STARTS for way in product(*zip(of, of.upper(), strict=True)))
_PROPOSAL = re.compile(
    r"\bhow about\b|\bwhat about\b|\bwould you (?:like|prefer)\b(?! me\b)|\bdo you (?:want|prefer|need)\b(?! me\b)"
    r"|\bfor (?:example|instance)\b|\be\.g\.|\bsuch as\b|\bcould you\b|\bcan you\b"
    r"|\bplease (?:provide|give|tell|enter)\b",
    re.IGNORECASE,
)
# One of these stands in whatever `_PROPOSAL` matches.
_PROPOSING = (
    *("how about", "what about", "would you", "do you", "could you", "can you", "please "),
    *("for example", "for instance", "such as", "e.g."),
)


class Mention(NamedTuple):
    """Something in a text that can be compared with something else.

    `value` is a float for numbers, minutes since midnight for a *time*, (year or 0, month, day) for a *date*, the
    weekday's number (Monday 0), else the text in lower case. `unit` is the unit's one name, None without one.
    `places` is how many decimals a number was written with. `exact` is False for a time whose half of the day is not
    said and a date whose order of month and day is not.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: float | tuple[int, int, int] | str
    unit: str | None = None
    places: int = 0
    exact: bool = True


class Sentence(NamedTuple):
    """A sentence or an item of a list in a text, and the mentions in it; their offsets are the text's."""

    text: str
    start: int
    mentions: tuple[Mention, ...]

    @property
    def proposes(self) -> bool:
        """Whether it asks for something or gives an example instead of stating."""
        return _proposes(self.text)


@lru_cache(maxsize=64)
def _proposes(text: str) -> bool:
    lowered = text.lower()
    hinted = not text.isascii() or any(map(lowered.__contains__, _PROPOSING))
    return hinted and _PROPOSAL.search(text) is not None


_START, _KIND = attrgetter("start"), attrgetter("kind")


class Prose:
    """A text without markup, as it is and `lowered`, what it mentions, and how many items its lists have.

    `words` are those of the text in lower case, `kinds` those of what it mentions: what a check looks for and is not
    among them needs no search of its own.
    """

    def __init__(self, text: str, words: frozenset[str], mentions: tuple[Mention, ...], items: int) -> None:
        self.text = text
        self.mentions = mentions
        self.items = items
        self.lowered = text.lower()
        self.words = words
        self.kinds = frozenset(map(_KIND, mentions))
        self._sentences: tuple[Sentence, ...] | None = None

    def may_have(self, pieces: Iterable[str]) -> bool:
        """Tell, quickly, whether a pattern that needs one of these pieces can match, written large or small.

        Beyond ASCII a pattern takes letters for the same that `lower` does not make the same.
        """
        return not self.text.isascii() or any(map(self.lowered.__contains__, pieces))

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the text in order, list markers taken off."""
        if self._sentences is None:
            self._sentences = tuple(self._split())
        return self._sentences

    def _split(self) -> list[Sentence]:
        found, whole, mentions, items = [], self.text, self.mentions, self.items
        shortened = not whole.isascii() or not _ABBREVIATED.isdisjoint(self.words)
        start = place = 0  # `place` is how many mentions start before a sentence.
        for stop, end in (*[match.span() for match in _SENTENCE_END.finditer(whole)], (0, len(whole))):
            inside = shortened and end != len(whole) and folded(whole[stop - 2 : stop]) in _ENDS_OF_ABBREVIATIONS
            if inside and _ABBREVIATION.search(whole, max(start, end - 12), end):
                continue
            listed = (items or not start) and (whole[start : start + 1] in _ITEM_STARTS or not whole.isascii())
            if listed and (marker := _ITEM.match(whole, start, end)):
                start = marker.end()
                place = bisect_left(mentions, start, key=_START)
            following = bisect_left(mentions, end, place, key=_START) if mentions else 0
            if text := whole[start:end].rstrip():
                found.append(Sentence(text, start, mentions[place:following]))
            start, place = end, following
        return found

    def sentence_at(self, start: int) -> Sentence:
        """Return the sentence that a place of the text belongs to."""
        sentences = self.sentences
        return sentences[max(bisect_right(sentences, start, key=_START) - 1, 0)]

    def around(self, mention: Mention, most: int) -> tuple[Mention, ...]:
        """Return up to `most` mentions on either side of one, and itself."""
        place = bisect_left(self.mentions, mention.start, key=_START)
        return self.mentions[max(0, place - most) : place + most]


def find_words(text: str) -> frozenset[str]:
    """Return the words of a text in lower case."""
    if text.isascii():
        return frozenset(text.encode().translate(_LETTERS).decode().split())
    return frozenset(WORD.findall(text.lower()))


# What a user says is read for figures, for times and for words, one after the other; the rows of an environment come up
# again in one conversation after the other.
_words_of_long = lru_cache(maxsize=1024)(find_words)
_words_of_short = lru_cache(maxsize=8192)(find_words)


def words_in(text: str) -> frozenset[str]:
    """Return the words of a text in lower case, as `find_words` does, and keep them."""
    return (_words_of_short if len(text) <= SHORT else _words_of_long)(text)


def english_words(text: str) -> frozenset[str]:
    """Return the runs of English letters in a text, in lower case."""
    return words_in(text) if text.isascii() else frozenset(_ENGLISH.findall(text.casefold()))


@lru_cache(maxsize=1024)
def read(text: str) -> Prose:
    """Return what a text mentions; the markers of list items are no mentions."""
    plain = _ASIDE.sub("", text) if "```" in text or "<think" in text else text
    plain = _MARKUP.sub("", plain) if "*" in plain or "`" in plain or "#" in plain else plain
    markers = [match.end() for match in _ITEM.finditer(plain)] if "\n" in plain else []
    words = words_in(plain)
    return Prose(plain, words, _mentions(plain, words, markers), len(markers))


def mentions(text: str) -> tuple[Mention, ...]:
    """Return what a short text mentions, in order; the two ends of a range and the sides of a size one by one."""
    return _mentions_of_short(text) if len(text) <= SHORT else _mentions(text, words_in(text), ())


# The rows of an environment come up again in one conversation after the other.
@lru_cache(maxsize=8192)
def _mentions_of_short(text: str) -> tuple[Mention, ...]:
    return _mentions(text, words_in(text), ())


def _mentions(text: str, words: frozenset[str], markers: Sequence[int]) -> tuple[Mention, ...]:
    """Read a text of these words; `markers` are the places behind the markers of list items, in order."""
    text, found = plain_letters(text), list[Mention]()
    end = 0
    for first, stop in _candidates(text, words):
        start = first
        if first < end:
            # What follows `14 May, ` is read from there on; the full stop behind a number begins nothing.
            if end >= stop or _BEGINS.search(text, end, stop) is None:
                continue
            start = end
        if markers and bisect_right(markers, start) < bisect_right(markers, stop + 1):
            continue
        match = _MENTION.match(text, start) or _MENTION.search(text, start + 1, stop + _FAR)
        while match is not None and match.start() < stop:
            found += _read(match)
            end = match.end()
            if end >= stop or _NUMERIC.search(text, end, stop) is None:
                break
            match = _MENTION.search(text, end, stop + _FAR)
    return tuple(found)


def _candidates(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Return the spans of a text of these words in which a mention may begin, in order."""
    numeric = _NUMERIC if "://" in text else _NUMERIC_IN_ASCII if text.isascii() else _NUMERIC_BEYOND
    spans = []
    for match in numeric.finditer(text):
        start, end = match.span()
        if end - start > _LONGEST:
            continue
        if text[start - 1 : start] not in _BLANKS:
            start = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start)) + 1
            while text[start] in _OPENING and not text[start + 1 : start + 4].isdigit():
                start += 1
        before = text.rfind(" ", 0, start - 1) + 1 if start > 1 else 0
        # A month's name stands before its day.
        spans.append((before if text[before : before + 3] in _MONTH_SPELLINGS else start, end))
    if _BEGINNING.isdisjoint(words):
        return spans
    lowered = text.lower()
    for word in _BEGINNING & words:
        start = lowered.find(word)
        while start >= 0:
            spans.append((start, start + len(word)))
            start = lowered.find(word, start + 1)
    return sorted(spans)


def _read(match: re.Match[str]) -> list[Mention]:
    # The last group closed is the alternative itself, but for a date with a time.
    which = match.lastgroup
    if which == "figure":
        return [_figure(match)]
    text = match.group()
    start, end = match.span()
    if which in ("identifier", "contact"):
        return [Mention("contact" if which == "contact" else "identifier", text, start, end, text.lower().rstrip(".,"))]
    if which == "range":
        unit = _unit(match, "unit1", match["cur0"] or match["cur1"], match["percent1"])
        # `CHF 188 and 50 pounds` are two amounts.
        low = "money" if _follows_code(match.string, start) else unit
        return [_side(match, "low", low), _side(match, "high", unit or low)]
    if which == "size":
        unit = _unit(match, "unit3") or _unit(match, "unit2")
        return [_side(match, "first", unit), _side(match, "second", unit)]
    if which == "date":
        return [_date(match["date"], start, end)]
    if which == "time":
        minutes, exact = time_of(text)
        return [Mention("time", text, start, end, float(minutes), exact=exact)]
    if which == "word":
        return [Mention("word", text, start, end, float(_spelt_out(match["words"])), _unit(match, "unit4"))]
    if which == "ordinal":
        return [Mention("ordinal", text, start, end, float(text[:-2]))]
    if which == "weekday":
        return [Mention("weekday", text, start, end, float(WEEKDAYS.index(text.lower().removesuffix("s"))))]
    if which == "days":
        return _days(match)
    return _fraction(match) if which == "fraction" else _iso(match)


def _spelt_out(words: str) -> int:
    """Return the number of some number words: `one hundred and eight` → 108."""
    total = part = 0
    for word in _ENGLISH.findall(words.lower()):
        number = NUMBER_WORDS.get(word, 0)
        if word in ("hundred", "dozen"):
            part = max(part, 1) * number
        elif word == "thousand":
            total, part = total + max(part, 1) * 1000, 0
        else:
            part += number
    return total + part


def _iso(match: re.Match[str]) -> list[Mention]:
    year, month, day = map(int, match["iso"].split("-"))
    found = [Mention("date", match["iso"], *match.span("iso"), (year, month, day))]
    if match["isotime"]:
        hour, minute = map(int, match["isotime"].split(":")[:2])
        found.append(Mention("time", match["isotime"], *match.span("isotime"), float(60 * hour + minute)))
    return found


def _days(match: re.Match[str]) -> list[Mention]:
    """Read `from 20 to 26 May` and `May 20-26` as two days."""
    first, last = ("day1", "day2") if match["day1"] else ("day3", "day4")
    month, year = match["month1"] or match["month2"], match["year1"] or match["year2"]
    rest = f"{month} {year}" if year else month
    return [_date(f"{match[day]} {rest}", *match.span(day)) for day in (first, last)]


def _fraction(match: re.Match[str]) -> list[Mention]:
    """Read `3/4` as a share, and as the date that it is behind *on* or *by*."""
    text, start, end = match.group(), *match.span()
    before = match.string[max(0, start - 7) : start].lower().split()
    if before and before[-1] in ("on", "by", "from", "until", "before", "after", "since", "due", "for"):
        return [_date(text, start, end)]
    above, below = map(int, text.split("/"))
    return [Mention("number", text, start, end, above / below, places=3)]


def _figure(match: re.Match[str]) -> Mention:
    digits, word, currency, percent, times, big = match.group("number", "unit", "currency", "percent", "times", "big")
    value, places = _value_of(digits)
    if big:
        value *= {"k": 1e3, "million": 1e6, "billion": 1e9}[big.strip().lower()]
    start, end = match.span()
    unit: str | None = None
    if times:
        unit = "times"
    elif currency:
        unit = "money"
    elif word:
        unit = UNITS[word.lower()]
    elif percent:
        unit = "percent"
    elif _follows_code(match.string, start):
        unit = "money"
    return Mention(_KINDS_OF.get(unit, "number"), match.group().strip(), start, end, value, unit, places)


def _follows_code(text: str, start: int) -> bool:
    """Tell whether the code of a currency stands right before a place of a text."""
    before = text[max(0, start - 5) : start].rstrip(" \u00a0\n")[-3:]
    return before.casefold() in CURRENCIES and _CODE.search(text, max(0, start - 5), start) is not None


def _side(match: re.Match[str], group: str, unit: str | None) -> Mention:
    """Return one end of a range or one side of a size."""
    digits, kind = match[group], _KINDS_OF.get(unit, "number")
    value, places = _value_of(digits)
    start, end = match.span(group)
    text = f"{digits} {unit}" if unit and kind == "number" else digits
    return Mention(kind, text, start, end, value, unit, places)


def _value_of(digits: str) -> tuple[float, int]:
    """Return the value of a number in digits and how many decimals it has."""
    if "," in digits:
        digits = digits.replace(",", ".") if _DECIMAL_COMMA.fullmatch(digits) else digits.replace(",", "")
    return float(digits), len(digits) - digits.index(".") - 1 if "." in digits else 0


def _unit(match: re.Match[str], group: str, currency: str | None = None, percent: str | None = None) -> str | None:
    if currency:
        return "money"
    if percent:
        return "percent"
    return UNITS[match[group].lower()] if match[group] else None


def _date(text: str, start: int, end: int) -> Mention:
    if "/" in text:
        first, second, *year = map(int, text.split("/"))
        month, day = (second, first) if first > 12 else (first, second)
        whole = year[0] if year else 0
        exact = not (first <= 12 and second <= 12)
        return Mention("date", text, start, end, (whole + 2000 if 0 < whole < 100 else whole, month, day), exact=exact)
    # `of` and `th` are shorter than any month's name.
    month = _MONTH_STARTS[_THREE_LETTERS.findall(text.casefold())[0]]
    numbers = list(map(int, _DIGITS.findall(text)))
    return Mention("date", text, start, end, (numbers[1] if len(numbers) > 1 else 0, month, numbers[0]))


def time_of(text: str) -> tuple[int, bool]:
    """Return minutes since midnight, and whether the half of the day is said or beyond doubt."""
    lowered = text.lower()
    if lowered in ("noon", "midnight"):
        return (720 if lowered == "noon" else 0), True
    hour, *rest = map(int, _DIGITS.findall(lowered))
    minute = rest[0] if rest else 0
    half = _HALF_OF_DAY.search(lowered)
    if half is None:
        return 60 * hour + minute, hour == 0 or hour > 12 or lowered.startswith("0")
    return 60 * (hour % 12 + (12 if half.group() == "p" else 0)) + minute, True
