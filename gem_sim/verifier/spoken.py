"""Times and durations that prose gives in words or with a point: `half past seven`, `2.30 pm`, `an hour and a half`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gem_sim.verifier.prose import NUMBER_WORDS, Mention, any_of

_NUMBER = rf"\d{{1,2}}(?:\.\d{{1,2}})?|an?|{any_of(word for word in NUMBER_WORDS if NUMBER_WORDS[word] < 25)}"
_MINUTES = any_of(word for word in NUMBER_WORDS if word not in ("dozen", "hundred", "thousand"))
_DURATION = re.compile(
    rf"\b(?:(?P<half>half an hour)|(?P<quarters>(?:three )?quarters? of an hour)"
    rf"|(?P<number>{_NUMBER})(?: (?:and )?(?P<before>(?:a )?half|(?:a|one) quarter|three[ -]quarters?))?"
    rf"[ -](?:hours?|hrs?|h)\b"
    rf"(?:,? (?:and )?(?:(?P<after>a half|half|a quarter|three quarters)"
    rf"|(?P<minutes>\d{{1,2}}|{_MINUTES})[ -]?min(?:ute)?s?\b|(?P<bare>[0-5]\d)(?=\s*(?:$|[|.,;!?)\n])))(?! an? ))?)"
)
_HOURS = any_of(word for word in NUMBER_WORDS if 0 < NUMBER_WORDS[word] < 13)
_TIME = re.compile(
    rf"\b(?:(?P<hour>\d{{1,2}})\.(?P<minute>[0-5]\d)(?: ?(?P<noon>[ap])\.?m\b)"
    rf"|(?P<past>half past|quarter past|quarter to) (?P<at>\d{{1,2}}|{_HOURS})\b)"
)
_HINTS = ("hour", " hr", " h ", " h,", " h.")
_POINT = re.compile(r"\d\.\d\d ?[ap]")
_SHARES = {"half": 30, "quarter": 15, "three": 45}


def durations(lowered: str) -> Iterator[Mention]:
    """Yield the durations with hours in a text in lower case, in minutes."""
    if not any(map(lowered.__contains__, _HINTS)):
        return
    for match in _DURATION.finditer(lowered):
        if match["half"]:
            minutes = 30.0
        elif match["quarters"]:
            minutes = 45.0 if match["quarters"].startswith("three") else 15.0
        else:
            minutes = 60 * _value(match["number"]) + _share(match["before"]) + _share(match["after"])
            minutes += _value(match["minutes"] or match["bare"] or "0")
        yield Mention("number", match.group(), *match.span(), minutes, "minute")


def times(lowered: str) -> Iterator[Mention]:
    """Yield the times of day in a text in lower case that are said in words or with a point."""
    if (
        "past" not in lowered
        and "quarter" not in lowered
        and (lowered.find(".", 0, -1) < 0 or _POINT.search(lowered) is None)
    ):
        return
    for match in _TIME.finditer(lowered):
        if match["past"]:
            minute = 60 * _value(match["at"]) + {"half past": 30, "quarter past": 15, "quarter to": -15}[match["past"]]
            exact = False
        else:
            hour = int(match["hour"])
            if hour > 12:
                continue
            minute, exact = 60 * (hour % 12 + 12 * (match["noon"] == "p")) + int(match["minute"]), True
        yield Mention("time", match.group(), *match.span(), float(minute % 1440), exact=exact)


def _value(text: str) -> float:
    if text in ("a", "an"):
        return 1.0
    return float(NUMBER_WORDS[text]) if text in NUMBER_WORDS else float(text)


def _share(text: str | None) -> int:
    if text is None:
        return 0
    return next(minutes for word, minutes in reversed(_SHARES.items()) if word in text)
