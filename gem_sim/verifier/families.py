"""Families of deeds: verbs that tell of the same deed in other words, and which of them a tool does.

`book` and `reserve` are of one family. A tool is of the families of the verb that it is named for, of the noun that a
verb of no meaning of its own is done to (`make_payment`), and of the verb that its description begins with.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gem_sim.environment import Environment
from gem_sim.tool import Tool
from gem_sim.verifier.naming import parts, pasts

_VERBS = {
    "book": "book reserve schedule arrange",
    "cancel": "cancel void revoke terminate delete remove",
    "move": "move reschedule exchange swap change shift postpone switch rebook modify update",
    "pay": "pay charge settle",
    "refund": "refund reimburse",
    "lend": "lend loan rent hire",
    "return": "return",
    "order": "order purchase buy",
    "add": "add create set",
    "send": "send mail email forward",
    "open": "register enroll enrol",
    "redeem": "redeem",
    "transfer": "transfer wire",
}
_NOUNS_OF = {
    "book": ("booking", "reservation", "appointment", "visit"),
    "cancel": ("cancellation",),
    "lend": ("loan", "rental"),
    "move": ("exchange", "change", "move", "swap"),
    "open": ("registration", "enrolment", "enrollment"),
    "order": ("order", "purchase"),
    "pay": ("payment", "charge"),
    "redeem": ("redemption",),
    "refund": ("refund",),
    "transfer": ("transfer",),
}
_NOUNS = {noun: family for family, nouns in _NOUNS_OF.items() for noun in nouns}
_SAYING_LITTLE = "accept add collect complete create issue make place process receive submit take"
_LIGHT = frozenset(_SAYING_LITTLE.split())
# What one does with words alone, too: `I have noted your wish`.
_WITH_WORDS = """
add answer assign calculate call check choose collect compare complete compute confirm convert count create describe
do draw edit find finish format generate get give go handle keep list look make mark move name note plan prepare put
read report resolve run save search select set share show sort split start state stop summarize take test transfer
translate try turn use verify view write
"""
_WORDS = frozenset(_WITH_WORDS.split())
# What a deed may come with: who orders tickets has booked them, an exchange cancels and books.
_COMES_WITH = {
    "cancel": "cancel move return refund",
    "book": "book move order lend add send open pay redeem transfer",
    "pay": "pay book order redeem lend add refund move open send transfer",
    "move": "move book cancel add open transfer",
    "order": "order book add pay open send redeem transfer",
    "lend": "lend book order add open",
    "refund": "refund cancel return pay move transfer",
}
# The beginnings of words by which an answer or a description tells of such a deed.
_TELLING = {
    "book": ("book", "reserv", "schedul", "arrang", "confirm"),
    "cancel": ("cancel", "void", "revok", "terminat", "delet", "remov", "inactive", "expired"),
    "move": ("move", "reschedul", "exchang", "swap", "chang", "shift", "postpon", "modif", "updat", "rebook", "edit"),
    "pay": ("paid", "pay", "charged", "settle"),
    "refund": ("refund", "reimburs"),
    "lend": ("lent", "loan", "rent", "hire", "borrow", "lend"),
    "return": ("return",),
    "order": ("order", "purchas", "bought"),
    "add": ("add",),
    "send": ("sent", "mail", "forward", "send"),
    "open": ("regist", "enrol"),
    "redeem": ("redeem",),
    "transfer": ("transfer", "wire"),
}
_SINGULAR = re.compile(r"(?:(?<=s)es|(?<=x)es|(?<=h)es|s)$")
_BASES = {verb: family for family, verbs in _VERBS.items() for verb in verbs.split()}
PASTS = {past: family for verb, family in _BASES.items() for past in pasts(verb)}
_SPELLINGS = {family: frozenset(past for past, of in PASTS.items() if of == family) for family in _VERBS}


class Doer(NamedTuple):
    """What a tool does: whether it writes, the families by its name, those that its words speak of, what it is done to.

    `objects` are the nouns of its name and its tables, `keys` the names of its arguments.
    """

    name: str
    writes: bool
    families: frozenset[str]
    wider: frozenset[str]
    objects: frozenset[str]
    keys: frozenset[str]


def listed(names: list[str]) -> str:
    """Return the names of some tools in words, only the first of many."""
    return " or ".join(names if len(names) < 4 else [*names[:3], "another such tool"])


def family_of_noun(words: str) -> str | None:
    """Return the family of the first noun in some words, in lower case, that names a deed: `your payment`."""
    found = (_NOUNS.get(word) or _NOUNS.get(word.removesuffix("s")) for word in re.findall("[a-z]+", words))
    return next((family for family in found if family is not None), None)


def spellings(family: str | None) -> frozenset[str]:
    """Return the past participles of a family."""
    return _SPELLINGS.get(family or "", frozenset())


def telling(family: str | None) -> tuple[str, ...]:
    """Return the beginnings of words by which an answer tells of such a deed."""
    return _TELLING.get(family or "", ())


def comes_with(family: str | None) -> frozenset[str]:
    """Return the families of the deeds that may bring this one about; empty where any may."""
    return frozenset(_COMES_WITH.get(family or "", "").split())


@lru_cache(maxsize=16)
def own_pasts(environment: Environment) -> frozenset[str]:
    """Return the past participles of what the writing tools are named for, where it is more than words do."""
    verbs = {(*parts(tool.name), "")[0] for tool in environment.tools.values() if tool.effect != "read"}
    return frozenset(past for verb in verbs - _WORDS if verb for past in pasts(verb))


@lru_cache(maxsize=16)
def doers(environment: Environment) -> dict[str, Doer]:
    """Return the tools of an environment by name, as what they do."""
    return {tool.name: _doer(tool) for tool in environment.tools.values()}


def _doer(tool: Tool) -> Doer:
    verb, *rest = parts(tool.name) or ("",)
    opening = [word.lower() for word in re.findall(r"[A-Za-z]+", tool.description.split(".")[0])][:6]
    found = set()
    for first, others in ((verb, rest), ("".join(opening[:1]), opening[1:])):
        found.add(_BASES.get(first))
        if first in _LIGHT:
            found |= {_NOUNS.get(noun) for noun in others}
    families = frozenset(family for family in found if family is not None)
    text = f"{tool.name} {tool.description} {tool.returns}".lower()
    told = (family for family, beginnings in _TELLING.items() if any(piece in text for piece in beginnings))
    tables = tool.writes or ()
    objects = frozenset(word for word in (*rest, *tables) if len(word) > 2)
    properties = (tool.parameters or {}).get("properties")
    keys = frozenset(properties) if isinstance(properties, dict) else frozenset[str]()
    singular = frozenset(_SINGULAR.sub("", word) for word in objects) | objects
    return Doer(tool.name, tool.effect != "read", families, families | frozenset(told), singular, keys)
