"""Words that state something only evidence can give: first names of people, colours, materials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import methodcaller
from typing import Final

from gem_sim.verifier.prose import WORD, Prose
from gem_sim.verifier.seen import Seen

# Common given names that are no ordinary English words; what is missing here is not judged.
_GIVEN_NAMES = """
aaron abigail adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alexis alfred ali alice
alicia alison amanda amelia amy ana andrea andrew angela anita anna anne annie anthony antonio arthur ashley
barbara ben benjamin bernard beth betty bob bonnie brandon brenda brian brittany bruce bryan camila carl carla
carlos carmen carol caroline catherine cathy charles charlotte cheryl chloe chris christian christina christine
christopher cindy claire clara claudia cynthia daniel daniela david deborah debra denise dennis diana diane
diego donald donna dorothy doug douglas dylan edward eleanor elena elijah elizabeth ella emily emma eric erica
erik ethan eva evelyn fatima felix fernando fiona florence frances francis gabriel gary george gerald gina
giovanni gloria greg gregory hannah harold harry hassan heather helen henry howard hugo ian ibrahim isaac isabel
isabella ivan jacob jacqueline jake james jamie jane janet janice jared jasmine jason javier jean jeff jeffrey
jennifer jeremy jerry jessica jesus jim jimmy joan joe joel john johnny jonathan jordan jorge jose joseph joshua
joyce juan judith judy julia julian julie justin karen karl kate katherine kathleen kathryn kathy katie kayla
keith kelly ken kenneth kevin kimberly kurt kyle lara larry laura lauren laurie leah leo leonard leonardo leslie
liam lillian linda lisa logan lopez lori louis louise lucas lucia lucy luis luke lydia madison manuel marco
marcus margaret maria mariana marie marilyn mario marion martha martin mary mason matt matthew maya megan
melissa mia michael michelle miguel mike mohammed molly monica nancy naomi natalie nathan nicholas nicole nina
noah nora oliver olivia omar oscar pamela patricia paul paula pedro peter philip phyllis priya rachel rafael raj
ralph ravi raymond rebecca ricardo richard rita robert roberto robin rodrigo roger ronald rosa roy russell ruth
ryan sally sam samantha samuel sandra sara sarah scott sean sebastian sergio sharon shirley simon sofia sophia
sophie stanley stefan stephanie stephen steve steven stuart susan suzanne sylvia tamara tanya teresa terry
thomas tiffany tim timothy tina todd tom tommy tony tracy tyler valerie vanessa veronica vicki victor victoria
vincent virginia walter wanda wayne wendy wesley willie yusuf yvonne zachary zoe
"""
_COLOURS = """
beige black blue bronze brown burgundy charcoal cream crimson golden gray green grey ivory magenta maroon navy
orange pink purple red silver teal turquoise white yellow
"""
_MATERIALS = """
acrylic aluminium aluminum bamboo brass ceramic cherry copper cotton granite leather linen mahogany maple marble
oak pine plastic porcelain silk steel suede velvet walnut wooden wool
"""
GIVEN_NAMES: Final = frozenset(_GIVEN_NAMES.split())
COLOURS: Final = frozenset(_COLOURS.split())
MATERIALS: Final = frozenset(_MATERIALS.split())
_WATCHED = GIVEN_NAMES | COLOURS | MATERIALS
_REST = r"[a-zà-ÿ]+(?:[-'’][A-Z][a-zà-ÿ]+)?"
# The same in front of a blank, where to give back a letter would never help.
_WHOLE = r"[a-zà-ÿ]++(?:[-'’][A-Z][a-zà-ÿ]++|)"
# What may not stand before a name is asked behind its first letter: what begins with a letter is found faster.
_FULL_NAME = re.compile(rf"([A-Z](?<![\w'’*#-][A-Z]){_WHOLE}) ([A-Z]{_REST})(?![\w*:-])")
_MIDDLE_CAPITAL = re.compile(r" (?<=[a-zà-ÿ] )[A-Z][a-zà-ÿ]")
# What persons do, and how one turns to them; places and things do not, and are not turned to.
_VERBS = "|".join(
    (
        *(
            "call",
            "contact",
            "tell",
            "told",
            "sa(?:y|id)",
            "ask",
            "approv",
            "confirm",
            "agree",
            "sign",
            "check",
            "wr[io]te",
        ),
        *(
            "put",
            "t[ao]ke?",
            "help",
            "look",
            "see",
            "saw",
            "set",
            "m[ae]et",
            "be in touch",
            "get back",
            "handl",
            "reach",
        ),
        *("arrang", "wait", "work", "g[ai]ve"),
    )
)
_ACTS = re.compile(
    rf"(?: (?:from|at|in) the \w+(?: \w+)?)?,? (?:who\b|(?:(?:has|have|had|will|would|can|could|is|is going to) )?"
    rf"(?:\w+ly )?(?:{_VERBS})(?:s|es|ed|d|e|ing)?\b)"
)
_GIVING = "pass|hand|forward|sen[dt]|report|assign|transfer|refer|spe[a]?k|spoke|talk|gave|give|belong"
_ADDRESSED = re.compile(
    rf"\b(?:(?:{_GIVING})(?:ed|red|s|n|ing)?(?: (?:it|this|that|you|(?:your|the) \w+))?(?: (?:on|over))? (?:to|with)"
    r"|(?:approved|signed|confirmed|handled|checked|set) by|contact(?: person)?(?: is)?|ask(?: for)?|name(?:d| is)"
    r"|colleague|manager|librarian|agent|Mr|Mrs|Ms|Dr)\.?,? $"
)
# Capitalised, and nobody's name.
_BODIES: Final = frozenset(
    (
        *("service", "services", "support", "team", "desk", "department", "office", "centre", "center", "care", "bank"),
        *("management", "library", "studio", "shop", "store", "hotel", "airlines", "airways", "station", "museum"),
        *("university", "school", "street", "road", "avenue", "city", "county"),
    )
)


def unseen(prose: Prose, seen: Seen) -> list[tuple[str, int, str]]:
    """Return (word, where it starts, what it is) for each name, and colour or material of a thing, nobody mentioned."""
    watched = _WATCHED & prose.words
    found = list(_unseen_words(watched, prose, seen)) if watched else []
    # In most texts no word begins with a capital but the first.
    if _MIDDLE_CAPITAL.search(prose.text):
        found += _unseen_people(prose.text, seen)
    return found


def _unseen_words(watched: frozenset[str], prose: Prose, seen: Seen) -> Iterator[tuple[str, int, str]]:
    """Yield (word, where it starts, what it is) for each first name, colour or material of `watched` nobody mentioned.

    A name is known too where something seen begins as it does: short forms, user names.
    """
    missing = [word for word in watched if not (seen.says(word) or word in seen.read_texts().words)]
    if not missing:
        return
    text = prose.text
    words = list(WORD.finditer(text))
    for match, following in pairwise([*words, None]):
        word = match.group() if match is not None else ""
        lowered = word.lower()
        if match is None or lowered not in missing:
            continue
        if lowered in GIVEN_NAMES:
            proper = word[0].isupper() and word[1:].islower()
            begins = methodcaller("startswith", lowered[:4])
            if proper and not (len(lowered) > 3 and any(map(begins, seen.words))):
                yield word, match.start(), "name"
        elif following is not None and not text[match.end() : following.start()].strip():
            thing = following.group().lower()
            if thing in seen.words or thing.removesuffix("s") in seen.words:
                yield f"{word} {following.group()}", match.start(), "colour" if lowered in COLOURS else "material"


def _unseen_people(text: str, seen: Seen) -> Iterator[tuple[str, int, str]]:
    """Yield (name, where it starts, "name") for each full name of a person that nobody mentioned.

    Two capitalised words are a person's name where the sentence has them act or be turned to, and neither was seen.
    """
    for match in _FULL_NAME.finditer(text):
        words = [match.group(1).lower(), match.group(2).lower()]
        # First names that are well known are judged by themselves.
        if words[0] in GIVEN_NAMES or not _BODIES.isdisjoint(words) or any(map(seen.says, words)):
            continue
        if _ACTS.match(text, match.end()) or _ADDRESSED.search(text, 0, match.start()):
            yield match.group(), match.start(), "name"
