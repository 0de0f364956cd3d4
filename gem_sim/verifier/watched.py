"""Words that state something only evidence can give: first names of people, colours, materials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

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
_WORD = re.compile(r"[^\W\d_]+")


def unseen_words(text: str, seen: Seen) -> Iterator[tuple[str, int, str]]:
    """Yield (word, where it starts, what it is) for each first name and colour or material of a thing nobody mentioned.

    A name is known too where something seen begins as it does: short forms, user names.
    """
    if _WATCHED.isdisjoint(_WORD.findall(text.lower())):
        return
    words = list(_WORD.finditer(text))
    for match, following in pairwise([*words, None]):
        word = match.group() if match is not None else ""
        lowered = word.lower()
        if match is None or lowered not in _WATCHED or seen.says(lowered) or lowered in seen.read_texts().words:
            continue
        if lowered in GIVEN_NAMES:
            proper = word[0].isupper() and word[1:].islower()
            if proper and not (len(lowered) > 3 and any(other.startswith(lowered[:4]) for other in seen.words)):
                yield word, match.start(), "name"
        elif following is not None and not text[match.end() : following.start()].strip():
            thing = following.group().lower()
            if thing in seen.words or thing.removesuffix("s") in seen.words:
                yield f"{word} {following.group()}", match.start(), "colour" if lowered in COLOURS else "material"
