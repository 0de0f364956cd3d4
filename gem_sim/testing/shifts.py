"""Other values in the place of a value, of the same make."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations
from random import Random

from gem_sim.canonical import Json, same_json
from gem_sim.simulator.mentions import numbers_in, stands_in
from gem_sim.testing.scene import Scene

_TIME = re.compile(r"^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$")
_ISO = re.compile(r"^\d{4}-\d\d-\d\d")
_TRIES = 40
# Whole numbers below this are what anybody may choose.
_CHOICE = 100


def is_number(value: Json) -> bool:
    """Tell whether a value is a number; flags are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_date(value: Json) -> bool:
    """Tell whether a value is a date or a time in ISO form."""
    if not isinstance(value, str) or not _ISO.match(value):
        return False
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def is_time(value: Json) -> bool:
    """Tell whether a value is a time of day: 19:30 or 19:30:00."""
    return isinstance(value, str) and _TIME.match(value) is not None


def shifted_time(value: str, rng: Random) -> str:
    """Return a time of day up to two hours earlier or later, around midnight where need be."""
    minutes = 60 * int(value[:2]) + int(value[3:5]) + rng.choice([15, 30, 60, 90, 120]) * rng.choice([-1, 1])
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}{value[5:]}"


def shifted_number(value: float, rng: Random) -> float:
    """Return another number near a number: of the same type, and not negative if that one is not."""
    whole = isinstance(value, int)
    far = abs(value) * rng.choice([0.1, 0.5, 1.0])
    step: float = rng.choice([1, 2, 5, 10, max(1, round(far))] if whole else [0.5, 1.0, 2.5, 10.0, far + 0.1])
    down = rng.random() < 0.5 and (value - step > 0 or value < 0)
    moved = value - step if down else value + step
    return moved if whole else round(moved, 6)


def shifted_date(value: str, rng: Random) -> str:
    """Return an ISO date, or time, some days earlier or later."""
    days = rng.choice([1, 2, 3, 7, 10, 14, 30]) * rng.choice([-1, 1])
    return (date.fromisoformat(value[:10]) + timedelta(days=days)).isoformat() + value[10:]


def fabricated_id(value: str, scene: Scene, rng: Random) -> str:
    """Return an id of the same make that no row has and that is mentioned nowhere.

    Digits are drawn anew; in an id without digits, letters are.
    """
    pattern = r"\d" if re.search(r"\d", value) else r"[A-Za-z]"
    made = value
    for _ in range(_TRIES):
        made = re.sub(pattern, lambda match: _like(match[0], rng), value)
        if made != value and made not in scene.keys and not stands_in(made, scene.everything):
            return made
    return f"{made}{rng.randint(10, 99)}"


def _like(letter: str, rng: Random) -> str:
    if letter.isdigit():
        return str(rng.randint(0, 9))
    drawn = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return drawn.upper() if letter.isupper() else drawn


def other_entity(value: str, scene: Scene, rng: Random, *, told: bool) -> str | None:
    """Return the key of another row of the same table, one that the conversation mentions or one that it does not."""
    for table in scene.keys.get(value, ()):
        rows = list(scene.original.start.get(table, {}))
        rng.shuffle(rows)
        for key in rows:
            if key != value and stands_in(key, scene.everything) is told:
                return key
    return None


def other_leaf(value: Json, key: str, tool: str, scene: Scene, rng: Random) -> Json:
    """Return another value for a leaf of an answer; the same kind where the samples or the make tell it."""
    if isinstance(value, bool):
        return not value
    if is_number(value):
        return shifted_number(value, rng)  # type: ignore[arg-type]
    known = [other for other in scene.samples.leaves(tool, key) if other is not None and not same_json(other, value)]
    if value is None:
        return rng.choice(known) if known else 0
    if not isinstance(value, str):
        return "none"
    if is_date(value):
        return shifted_date(value, rng)
    if is_time(value):
        return shifted_time(value, rng)
    if known and rng.random() < 0.7:
        return rng.choice(known)
    return other_text(value, scene, rng)


def other_text(value: str, scene: Scene, rng: Random) -> str:
    """Return a text with one word, or its digits, changed."""
    if re.search(r"\d", value):
        return fabricated_id(value, scene, rng)
    words = value.split(" ")
    if len(words) > 1 and rng.random() < 0.5:
        del words[rng.randrange(len(words))]
        return " ".join(words)
    index = rng.randrange(len(words))
    words[index] = fabricated_id(words[index], scene, rng) if words[index] else "other"
    return " ".join(words)


def is_identifying(value: Json, scene: Scene) -> bool:
    """Tell whether a value names one thing: the key of a row, an address, or one word with digits in it."""
    if not isinstance(value, str) or not value or any(map(str.isspace, value)):
        return False
    dated = is_date(value) or is_time(value)
    return value in scene.keys or "@" in value or (any(map(str.isdigit, value)) and not dated)


def is_unheard(value: Json, text: str, scene: Scene) -> bool:
    """Tell whether a value can have no source in a text: it does not stand there, nor follow from what does.

    Only what a source can be asked of counts: numbers that are no mere choice, dates, and what names one thing. Free
    text is anybody's own.
    """
    if is_number(value):
        choice = float(value).is_integer() and abs(value) < _CHOICE  # type: ignore[arg-type]
        return not choice and is_new_number(float(value), text)  # type: ignore[arg-type]
    if is_date(value):
        return is_new_date(str(value), text, scene.clock)
    return is_identifying(value, scene) and not stands_in(value, text)


@lru_cache(maxsize=4096)
def is_new_number(value: float, text: str) -> bool:
    """Tell whether a number stands nowhere in a text and follows from no two numbers in it by plain arithmetic.

    Plain are sum, difference, product and quotient, and one number with twice the other: a margin on both sides.
    """
    known = numbers_in(text)
    if value in known:
        return False
    for a, b in combinations(known, 2):
        results = [a + b, abs(a - b), a * b, *(x / y for x, y in ((a, b), (b, a)) if y)]
        results += [a + 2 * b, b + 2 * a, abs(a - 2 * b), abs(b - 2 * a)]
        if any(abs(result - value) < 1e-9 for result in results):
            return False
    return not any(abs(2 * a - value) < 1e-9 or abs(a * a - value) < 1e-9 for a in known)


def is_new_date(value: str, text: str, clock: str) -> bool:
    """Tell whether a date stands nowhere in a text and lies no number of days in it from the clock or a date in it."""
    if stands_in(value[:10], text):
        return False
    day = date.fromisoformat(value[:10])
    known = {date.fromisoformat(clock[:10]), *_dates_in(text)}
    steps = {abs(number) for number in numbers_in(text)} | {0.0, 1.0, 7.0}
    return not any(abs((day - other).days) in steps for other in known)


@lru_cache(maxsize=4096)
def _dates_in(text: str) -> tuple[date, ...]:
    """Return the dates in ISO form that a text mentions."""
    found = []
    for written in set(re.findall(r"\b\d{4}-\d\d-\d\d", text)):
        if is_date(written):
            found.append(date.fromisoformat(written))
    return tuple(sorted(found))
