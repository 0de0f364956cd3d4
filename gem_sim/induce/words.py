"""Names of tools and fields taken apart: verbs, nouns, the names of tables."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection

_VERBS = {
    "read": "get list find search query show read fetch retrieve view lookup look check describe browse current"
    " forecast count historic track compare calculate convert compute estimate is has",
    "create": "create add new register insert make open book reserve schedule post send place submit upload start log"
    " borrow order request sign buy",
    "update": "update modify edit change set rename complete mark move reschedule renew assign close pay waive return"
    " extend transfer reset",
    "delete": "delete remove cancel drop clear",
}
_KINDS = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}

_PREFIX = re.compile(r"^(.+?)(?:__|[./]|_(?=[A-Z]))(?=[^_./]+$|[a-z]+_[a-z_]+$)")
_KEY_NAMES = ("username", "user_name", "name", "title", "code", "sku", "email")


def split_name(name: str) -> tuple[str, list[str]]:
    """Return the prefix that tools of one service share (empty where there is none) and the words after it."""
    prefix = _PREFIX.match(name)
    rest = name[prefix.end() :] if prefix else name
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", rest)]
    return (prefix[1] if prefix else ""), words


def kind_of_name(name: str) -> str | None:
    """Return read, create, update or delete where the first word of a tool's name says it, else None."""
    words = split_name(name)[1]
    return _KINDS.get(words[0]) if words else None


def noun_of(name: str) -> str:
    """Return the last word of a tool's name, which mostly says what it is about."""
    words = split_name(name)[1]
    return words[-1] if words else "thing"


def is_id(name: str) -> bool:
    """Tell whether a field's name says that it identifies something."""
    return (
        name == "id" or name.lower().endswith(("_id", "id_number", "_token", "_number", "_code")) or name.endswith("Id")
    )


def key_candidates(fields: Collection[str], noun: str) -> list[str]:
    """Return the fields that may name a row, the likeliest first."""
    singular = noun[:-1] if noun.endswith("s") else noun
    wanted = ["id", f"{singular}_id", f"{singular}Id"]
    wanted += sorted(name for name in fields if name.endswith(("_id", "Id")) or name == "id")
    wanted += [f"{singular}_name", *sorted(name for name in fields if name.endswith("_name")), *_KEY_NAMES]
    return [name for name in dict.fromkeys(wanted) if name in fields]


def table_name(prefix: str, key: str, noun: str) -> str:
    """Return a table's name: the plural of what its key names, after the prefix of its tools."""
    base = re.sub(r"_?(id|Id|name)$", "", key) if key not in ("id", "name", "title", "code", "sku", "email") else noun
    base = "user" if base == "user" or key == "username" else base or noun
    return identifier("_".join(part for part in (prefix.lower(), plural(base.lower())) if part))


def plural(noun: str) -> str:
    """Return the plural of a noun, which a plural stays."""
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy")):
        return f"{noun[:-1]}ies"
    return noun if noun.endswith("s") else f"{noun}s"


def identifier(text: str) -> str:
    """Return a Python name in ASCII made of a text."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "rows"
    return f"t_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
