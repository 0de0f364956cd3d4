"""The functions a stub is given besides the builtins, and what it did with them during one call."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from gem_sim.state import State

_UNSPECIFIED: Final = "$unspecified"
_MAX_IDS: Final = 100_000
_MAX_NAME: Final = 200


class Refusal(BaseException):
    """The tool refuses: `message` says why, `rule` is the id of the rule it rests on, None for a sentence."""

    def __init__(self, message: str, rule: str | None = None) -> None:
        self.message, self.rule = message, rule
        super().__init__(message)


class Moment(NamedTuple):
    """What a call starts from. `ids` counts the ids made so far, per table."""

    state: State
    clock: str
    ids: Mapping[str, int]
    seed: int


class Host:
    """`require`, `fail`, `new_id`, `now` and `unspecified` for one call at a time."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules = rules
        self._moment = Moment(State(), "", {}, 0)
        self.ids: Mapping[str, int] = {}
        self.made: list[str] = []
        self.read_clock = False

    def start(self, moment: Moment) -> None:
        """Begin a call at a moment."""
        self._moment = moment
        self.ids = moment.ids
        self.made = []
        self.read_clock = False

    def names(self) -> dict[str, object]:
        """Return the functions by the names of the dialect."""
        return {
            "require": self.require,
            "fail": self.fail,
            "new_id": self.new_id,
            "now": self.now,
            "unspecified": unspecified,
        }

    def require(self, condition: object, reason: object = "The request breaks a rule.") -> None:
        """Refuse the call unless `condition` holds; `reason` is the id of a rule or a sentence."""
        if not condition:
            self.fail(reason)

    def fail(self, reason: object = "The request cannot be carried out.") -> None:
        """Refuse the call.

        Raises:
            TypeError: If the reason is no text.
        """
        if type(reason) is not str:
            raise TypeError("the reason of a refusal is the id of a rule or a sentence")
        rule = self._rules.get(reason)
        raise Refusal(reason if rule is None else rule, None if rule is None else reason)

    def new_id(self, table: object) -> str:
        """Return an id that no row of the table has; decided by seed, table and count alone."""
        if type(table) is not str:
            raise TypeError("new_id takes the name of a table")
        if len(table) > _MAX_NAME:
            raise ValueError(f"the name of a table has at most {_MAX_NAME} characters")
        rows: Collection[str] = self._moment.state.get(table, ())
        while True:
            number = self.ids.get(table, 0) + 1
            if number > _MAX_IDS:
                raise ValueError(f"more than {_MAX_IDS} ids in one table")
            self.ids = {**self.ids, table: number}
            made = _id_of(self._moment.seed, table, number)
            if made not in rows:
                self.made.append(made)
                return made

    def now(self) -> str:
        """Return the fake clock."""
        self.read_clock = True
        return self._moment.clock


@lru_cache(maxsize=4096)
def _id_of(seed: int, table: str, number: int) -> str:
    text = f"{seed}:{table}:{number}".encode("utf-8", "surrogatepass")
    return f"{table}_{hashlib.sha256(text).hexdigest()[:8]}"


def unspecified(reason: object = "no rule says it") -> dict[str, str]:
    """Return the marker of a value that no rule determines."""
    if type(reason) is not str:
        raise TypeError("the reason is a sentence")
    return {_UNSPECIFIED: reason}
