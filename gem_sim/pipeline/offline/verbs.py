"""Words that the rule-based extraction knows: verbs of action by what they do, and words that end a phrase."""

from __future__ import annotations

from typing import Literal


def words_in(text: str) -> list[str]:
    """Return the words of a text; word lists are easier to read and to change so."""
    return text.split()


Kind = Literal["look", "ensure", "make", "set", "end"]

_LOOK = words_in("""
    check read view see find search inspect examine monitor watch compare identify determine consult look review
    get obtain observe count measure locate investigate test assess evaluate browse analyze analyse listen track
    calculate estimate weigh wait repeat skip
""")
_ENSURE = words_in("ensure verify confirm validate")
_MAKE = words_in("""
    create add write make prepare send submit schedule upload request post build generate order book invite
    email notify inform call contact assign record enter fill complete print attach import publish file apply
    pay draft announce report raise ask provide register download install copy issue purchase buy arrange
    produce donate share return document deploy mail give tell reply respond comment insert plan host obtain
    export open-ticket cite propose include list describe explain state donate nominate scan ship order lend
    reserve hold log-ticket compose save capture collect page escalate set-up establish draw
""")
_SET = words_in("""
    set change update edit select choose click press go navigate open log sign turn enable mark move put mix
    stir cook pour cut chop type tap run start use follow scroll visit drag switch connect configure adjust heat
    boil bake fry drain peel slice serve season sprinkle cover place lay roll beat whisk simmer melt wash rinse
    dry strain dissolve cool warm combine spread fold grease divide keep leave let take bring remove-from
    transfer incubate centrifuge vortex pipette spin resuspend discard-from label thaw spin elute load unload
    rename merge push pull commit tag rebase clone bump upgrade restart stop hit swipe sort filter replace fix
    repair reset renew extend approve accept acknowledge resolve assign-to schedule-for convert link unlock lock
    allow grant agree proceed continue finish begin join attend meet discuss talk work pick hand hang lift
    insert-into plug unplug wrap tie sew pack store freeze soak grind mash squeeze crush toast roast stew sauté
    saute dredge shake tighten loosen clean wipe fill-in scale resize expand enter-in import-into check-in
    toggle drop decide designate promote notify-of coordinate triage isolate shut quarantine rotate swirl decant
    mince garnish bind rub skim stuff skin bone flavour flavor add-to flatten gather hover double-click
    right-click highlight specify verify-with name define determine-from invest pass sift cream pare core dip
    marinate form shape turn-on crack separate steam press stretch whip score pin fasten
""")
_END = words_in("""
    delete remove cancel discard archive close revoke disable uninstall terminate deactivate reject decline
    dismiss destroy void withdraw unsubscribe refund return-to dispose
""")


def _words(names: list[str]) -> list[str]:
    return [name for name in names if "-" not in name or name.endswith("-click")]


VERBS: dict[str, Kind] = {
    **dict.fromkeys(_words(_SET), "set"),
    **dict.fromkeys(_words(_LOOK), "look"),
    **dict.fromkeys(_words(_MAKE), "make"),
    **dict.fromkeys(_words(_ENSURE), "ensure"),
    **dict.fromkeys(_words(_END), "end"),
}

# On a screen: what is clicked says what is done.
CLICKS = frozenset(words_in("click press tap select choose hit double-click right-click use"))
# What they take is said by whoever asks for it.
GIVEN = frozenset(
    words_in("""
    enter type set provide fill choose select write give specify assign name change update upload attach invite
    email contact call add record designate pick list insert schedule
""")
)
TELLS = frozenset(words_in("email notify inform announce tell write post send reply respond comment ask page escalate"))
# What cannot be taken back is confirmed first.
FINAL = frozenset(words_in("submit send pay publish post donate order purchase buy refund ship mail file")) | set(_END)

PARTICLES = frozenset(
    words_in("in into on out up down off to at through over with for back away onto again from around")
)
DETERMINERS = frozenset(
    words_in("""
    the a an your their his her its our my this that these those any all each every some both new another same
    other enough more one whole of following appropriate relevant necessary required desired correct right
    specific actual existing own next previous current first second third final last few several only just also
    please
""")
)
STOPS = frozenset(
    words_in("""
    and or but nor from to in into on onto at with without for by using until till of that which who whose whom
    if when where while as so then than you we they it is are was were be been being has have had will would
    should may might can could must shall do does did not via through per about after before during under over
    within between because unless once since there here how what why whether not only also including such like
    well both him them us me i he she according based against toward towards depending right upon back out up
    down off again together too along except among across again instead rather well even still yet very quite
    until itself themselves yourself
""")
)
ADVERBS = frozenset(
    words_in("""
    then next now finally first second third lastly afterwards again also please always simply just instead
    optionally carefully gently immediately otherwise firstly secondly thirdly once meanwhile subsequently
""")
)
DUTIES = frozenset(words_in("must should shall need needs"))
MODALS = DUTIES | {"will", "can", "may"}
LEADS = frozenset(
    words_in("""
    if when once after before unless to for in on from at while where as until under with by in because since
    upon during using whenever though although having
""")
)
NO_NOUN = frozenset(
    words_in("""
    sure way lot lots bit note example thing things something anything everything nothing someone anyone
    everyone one ones those these able part kind type sort rest case time times number page below above step
    steps following way information info details way wish needed required it them him her you us me yourself
""")
)


def kind_of(verb: str) -> Kind | None:
    """Return what a verb in its base form does, None for a word that is no verb of action."""
    return VERBS.get(verb)


def singular(noun: str) -> str:
    """Return a noun without its plural ending."""
    if len(noun) > 4 and noun.endswith("ies"):
        return noun[:-3] + "y"
    if len(noun) > 4 and noun.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    if len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is", "news", "series")):
        return noun[:-1]
    return noun


def plural(noun: str) -> str:
    """Return the plural of a singular noun."""
    if noun.endswith("y") and len(noun) > 1 and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"


def article(noun: str) -> str:
    """Return the noun with the article it takes."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
