"""The run ledger: what became of every item at every stage, in one SQLite file of the workspace.

Whatever is in it is not done again. A stage is one transaction: its attempts, its outcome and its result come together
or not at all, so that a run may end at any moment.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.errors import InputError

FILE = "ledger.sqlite"
STAGES = ("filter", "label", "extract", "ground", "refine", "write", "validate")
VERSION = 1
_COLUMNS = {
    "items": "item, number, text, origin, licence",
    "outcomes": "item, stage, settings, outcome, reason, result",
    "attempts": "item, stage, prompt, model, tokens_in, tokens_out, cost, seconds, outcome, reason, request",
    "responses": "request, response",
    "placed": "environment, item",
}
# Stages whose outcome the later ones are made of.
_DEPENDED_ON = ("label", "extract", "ground", "refine")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
  item TEXT PRIMARY KEY, number INTEGER NOT NULL, text TEXT NOT NULL, origin TEXT NOT NULL, licence TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (
  item TEXT NOT NULL, stage TEXT NOT NULL, settings TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  result TEXT, PRIMARY KEY (item, stage)
);
CREATE TABLE IF NOT EXISTS attempts (
  id INTEGER PRIMARY KEY, item TEXT NOT NULL, stage TEXT NOT NULL, attempt INTEGER NOT NULL, prompt TEXT NOT NULL,
  model TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost REAL NOT NULL,
  seconds REAL NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, request TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS placed (environment TEXT PRIMARY KEY, item TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS responses (request TEXT PRIMARY KEY, response TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts (item, stage);
CREATE INDEX IF NOT EXISTS attempts_by ON attempts (request);
"""


_FORGET_TALKS = "DELETE FROM outcomes WHERE stage = 'trajectory' AND substr(item, 1, ?) = ?"


def _talks_of(item: str) -> tuple[int, str]:
    """Return what tells the conversations of an item from others: length and text of how their names begin."""
    return len(item) + 1, f"{item}/"


def overrules(stage: str, outcome: str) -> bool:
    """Tell whether another outcome of a stage undoes what later stages made: not a failure, of which nothing follows.

    Nor other labels, as long as the text is kept.
    """
    return stage in _DEPENDED_ON and outcome != "failed" and (stage, outcome) != ("label", "kept")


def later_than(stage: str) -> tuple[str, ...]:
    """Return the stages that come after one."""
    return STAGES[STAGES.index(stage) + 1 :]


class Attempt(NamedTuple):
    """One try at a stage of an item: `prompt` names prompt and version ("" where none), tokens and cost are its own.

    `outcome` is *done*, or what kind of fault it met; `seconds` is wall time, `cost` in US dollars. `request` is the
    digest of what was asked ("" where nothing was answered): a reply that is used again was paid for once.
    """

    prompt: str = ""
    model: str = "offline"
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    outcome: str = "done"
    reason: str = ""
    request: str = ""


class Outcome(NamedTuple):
    """What became of an item at a stage: *kept*, *rejected*, or *failed* (ours to mend); `result` is what it made."""

    outcome: str
    reason: str = ""
    result: Json = None


class Total(NamedTuple):
    """A stage in numbers: items by outcome, attempts, tokens, cost in US dollars, seconds of work."""

    stage: str
    outcomes: dict[str, int]
    reasons: dict[str, int]
    attempts: int
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float


