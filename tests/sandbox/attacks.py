"""Attack files: their header, and the environment whose tool body each becomes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

_HEADER = re.compile(r"# (expect|about|accept|calls|state|harness|view|tables|repeat|stops): (.*)")
OUTCOMES = ("compile", "runtime", "limit", "ok")
HARNESSES = ("", "compare", "mutate-result", "mutate-args", "check-args", "abort-then-probe")

# What a tool that nothing has meddled with answers: a bit of everything that a stub is given.
PING = """
import math
import re
import statistics
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
words = sorted({'b', 'a', 'c'}, key=lambda word: -ord(word))
later = datetime(2026, 3, 2, 9) + timedelta(days=1)
total = 0
for number in [1, 2, 3]:
    total += number * 2
return {'words': words, 'pi': math.pi, 'sub': re.sub('[aeiou]', '-', 'a tool'), 'mean': statistics.mean([1, 2, 6]),
        'count': Counter('aab').most_common(1)[0][1], 'later': later.isoformat(), 'third': str(Decimal(1) / 3),
        'total': total, 'names': NAMES, 'table': TABLE, 'len': len(words), 'max': max(words), 'id': new_id('pings'),
        'now': now(), 'rows': [row for row in state.store.values()], 'other': len(state.other), 'extra': extra,
        'text': f'{total:>5}|{words}', 'caught': [] == list(filter(None, [0, '']))}
"""


class Attack(NamedTuple):
    """One file: where a good sandbox stops it, what else is as safe, and how it is run.

    `tables`: further tables that the environment declares. `whole`: the tool gets the state itself, not a row.
    `by_clock`: nothing counts what it does, so that only the clock stops it, or the end of the worker.
    """

    name: str
    about: str
    expect: str
    accept: tuple[str, ...]
    calls: int
    same_state: bool
    harness: str
    whole: bool
    by_clock: bool
    tables: tuple[str, ...]
    source: str

    @property
    def safe(self) -> frozenset[str]:
        """The outcomes that are safe; a refusal at compile time always is."""
        return frozenset({self.expect, *self.accept, "compile"})


def read_attack(path: Path) -> Attack:
    """Read one attack file.

    Lines `# repeat: TOKEN text count` put `text` (escapes as in a literal, `_` for a space) `count` times in the
    place of TOKEN, so that a file stays short where its source is long or cannot be written as UTF-8.
    """
    with path.open(encoding="utf-8", newline="") as file:
        source = file.read()
    header: dict[str, list[str]] = {}
    for key, value in _HEADER.findall(source):
        header.setdefault(key, []).append(value.strip())
    one = {key: values[0] for key, values in header.items()}
    for line in header.get("repeat", []):
        token, text, count = line.split()
        made = text.replace("_", " ").encode().decode("unicode_escape") * int(count)
        lines = [line if line.startswith("# repeat: ") else line.replace(token, made) for line in source.split("\n")]
        source = "\n".join(lines)
    return Attack(
        name=path.stem,
        about=one["about"],
        expect=one["expect"],
        accept=tuple(one.get("accept", "").split()),
        calls=int(one.get("calls", "1")),
        same_state=one.get("state") == "same",
        harness=one.get("harness", ""),
        whole=one.get("view") == "tables",
        by_clock=one.get("stops") == "clock",
        tables=tuple(one.get("tables", "").split()),
        source=source,
    )


def _tool_of(attack: Attack) -> list[str]:
    state = "state" if attack.whole else "state.store['s']"
    return [
        *attack.source.split("\n"),
        f"answer = tool({state}, call=call, payload=payload, probe=probe, extra=extra)",
        "require(not abort, 'aborted')",
        "return answer",
    ]


def write_environment(attacks: list[Attack], folder: Path) -> Path:
    """Write an environment whose tools have the attacks' sources as bodies; return its folder.

    A single attack's tool is called `attack`, of several each has the name of its attack.
    """
    parameters = {
        "type": "object",
        "properties": {
            "call": {"type": "integer", "default": 1},
            "payload": {"type": "array", "default": []},
            "probe": {"type": "boolean", "default": False},
            "abort": {"type": "boolean", "default": False},
            "extra": {"type": "array", "default": ["default"]},
        },
    }
    tables = dict.fromkeys(("store", "other", *(table for attack in attacks for table in attack.tables)))
    named = {attack.name if len(attacks) > 1 else "attack": _tool_of(attack) for attack in attacks}
    environment = {
        "name": "attack",
        "entities": {table: {"key": "id", "row": {}} for table in tables},
        "constants": {"NAMES": {"value": ["a", "b"]}, "TABLE": {"value": {"rows": [{"id": 1}]}}},
        "tools": [
            *(
                {"name": name, "effect": "write", "parameters": parameters, "returns": {}, "body": body}
                for name, body in named.items()
            ),
            {"name": "ping", "effect": "read", "parameters": parameters, "body": PING.strip().split("\n")},
        ],
    }
    home = folder / (attacks[0].name if len(attacks) == 1 else "all-attacks")
    home.mkdir()
    (home / "environment.json").write_text(json.dumps(environment))
    (home / "state.json").write_text(json.dumps({"store": {"s": {"id": "s", "log": []}}, "other": {}}))
    return home
