"""Where a date or a time of day comes from: named in a text, counted from the clock or from another known one."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from gem_sim.verifier.sources.dates import (
    NAMES,
    Hour,
    Moment,
    Named,
    Reading,
    Span,
    clock_moment,
    is_edge,
    read_times,
    shifted,
    written,
)
from gem_sim.verifier.sources.seen import Group, Seen

_DAY = 24 * 60
# Each anchor is tried with each length of time, so the latest few must do.
_MOST = 30
# What was told is read first; results, of which there may be many, only for what does not follow from that.
_LEVELS: tuple[tuple[Group, ...], ...] = (("said", "confirmed"), ("prompt",), ("returned",))


class Times:
    """The dates, times and lengths of time seen so far, read from the texts when first asked for, each text once."""

    def __init__(self, seen: Seen, clock: str | None) -> None:
        self._seen = seen
        self._used: dict[Group, int] = {"prompt": 0, "said": 0, "confirmed": 0, "returned": 0}
        self.now = None if clock is None else clock_moment(clock)
        self._named: list[Named] = []
        self._months: set[int] = set()
        self._spans: list[Span] = []
        self._hours: list[Hour] = []
        self._lengths: dict[int, None] = {}
        self._units: set[str] = set()
        self._repeated = self._beside = False

    def _update(self, groups: Iterable[Group]) -> None:
        for group in groups:
            texts = self._seen.texts_of(group)
            last: tuple[int, int] | None = None
            for text in texts[self._used[group] :]:
                if group == "returned":
                    if not any(map(str.isdigit, text.text)):
                        continue
                    reading = read_times(text.text)
                    last = self._measure(reading, last, text.call.placed.number if text.call else 0)
                else:
                    reading = _read_told(text.text) if group == "prompt" else read_times(text.text)
                    self._units |= reading.units
                    self._repeated = self._repeated or reading.repeated
                    self._beside = self._beside or reading.beside
                self._named += reading.named
                self._spans += reading.spans
                self._hours += reading.hours
                self._months.update(named.month for named in reading.named if named.month is not None)
            self._used[group] = len(texts)

    def _measure(self, reading: Reading, last: tuple[int, int] | None, call: int) -> tuple[int, int] | None:
        """Note how long it is from one time in a result to the next: how long an entry of a calendar is."""
        for hour in reading.hours:
            if last is not None and last[0] == call and 0 < hour.start - last[1] <= 12 * 60:
                self._lengths[hour.start - last[1]] = None
            last = (call, hour.start)
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
        """Return how the name of a month or weekday follows from the clock or a day that was named; else None."""
        name = text.strip().casefold()
        if name not in NAMES:
            return None
        self._update(("said", "confirmed", "prompt", "returned"))
        for day, words in reversed(self._anchors()):
            if name in (calendar.month_name[day.month].casefold(), calendar.day_name[day.weekday()].casefold()):
                return f"{day} ({words})"
        return None

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
        return self._naming(day) or self._spanned(day) or self._by_calendar(day, self._anchors())

    def _is_named(self, named: Named, day: date, now: date | None) -> bool:
        if named.offset is not None:
            return now is not None and day == now + timedelta(days=named.offset)
        if not named.fits(day):
            return False
        near = [now] if now is not None else [anchor for anchor, _ in self._anchors()]
        distance = min((abs((day - other).days) for other in near if other is not None), default=0)
        if named.month is not None and named.day is not None:
            return named.year is not None or now is None or distance <= 400
        if named.month is not None:
            last = (day + timedelta(days=1)).month != day.month
            return (day.day == 1 or last) and (named.year is not None or now is None or distance <= 400)
        if named.weekday is not None:
            return distance <= 14
        return distance <= 62 and (now is not None or day.month in self._months)

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
        for span in self._spans[-_MOST:]:
            for sign in (1, -1):
                if span.months:
                    starts = [shifted(day, -sign * span.months)]
                else:
                    # Six days from the 2nd end on the 7th if the 2nd counts, on the 8th if it does not.
                    days = span.minutes // _DAY
                    starts = [day - timedelta(days=sign * n) for n in (days, days - 1) if days]
                for start in starts:
                    words = self._naming(start)
                    if words is not None:
                        return f"{span.words!r} from {words}"
        return None

    def _naming(self, day: date) -> str | None:
        """Return the words that name a day by themselves, None where none do."""
        now = self.now.day if self.now is not None else None
        if day == now:
            return f"the day of the clock, {day}"
        for named in self._named:
            if self._is_named(named, day, now):
                counted = f", counted from {now}" if named.offset is not None or named.weekday is not None else ""
                return f"{named.words!r}{counted}"
        return None

    def _by_calendar(self, day: date, anchors: list[tuple[date, str]]) -> str | None:
        edge = is_edge(day, self._units, [anchor for anchor, _ in anchors])
        if edge is not None:
            return edge
        for anchor, words in anchors:
            apart = (day - anchor).days
            if self._repeated and self._repeats(anchor, day):
                return f"repeated from {words!r}"
            if self._beside and abs(apart) == 1:
                return f"the day {'after' if apart > 0 else 'before'} {words!r}"
        return None

    def _repeats(self, anchor: date, day: date) -> bool:
        apart = (day - anchor).days
        if not 0 < apart <= 370:
            return False
        weekly, monthly = apart % 7 == 0, day.day == anchor.day
        return weekly if "week" in self._units else monthly if "month" in self._units else "day" in self._units

    def _past_midnight(self, moment: Moment) -> str | None:
        """Return how a moment is some hours before or after a known one of the day beside."""
        if moment.day is None or moment.minute is None:
            return None
        for anchor, words in self._anchors():
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


@lru_cache(maxsize=1024)
def _read_told(text: str) -> Reading:
    """Return what a prompt says of time; the same prompt opens many conversations."""
    return read_times(text)


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
