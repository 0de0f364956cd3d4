"""Where a date or a time of day comes from: named in a text, counted from the clock or from another known one."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter

from gem_sim.verifier.sources.dates import (
    NAMES,
    Hour,
    Moment,
    Named,
    Reading,
    Span,
    clock_moment,
    edge_near,
    month_of,
    read_times,
    shifted,
    written,
)
from gem_sim.verifier.sources.seen import Group, Seen

_DAY = 24 * 60
# Until then, six in the morning, it is the night after the day before.
_NIGHT = 6 * 60
_DIGIT = re.compile(r"\d")
# A string of a result of more letters is a document: its dates are not known one by one.
_DOCUMENT = 2000
# A string of a result of more letters is hardly ever met again.
_SHORT = 160
# The longest month of a year is of so many signs: 2026-08.
_LONGEST_MONTH = 7
# Each anchor is tried with each length of time, so the latest few must do.
_MOST = 30
_MONTH_OF = attrgetter("month")
# What was told is read first; results, of which there may be many, only for what does not follow from that.
_LEVELS: tuple[tuple[Group, ...], ...] = (("said", "confirmed"), ("prompt",), ("returned",))


class Times:
    """The dates, times and lengths of time seen so far, read from the texts when first asked for, each text once."""

    def __init__(self, seen: Seen, clock: str | None) -> None:
        self._seen = seen
        self._used: dict[Group, int] = {"prompt": 0, "said": 0, "confirmed": 0, "returned": 0}
        self.now = None if clock is None else clock_moment(clock)
        self._named: list[Named] = []
        # With None where some name has no month.
        self._months: set[int | None] = set()
        self._spans: list[Span] = []
        self._terms: list[Span] = []
        self._hours: list[Hour] = []
        self._lengths: dict[int, None] = {}
        self._units: set[str] = set()
        self._every: set[str] = set()
        self._beside = False

    def _update(self, groups: Iterable[Group]) -> None:
        for group in groups:
            if group == "returned":
                self._read_results()
                continue
            texts, used = self._seen.texts[group], self._used[group]
            if used == len(texts):
                continue
            self._used[group] = len(texts)
            for text in texts[used:]:
                if group == "prompt":
                    reading = _read_told(text)
                    self._terms += reading.spans
                else:
                    reading = read_times(text)
                    self._units |= reading.units
                    self._every |= reading.every
                    self._beside = self._beside or reading.beside
                    self._spans += reading.spans
                self._keep(reading)

    def _read_results(self) -> None:
        for texts in self._seen.texts_by_result(self._used["returned"]):
            last: int | None = None
            for text in filter(_DIGIT.search, texts):
                if len(text) <= _DOCUMENT:
                    reading = _read_returned(text) if len(text) <= _SHORT else read_times(text)
                    last = self._measure(reading.hours, last) if reading.hours else last
                    self._terms += reading.spans
                    self._keep(reading)
        self._used["returned"] = len(self._seen.results)

    def _keep(self, reading: Reading) -> None:
        if reading.named:
            self._named += reading.named
            self._months.update(map(_MONTH_OF, reading.named))
        self._hours += reading.hours

    def _measure(self, hours: Iterable[Hour], last: int | None) -> int | None:
        """Note how long it is from one time in a result to the next: how long an entry of a calendar is.

        `last` is the time that came before in that result; returns the last one now.
        """
        for hour in hours:
            if last is not None and 0 < hour.start - last <= 12 * 60:
                self._lengths[hour.start - last] = None
            last = hour.start
        return last

    def derivation(self, moment: Moment) -> str | None:
        """Return how a moment follows from what was seen; None if its day or its time of day does not."""
        for groups in _LEVELS:
            self._update(groups)
            parts = []
            if moment.day is not None:
                parts.append(self._day(moment.day) or self._past_midnight(moment))
            if moment.minute is not None:
                parts.append(self._minute(moment.minute))
            if None not in parts:
                return "; ".join(part for part in parts if part)
        return None

    def named(self, text: str) -> str | None:
        """Return how a weekday, a month or a month of a year follows from the clock or a day named; else None."""
        if not speaks_of_time(text):
            return None
        name, wanted = text.strip().casefold(), month_of(text)
        self._update(("said", "confirmed", "prompt", "returned"))
        if wanted is not None:
            return next((repr(named.words) for named in self._named if (named.year, named.month) == wanted), None)
        for day, words in reversed(self._anchors()):
            if name in (calendar.month_name[day.month].casefold(), calendar.day_name[day.weekday()].casefold()):
                return f"{day} ({words})"
        return None

    def part(self, name: str, value: float) -> str | None:
        """Return the date whose year, month or day an argument called so takes; None for other arguments."""
        kind = next((kind for kind in ("year", "month", "day") if name.casefold().endswith(kind)), None)
        if kind is None:
            return None
        self._update(("said", "confirmed", "prompt", "returned"))
        now = self.now.day if self.now is not None else None
        for day, words in [*self._anchors(), *([(now, "the clock")] if now is not None else [])]:
            if getattr(day, kind) == value:
                return f"the {kind} of {day} ({words})"
        return next((repr(named.words) for named in self._named if getattr(named, kind) == value), None)

    def unexplained(self, moment: Moment) -> str:
        """Return which part of a moment does not follow: day or time."""
        return "time" if moment.day is None or self._day(moment.day) else "day"

    def nearest(self, moment: Moment) -> list[str]:
        """Return up to three days or times of day that were named, the closest first."""
        if moment.day is not None and self.unexplained(moment) == "day":
            day = moment.day
            return [f"{known} ({words})" for known, words in sorted(self._anchors(), key=lambda a: abs(a[0] - day))[:3]]
        minute = moment.minute or 0
        hours = sorted(self._hours, key=lambda hour: abs(hour.start - minute))
        return list(dict.fromkeys(f"{written(hour.start)} ({hour.words})" for hour in hours))[:3]

    def _day(self, day: date) -> str | None:
        return self._naming(day) or self._spanned(day) or self._by_calendar(day)

    def _is_named(self, named: Named, day: date, now: date | None) -> bool:
        """Tell whether a name, which fits a day or counts from the clock's, means that day."""
        if named.offset is not None:
            return now is not None and day == now + timedelta(days=named.offset)
        near = [now] if now is not None else [anchor for anchor, _ in self._anchors()]
        distance = min((abs((day - other).days) for other in near if other is not None), default=0)
        if named.month is not None and named.day is not None:
            # `The 23rd of June`, after another day of that year.
            again = any(other.year == day.year for other in self._named)
            return named.year is not None or now is None or distance <= 400 or again
        if named.month is not None:
            last = (day + timedelta(days=1)).month != day.month
            return (day.day == 1 or last) and (named.year is not None or now is None or distance <= 400)
        if named.weekday is not None:
            return distance <= (13 if named.far else 7)
        return distance <= (400 if day.month in self._months else 62) and (now is not None or day.month in self._months)

    def _anchors(self) -> list[tuple[date, str]]:
        """Return the days that are known for sure, the latest named first."""
        now = self.now.day if self.now is not None else None
        found: dict[date, str] = {}
        for named in reversed(self._named):
            for day in _resolved(named, now):
                found.setdefault(day, named.words)
            if len(found) >= _MOST:
                break
        if now is not None:
            found.setdefault(now, "the clock")
        return list(found.items())

    def _spanned(self, day: date) -> str | None:
        """Return how a day is a length of time from another: as said from any day named, as ruled from the clock's."""
        for span in self._spans[-_MOST:]:
            for start in _starts(day, span):
                words = self._naming(start, whole_months=False)
                if words is not None:
                    return f"{span.words!r} from {words}"
        now = self.now.day if self.now is not None else None
        ruled = (term for term in self._terms[-_MOST:] if now is not None and _ends(now, term) == day)
        return next((f"{term.words!r} from the day of the clock, {now}" for term in ruled), None)

    def _naming(self, day: date, *, whole_months: bool = True) -> str | None:
        """Return the words that name a day by themselves, None where none do; a month names its first and last."""
        now = self.now.day if self.now is not None else None
        if day == now:
            return f"the day of the clock, {day}"
        for named in self._named:
            # Most name another day of the month, which is told at once.
            if named.offset is None and (named.day not in (None, day.day) or not named.fits(day)):
                continue
            if named.month is not None and named.day is None and not whole_months:
                continue
            if self._is_named(named, day, now):
                counted = f", counted from {now}" if named.offset is not None or named.weekday is not None else ""
                return f"{named.words!r}{counted}"
        return None

    def _by_calendar(self, day: date) -> str | None:
        now = self.now.day if self.now is not None else None
        edge = None if now is None else edge_near(day, self._units, now)
        if edge is not None:
            return edge
        for anchor, words in self._anchors() if self._every or self._beside else ():
            apart = (day - anchor).days
            if self._every and self._repeats(anchor, day):
                return f"repeated from {words!r}"
            if self._beside and abs(apart) == 1:
                return f"the day {'after' if apart > 0 else 'before'} {words!r}"
        return None

    def _repeats(self, anchor: date, day: date) -> bool:
        apart = (day - anchor).days
        if not 0 < apart <= 370:
            return False
        weekly, monthly = apart % 7 == 0 and "week" in self._every, day.day == anchor.day and "month" in self._every
        return weekly or monthly or "day" in self._every

    def _past_midnight(self, moment: Moment) -> str | None:
        """Return how a moment is some hours before or after a known one of the day beside, or in the night after."""
        if moment.day is None or moment.minute is None:
            return None
        if moment.minute <= _NIGHT and any(_covers(hour, moment.minute) for hour in self._hours):
            evening = self._naming(moment.day - timedelta(days=1), whole_months=False)
            if evening is not None:
                return f"the night after {evening}"
        for anchor, words in self._anchors() if self._spans else ():
            apart = (moment.day - anchor).days
            if abs(apart) == 1 and self._minute(moment.minute) is not None:
                for span in self._spans[-_MOST:]:
                    start = moment.minute + apart * _DAY - (1 if apart > 0 else -1) * span.minutes
                    if 0 < span.minutes < _DAY and 0 <= start < _DAY and self._is_known(start):
                        return f"{span.words!r} from {written(start)} on {words!r}"
        return None

    def _minute(self, minute: int) -> str | None:
        if minute in (0, _DAY - 1):
            return "an edge of the day"
        if self.now is not None and minute == self.now.minute:
            return f"the time of the clock, {written(minute)}"
        for hour in self._hours:
            if _covers(hour, minute):
                return repr(hour.words)
        for span in self._spans[-_MOST:]:
            for start in (minute - span.minutes, minute + span.minutes):
                if 0 < span.minutes < _DAY and self._is_known(start % _DAY):
                    return f"{span.words!r} from {written(start)}"
        for length in sorted(self._lengths):
            for start in (minute - length, minute + length):
                if 0 <= start < _DAY and self._is_known(start):
                    return f"{length} minutes from {written(start)}, as long as what a result shows"
        return None

    def _is_known(self, minute: int) -> bool:
        if self.now is not None and minute == self.now.minute:
            return True
        return any(hour.end - hour.start <= 120 and _covers(hour, minute) for hour in self._hours)


