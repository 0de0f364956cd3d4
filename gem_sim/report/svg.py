"""Panels of cards as one SVG: light and dark, the same bytes for the same environment, no text beyond its card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from gem_sim.report.cards import Call, Card, Panel, Row
from gem_sim.report.layout import Box, Layout, forward_pairs, lay_out
from gem_sim.report.lettering import escaped, fit, width_of, wrap

_MARGIN = 28
_PAD = 14
_NARROWEST, _WIDEST = 176, 330
_HEAD = 54
_LINE = 18
_BAND = 26
_ACROSS = 4
_GAP = 56
_ROOMY = 1180
_LEAST_WIDTH = 760
_NAMES = 46

# Classes and variables are all under `.gg`, so that the drawing can stand in a page beside others.
_STYLE = """
.gg{--bg:#f5f6f8;--card:#fff;--ink:#1b2230;--soft:#5b6576;--line:#cfd5df;--read:#1a6fb5;--write:#b4540a;--data:#0b7a62;\
--state:#7a4bb3;--stated:#1b2230;--chip:#eceff4;--read-bg:#e5f0fa;--write-bg:#fcefe2;--path:#3556c9;--fail:#b3261e;\
--undecided:#855600;--on:#fff}
@media (prefers-color-scheme:dark){.gg{--bg:#11141a;--card:#191e27;--ink:#e3e7ee;--soft:#9ba5b6;--line:#3a4454;\
--read:#7dbcf5;--write:#f2a65e;--data:#5fd0b0;--state:#c3a0f0;--stated:#e3e7ee;--chip:#262d39;--read-bg:#16283a;\
--write-bg:#38250f;--path:#8ea6ff;--fail:#ff938b;--undecided:#efc162;--on:#11141a}}
.gg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.gg text.m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.gg text.s{fill:var(--soft)}.gg text.b{font-weight:700}.gg text.on{fill:var(--on)}
.gg .card{fill:var(--card);stroke:var(--line)}.gg .chip{fill:var(--chip)}
.gg .read{fill:var(--read)}.gg .write{fill:var(--write)}.gg .none{fill:var(--soft)}
.gg .read-bg{fill:var(--read-bg)}.gg .write-bg{fill:var(--write-bg)}.gg .none-bg{fill:var(--chip)}
.gg .e{fill:none;stroke-width:1.6}.gg .inferred{stroke-dasharray:5 4}
.gg .after{stroke:var(--soft)}.gg .stated{stroke:var(--stated);stroke-width:2.4}
.gg .data{stroke:var(--data)}.gg .state{stroke:var(--state)}
.gg .path{fill:none;stroke:var(--path);stroke-width:9;stroke-opacity:.22;stroke-linecap:round}
.gg .stop{fill:none;stroke-width:2}.gg .s-fine{stroke:var(--path)}.gg .s-fail{stroke:var(--fail)}\
.gg .s-undecided{stroke:var(--undecided)}
.gg .fine{fill:var(--path)}.gg .fail{fill:var(--fail)}.gg .undecided{fill:var(--undecided)}
.gg .t-after,.gg .t-stated{fill:var(--soft)}.gg .t-data{fill:var(--data)}.gg .t-state{fill:var(--state)}
""".strip()

_SIGNS = {"fine": "", "fail": "✕ ", "undecided": "? "}


class Note(NamedTuple):
    """A line beneath the drawing: a short name in front (`R1`, `call 5`), and what it says."""

    name: str
    text: str


class Place(NamedTuple):
    """A card and where it stands on the whole drawing."""

    card: Card
    left: int
    top: int
    width: int
    height: int


class _Set(NamedTuple):
    """A panel, its layout, and where it stands on the whole drawing."""

    panel: Panel
    layout: Layout
    left: int
    top: int


def draw(title: str, subtitle: str, panels: Sequence[Panel], notes: Sequence[Note], kinds: Sequence[str]) -> str:
    """Return the drawing; `notes` stand beneath the panels, `kinds` of edges and calls in the legend."""
    sets, width, bottom = _sets(panels, kinds)
    body: list[str] = []
    for placed in sets:
        body += _panel(placed)
    for note in notes:
        body += _note(note, bottom, width)
        bottom += _LINE * max(1, len(_note_lines(note, width))) + 5
    height = bottom + 12
    room = width - 2 * _MARGIN
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escaped(title)}">',
        f"<style>{_STYLE}</style>",
        _markers(),
        f'<rect width="{width}" height="{height}" fill="var(--bg)"/>',
        text_at(_MARGIN, 38, fit(title, room, 20, "bold"), 20, "b"),
        text_at(_MARGIN, 59, fit(subtitle, room, 12), 12, "s"),
        *_legend(kinds, 84),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def places_of(panels: Sequence[Panel], kinds: Sequence[str]) -> dict[tuple[str, str], Place]:
    """Return where `draw` puts each card: panel and card, by id → the place."""
    found = {}
    for placed in _sets(panels, kinds)[0]:
        found.update({(placed.panel.id, name): place for name, place in _placed(placed).items()})
    return found


def _sets(panels: Sequence[Panel], kinds: Sequence[str]) -> tuple[list[_Set], int, int]:
    layouts = [_layout(panel) for panel in panels]
    legend_width = _legend_width(kinds)
    width = max([_LEAST_WIDTH, legend_width + 2 * _MARGIN, *(layout.width + 2 * _MARGIN for layout in layouts)])
    return _arranged(panels, layouts, width)


def _placed(placed: _Set) -> dict[str, Place]:
    boxes = _boxes(placed.panel)
    places = {}
    for card in placed.panel.cards:
        x, y = placed.layout.places[card.id]
        places[card.id] = Place(card, placed.left + x, placed.top + y, boxes[card.id].width, boxes[card.id].height)
    return places


def _arranged(panels: Sequence[Panel], layouts: Sequence[Layout], width: int) -> tuple[list[_Set], int, int]:
    """Put panels side by side while there is room; return them, the width used and where they end."""
    wide = max(width, _ROOMY)
    sets: list[_Set] = []
    left, top, lowest, used = _MARGIN, 122, 122, width
    for panel, layout in zip(panels, layouts, strict=True):
        needed = max(layout.width, int(width_of(panel.title, 14, "bold")))
        if left > _MARGIN and left + needed + _MARGIN > wide:
            left, top = _MARGIN, lowest + 24
        sets.append(_Set(panel, layout, left, top + 18))
        lowest = max(lowest, top + 18 + layout.height + 20)
        used = min(max(used, left + needed + _MARGIN), wide)
        left += needed + _GAP
    return sets, used, lowest + 16


def _layout(panel: Panel) -> Layout:
    boxes = _boxes(panel)
    pairs = forward_pairs(tuple(boxes), _pairs(panel, inferred=False), _pairs(panel, inferred=True))
    return lay_out(tuple(boxes.values()), pairs, _ACROSS)


def _boxes(panel: Panel) -> dict[str, Box]:
    """Return the size of each card; those that no edge touches stand in rows, and have the same width there."""
    tied = {end for pair in (*_pairs(panel, inferred=False), *_pairs(panel, inferred=True)) for end in pair}
    boxes = {card.id: _box(card) for card in panel.cards}
    widest = max((box.width for name, box in boxes.items() if name not in tied), default=0)
    return {name: box if name in tied else box._replace(width=widest) for name, box in boxes.items()}


def _pairs(panel: Panel, *, inferred: bool) -> list[tuple[str, str]]:
    """Return which card is needed by which: what workflow and text say, or what is inferred."""
    pairs = [] if inferred else [(before, card.id) for card in panel.cards for before in card.after]
    for card in panel.cards:
        pairs += [(source, card.id) for row in card.rows if row.inferred is inferred for source in row.sources]
    return pairs


def _box(card: Card) -> Box:
    wanted = [
        width_of(card.id, 14, "bold") + _chip_width(card.effect or "effect?") + 10,
        width_of(card.tool, 12, "mono"),
        *(width_of(row.text, 11, "mono") for row in card.rows),
        width_of(f"when {card.when}", 11, "mono") if card.when else 0,
        sum(_chip_width(mark) + 6 for mark in card.marks),
    ]
    width = min(max(_NARROWEST, int(max(wanted)) + 2 * _PAD + 2), _WIDEST)
    return Box(card.id, width, _rows_top(card, width) + _LINE * len(card.rows) + 8)


def _rows_top(card: Card, width: int) -> int:
    """Return where the rows of a card begin, below what stands above them."""
    bands = bool(card.marks) + len(_badges(card.calls, width))
    return _HEAD + _BAND * bands + _LINE * len(_when_lines(card, width))


def _when_lines(card: Card, width: int) -> list[str]:
    return wrap(f"when {card.when}", width - 2 * _PAD, 11, "mono") if card.when else []


def _panel(placed: _Set) -> Iterator[str]:
    panel, layout, left, top = placed
    yield text_at(left, top - 18, fit(panel.title, max(layout.width, _ROOMY), 14, "bold"), 14, "b")
    places = _placed(placed)
    for one, other in panel.path:
        yield path_between(places[one], places[other])
    for place in places.values():
        yield from _edges(place, places, placed)
    for place in places.values():
        yield from _card(place)


def _edges(place: Place, places: dict[str, Place], placed: _Set) -> Iterator[str]:
    for before in place.card.after:
        kind = "stated" if before in place.card.stated else "after"
        yield from _edge(places.get(before), place, place.top + _HEAD // 2, kind, placed)
    first = place.top + _rows_top(place.card, place.width) + _LINE // 2
    for number, row in enumerate(place.card.rows):
        for source in row.sources:
            style = f"{row.kind} inferred" if row.inferred else row.kind
            yield from _edge(places.get(source), place, first + _LINE * number, style, placed)


def _edge(before: Place | None, after: Place, end: int, style: str, placed: _Set) -> Iterator[str]:
    """Draw one edge; one that cannot point forward is not drawn, the card's own row says it."""
    if before is None or (before.card.id, after.card.id) not in placed.layout.routes:
        return
    kind = style.partition(" ")[0]
    start, shift = {"after": (_HEAD // 2, 0), "stated": (_HEAD // 2, 0), "data": (_HEAD - 8, 4)}.get(kind, (_HEAD, 8))
    route = [(placed.left + x, placed.top + y + shift) for x, y in placed.layout.routes[before.card.id, after.card.id]]
    points = [(before.left + before.width, before.top + start), *route, (after.left - 7, end)]
    path = f"M{points[0][0]} {points[0][1]}"
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if number % 2:
            path += f"L{to_x} {to_y}"
        else:
            bend = (to_x - x) // 2
            path += f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    yield f'<path class="e {style}" d="{path}" marker-end="url(#gg-{kind})"/>'


def path_between(one: Place, other: Place) -> str:
    """Draw that a call of one card was followed by a call of another."""
    x, y = one.left + one.width // 2, one.top + one.height // 2
    to_x, to_y = other.left + other.width // 2, other.top + other.height // 2
    bend = (to_x - x) // 2 if to_x != x else 70
    return f'<path class="path" d="M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"/>'


def _markers() -> str:
    heads = "".join(
        f'<marker id="gg-{kind}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--{colour})"/></marker>'
        for kind, colour in (("after", "soft"), ("stated", "stated"), ("data", "data"), ("state", "state"))
    )
    return f"<defs>{heads}</defs>"


def _card(place: Place) -> Iterator[str]:
    """Draw a card as a drawing of its own, which cuts off whatever would reach beyond it."""
    card, left, top, width, height = place
    effect = card.effect or "none"
    word = card.effect or "effect?"
    pill = _chip_width(word)
    room = width - 2 * _PAD
    x = width - _PAD - pill
    yield f'<svg x="{left}" y="{top}" width="{width}" height="{height}"><title>{escaped(card.hint)}</title>'
    yield f'<rect class="card" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9"/>'
    yield f'<rect class="{effect}" x="0" y="10" width="4" height="{height - 20}" rx="2"/>'
    yield text_at(_PAD, 24, fit(card.id, room - pill - 8, 14, "bold"), 14, "b")
    yield f'<rect class="{effect}-bg" x="{x}" y="11" width="{pill}" height="18" rx="9"/>'
    yield text_at(x + 8, 24, word, 11, effect)
    yield text_at(_PAD, 43, fit(card.tool, room, 12, "mono"), 12, "m s")
    y = _HEAD
    if card.marks:
        yield from _chips(card.marks, y, width)
        y += _BAND
    for band in _badges(card.calls, width):
        yield from _badge_band(band, y)
        y += _BAND
    for line in _when_lines(card, width):
        yield text_at(_PAD, y + 13, line, 11, "m")
        y += _LINE
    for row in card.rows:
        yield _row(row, y, room)
        y += _LINE
    yield "</svg>"


def _row(row: Row, top: int, room: int) -> str:
    text = text_at(_PAD, top + 13, fit(row.text, room, 11, "mono"), 11, f"m t-{row.kind}")
    return f"<g><title>{escaped(row.hint)}</title>{text}</g>" if row.hint else text


def _chips(marks: Sequence[str], top: int, width: int) -> Iterator[str]:
    x = _PAD
    for mark in marks:
        room = width - _PAD - x - 16
        if room < 40:
            return
        text = fit(mark, room, 11)
        chip = _chip_width(text)
        yield f'<rect class="chip" x="{x}" y="{top}" width="{chip}" height="18" rx="5"/>'
        yield text_at(x + 8, top + 13, text, 11)
        x += chip + 6


def _badges(calls: Sequence[Call], width: int) -> list[list[Call | int]]:
    """Return the calls in bands that fit the card, at most two; a number stands for that many more."""
    bands: list[list[Call | int]] = []
    x = width
    for index, call in enumerate(calls):
        needed = badge_width(call) + 5
        if x + needed > width - _PAD:
            if len(bands) == 2:
                bands[-1][-1:] = [len(calls) - index + 1]
                break
            bands.append([])
            x = _PAD
        bands[-1].append(call)
        x += needed
    return bands


def _badge_band(band: Sequence[Call | int], top: int) -> Iterator[str]:
    x = _PAD
    for call in band:
        fate = "none" if isinstance(call, int) else call.fate
        width = badge_width(call)
        yield f'<rect class="{fate}" x="{x}" y="{top}" width="{width}" height="19" rx="9.5"/>'
        yield text_at(x + 7, top + 14, badge_text(call), 11, "b on")
        x += width + 5


def badge_text(call: Call | int) -> str:
    return f"+{call}" if isinstance(call, int) else f"{_SIGNS[call.fate]}{call.number}"


def badge_width(call: Call | int) -> int:
    return int(width_of(badge_text(call), 11, "bold")) + 15


def _chip_width(text: str) -> int:
    return int(width_of(text, 11)) + 16


def _note_lines(note: Note, width: int) -> list[str]:
    return wrap(note.text, width - 2 * _MARGIN - _NAMES, 12)


def _note(note: Note, top: int, width: int) -> Iterator[str]:
    yield text_at(_MARGIN, top, fit(note.name, _NAMES - 8, 12, "bold"), 12, "b")
    for number, line in enumerate(_note_lines(note, width)):
        yield text_at(_MARGIN + _NAMES, top + _LINE * number, line, 12, "s")


# What stands in the legend: kind → words. Effects are always there.
_LEGEND = {
    "declared": (("order", "after"), ("data", "data")),
    "stated": (("order, stated by a rule", "stated"),),
    "data": (("data, inferred", "data inferred"),),
    "state": (("state, inferred", "state inferred"),),
}
_CALLS = (("call", Call(3, "fine")), ("call at fault", Call(4, "fail")), ("undecided", Call(5, "undecided")))


def _legend_width(kinds: Sequence[str]) -> int:
    words = [word for kind in kinds for word, _ in _LEGEND.get(kind, ())]
    words += [word for word, _ in _CALLS] if "path" in kinds else []
    return 120 + sum(int(width_of(word, 11)) + 56 for word in words)


def _legend(kinds: Sequence[str], base: int) -> Iterator[str]:
    """Draw what the colours, the lines and the numbers mean."""
    x = _MARGIN
    for word in ("read", "write"):
        yield f'<rect class="{word}" x="{x}" y="{base - 10}" width="4" height="12" rx="2"/>'
        yield text_at(x + 10, base, word, 11, "s")
        x += int(width_of(word, 11)) + 26
    for word, style in (pair for kind in kinds for pair in _LEGEND.get(kind, ())):
        marker = style.partition(" ")[0]
        yield f'<path class="e {style}" d="M{x} {base - 4}H{x + 20}" marker-end="url(#gg-{marker})"/>'
        yield text_at(x + 34, base, word, 11, "s")
        x += int(width_of(word, 11)) + 52
    for word, call in _CALLS if "path" in kinds else ():
        width = badge_width(call)
        yield f'<rect class="{call.fate}" x="{x}" y="{base - 14}" width="{width}" height="19" rx="9.5"/>'
        yield text_at(x + 7, base, badge_text(call), 11, "b on")
        yield text_at(x + width + 6, base, word, 11, "s")
        x += width + int(width_of(word, 11)) + 20


def text_at(x: int, y: int, text: str, size: int, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}" font-size="{size}"{kind}>{escaped(text)}</text>'