class Ledger:
    """An open ledger; close it, or use it in a `with` block.

    Raises:
        InputError: If the file is no ledger, or one of another version.
    """

    def __init__(self, workspace: Path) -> None:
        workspace.mkdir(parents=True, exist_ok=True)
        self.path = workspace / FILE
        self._database = sqlite3.connect(self.path, isolation_level=None)
        try:
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                cure = "use another workspace, or the gem-sim that wrote it"
                raise InputError(f"a ledger of version {version}", file=str(self.path), cure=cure)
            self._refuse_others()
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
            self._database.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.OperationalError as error:
            if "readonly" in str(error) or "unable to open" in str(error):
                cure = "let the folder be written to, or work on a copy of it"
                raise InputError(f"cannot be written: {error}", file=str(self.path), cure=cure) from None
            raise InputError(f"no ledger: {error}", file=str(self.path), cure="use another workspace") from None
        except sqlite3.DatabaseError as error:
            raise InputError(f"no ledger: {error}", file=str(self.path), cure="use another workspace") from None

    def _refuse_others(self) -> None:
        """Refuse a database of something else before anything is written to it."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        there = {name for (name,) in self._database.execute(query)}
        if not there <= _COLUMNS.keys():
            raise sqlite3.OperationalError(f"it has other tables: {', '.join(sorted(there - _COLUMNS.keys()))}")
        for table in there:
            self._database.execute(f"SELECT {_COLUMNS[table]} FROM {table} LIMIT 0")

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_error: object) -> None:
        self._database.close()

    @contextmanager
    def _whole(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def enter(
        self, item: str, number: int, text: str, origin: str, licence: str, outcome: Outcome, settings: str
    ) -> None:
        """Note an item and what the filter made of it; the text only of what goes on."""
        with self._whole() as database:
            kept = text if outcome.outcome == "kept" else ""
            known = database.execute("SELECT text FROM items WHERE item = ?", (item,)).fetchone()
            if known is not None and known[0] != kept:
                # What was made of the text before is not what would be made of it now.
                database.execute("DELETE FROM outcomes WHERE item = ?", (item,))
                database.execute(_FORGET_TALKS, _talks_of(item))
            row = (item, number, kept, origin, licence)
            database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", row)
            self._settle(item, "filter", settings, outcome)

    def settle(
        self, item: str, stage: str, settings: str, outcome: Outcome, attempts: tuple[Attempt, ...] = (Attempt(),)
    ) -> None:
        """Note what became of an item at a stage, with the attempts it took.

        Where something else became of it before, what later stages made of that no longer stands.
        """
        with self._whole() as database:
            for number, attempt in enumerate(attempts, start=1):
                noted = attempt
                if attempt.request and self._counted_before(attempt.request):
                    noted = attempt._replace(tokens_in=0, tokens_out=0, cost=0.0)
                database.execute(
                    "INSERT INTO attempts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (item, stage, number, *noted),
                )
            self._settle(item, stage, settings, outcome)

    def _counted_before(self, request: str) -> bool:
        query = "SELECT 1 FROM attempts WHERE request = ? LIMIT 1"
        return self._database.execute(query, (request,)).fetchone() is not None

    def _settle(self, item: str, stage: str, settings: str, outcome: Outcome) -> None:
        result = None if outcome.result is None else json.dumps(outcome.result, ensure_ascii=False)
        self._overrule(item, stage, settings, (outcome.outcome, result))
        row = (item, stage, settings, outcome.outcome, outcome.reason, result)
        self._database.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?, ?, ?)", row)
        if stage == "validate" and outcome.outcome == "kept" and isinstance(outcome.result, dict):
            name = outcome.result.get("environment")
            if name is not None:
                self._database.execute("INSERT OR REPLACE INTO placed VALUES (?, ?)", (name, item))

    def _overrule(self, item: str, stage: str, settings: str, made: tuple[str, str | None]) -> None:
        """Forget what was made of an item's former outcome at a stage, unless it is the same again."""
        if stage == "validate":
            self._database.execute(f"{_FORGET_TALKS} AND settings != ?", (*_talks_of(item), settings))
        known = self._database.execute(
            "SELECT outcome, result FROM outcomes WHERE item = ? AND stage = ?", (item, stage)
        ).fetchone()
        if known in (None, made) or not overrules(stage, made[0]):
            return
        self._database.execute(_FORGET_TALKS, _talks_of(item))
        for later in later_than(stage):
            self._database.execute("DELETE FROM outcomes WHERE item = ? AND stage = ?", (item, later))

    def stale(self) -> list[str]:
        """Return the environments that were placed for what no longer stands: rejected since, or made anew otherwise.

        Where the last validation failed nothing is known of them, and they are not among these.
        """
        query = (
            "SELECT p.environment, o.outcome, o.result FROM placed p LEFT JOIN outcomes o "
            "ON o.item = p.item AND o.stage = 'validate' ORDER BY p.environment"
        )
        found = []
        for name, outcome, result in self._database.execute(query):
            stands = outcome == "kept" and json.loads(result or "{}").get("environment") == name
            if not stands and outcome != "failed":
                found.append(name)
        return found

    def unplace(self, environment: str) -> None:
        """Note that an environment is no longer there."""
        with self._whole() as database:
            database.execute("DELETE FROM placed WHERE environment = ?", (environment,))

    def outcome(self, item: str, stage: str, settings: str) -> Outcome | None:
        """Return what became of an item at a stage under the same settings, None where it is still to be done."""
        known = self.latest(item, stage)
        return None if known is None or known[0] != settings else known[1]

    def latest(self, item: str, stage: str) -> tuple[str, Outcome] | None:
        """Return settings and outcome of a stage, whatever the settings; None where it is still to be done."""
        query = "SELECT settings, outcome, reason, result FROM outcomes WHERE item = ? AND stage = ?"
        row = self._database.execute(query, (item, stage)).fetchone()
        if row is None or row[1] == "failed":
            return None
        return row[0], Outcome(row[1], row[2], self._value(row[3], item, stage))

    def settled(self, item: str) -> list[tuple[str, str, str, str, Json]]:
        """Return stage, settings, outcome, reason and result of all that is settled of an item after the filter."""
        query = "SELECT stage, settings, outcome, reason, result FROM outcomes WHERE item = ? AND stage != 'filter'"
        rows: list[tuple[str, str, str, str, str | None]] = self._database.execute(query, (item,)).fetchall()
        return [(s, u, o, r, self._value(result, item, s)) for s, u, o, r, result in rows]

    def _value(self, result: str | None, item: str, stage: str) -> Json:
        try:
            value: Json = None if result is None else json.loads(result)
        except ValueError:
            message = f"what {stage} made of {item!r} is no JSON any more"
            raise InputError(message, file=str(self.path), cure="use another workspace") from None
        return value

    def kept(self, stage: str) -> list[str]:
        """Return the items that a stage kept, in the order of the input."""
        query = (
            "SELECT item FROM outcomes JOIN items USING (item) "
            "WHERE stage = ? AND outcome = 'kept' ORDER BY number, item"
        )
        return [row[0] for row in self._database.execute(query, (stage,))]

    def results(self, stage: str) -> dict[str, Json]:
        """Return what a stage made of each item that it kept, by item; without those of which it made nothing."""
        query = "SELECT item, result FROM outcomes WHERE stage = ? AND outcome = 'kept' AND result IS NOT NULL"
        return {item: self._value(result, item, stage) for item, result in self._database.execute(query, (stage,))}

    def text(self, item: str) -> tuple[str, str, str]:
        """Return an item's text, origin and licence."""
        query = "SELECT text, origin, licence FROM items WHERE item = ?"
        found: tuple[str, str, str] = self._database.execute(query, (item,)).fetchone()
        return found

    def response(self, request: str) -> str | None:
        """Return what a model answered to a request before, None where it was never asked."""
        row = self._database.execute("SELECT response FROM responses WHERE request = ?", (request,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, request: str, response: str) -> None:
        """Keep what a model answered to a request."""
        with self._whole() as database:
            database.execute("INSERT OR IGNORE INTO responses VALUES (?, ?)", (request, response))

    def attempts(self, item: str) -> list[tuple[str, Attempt]]:
        """Return stage and attempt of everything tried on an item, in order."""
        query = (
            "SELECT stage, prompt, model, tokens_in, tokens_out, cost, seconds, outcome, reason, request FROM attempts "
            "WHERE item = ? ORDER BY id"
        )
        return [(row[0], Attempt(*row[1:])) for row in self._database.execute(query, (item,))]

    def outcomes(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield item, stage, outcome and reason of all that is settled, in the order of the input."""
        query = (
            "SELECT o.item, o.stage, o.outcome, o.reason FROM outcomes o LEFT JOIN items i ON i.item = o.item "
            "ORDER BY i.number, o.item, o.stage"
        )
        yield from self._database.execute(query)

    def totals(self) -> list[Total]:
        """Return the numbers of each stage that was reached."""
        found = []
        for stage in (*STAGES, "trajectory"):
            outcomes, reasons = self._counted(stage)
            if not outcomes:
                continue
            query = (
                "SELECT COUNT(*), COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_out), 0), COALESCE(SUM(cost), 0), "
                "COALESCE(SUM(seconds), 0) FROM attempts WHERE stage = ?"
            )
            found.append(Total(stage, outcomes, reasons, *self._database.execute(query, (stage,)).fetchone()))
        return found

    def _counted(self, stage: str) -> tuple[dict[str, int], dict[str, int]]:
        outcomes: dict[str, int] = {}
        reasons: dict[str, int] = {}
        query = (
            "SELECT outcome, reason, COUNT(*) FROM outcomes WHERE stage = ? GROUP BY outcome, reason ORDER BY 3 DESC, 2"
        )
        for outcome, reason, number in self._database.execute(query, (stage,)):
            outcomes[outcome] = outcomes.get(outcome, 0) + number
            if outcome != "kept" or (reason and stage == "label"):
                short = reason.partition(":")[0] if not reason.startswith("nearly") else "nearly the same as another"
                reasons[short] = reasons.get(short, 0) + number
        return outcomes, reasons