def speaks_of_time(text: str) -> bool:
    """Tell whether a text is the name of a weekday or a month, or a month of a year, and nothing else."""
    name = text.strip().casefold()
    return name in NAMES or (len(name) <= _LONGEST_MONTH and month_of(text) is not None)


@lru_cache(maxsize=1024)
def _read_told(text: str) -> Reading:
    """Return what a prompt says of time; the same prompt opens many conversations."""
    return read_times(text)


@lru_cache(maxsize=8192)
def _read_returned(text: str) -> Reading:
    """Return what a short string of a result says of time; the same rows come up in many conversations."""
    return read_times(text)


def _starts(day: date, span: Span) -> list[date]:
    """Return the days from which a span leads to a day, forwards or backwards.

    Six days from the 2nd end on the 7th if the 2nd counts, on the 8th if it does not.
    """
    if span.months:
        return [shifted(day, -span.months), shifted(day, span.months)]
    days = span.minutes // _DAY
    lengths = [length for length in (days, days - 1) if days and length]
    return [day - timedelta(days=sign * length) for length in lengths for sign in (1, -1)]


def _ends(day: date, span: Span) -> date | None:
    """Return the day to which a span leads from a day, None for one of hours."""
    if span.months:
        return shifted(day, span.months)
    return day + timedelta(days=span.minutes // _DAY) if span.minutes >= _DAY else None


def _covers(hour: Hour, minute: int) -> bool:
    if hour.start <= minute <= hour.end:
        return True
    return hour.either_half and (hour.start <= minute - 720 <= hour.end or hour.start <= minute + 720 <= hour.end)


def _resolved(named: Named, now: date | None) -> Iterator[date]:
    """Yield the days that a name may mean: itself, or those nearest to the clock's day."""
    if named.offset is not None:
        if now is not None:
            yield now + timedelta(days=named.offset)
        return
    if named.month is not None and named.day is not None:
        years = [named.year] if named.year is not None else [] if now is None else [now.year, now.year + 1]
        for year in years:
            try:
                yield date(year, named.month, named.day)
            except ValueError:
                continue
    elif named.weekday is not None and now is not None:
        ahead = (named.weekday - now.weekday()) % 7
        yield now + timedelta(days=ahead)
        yield now + timedelta(days=ahead - 7)
    elif named.day is not None and named.month is None and now is not None:
        for months in (0, 1):
            day = shifted(now.replace(day=1), months)
            try:
                yield day.replace(day=named.day)
            except ValueError:
                continue
