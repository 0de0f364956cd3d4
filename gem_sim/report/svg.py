"""Panels of cards as one SVG: light and dark, the same bytes for the same environment, no text beyond its card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from gem_sim.report.cards import Card, Panel, Row
from gem_sim.report.layout import Box, Layout, forward_pairs, lay_out
from gem_sim.report.lettering import escaped, fit, width_of, wrap

_MARGIN = 28
_PAD = 14
_NARROWEST, _WIDEST = 176, 310
_HEAD = 54
_LINE = 18
_MARKS = 26
_ACROSS = 4
_LEAST_WIDTH = 720

_STYLE = """
.gg{--bg:#f5f6f8;--card:#fff;--ink:#1b2230;--soft:#5b6576;--line:#cfd5df;--read:#1a6fb5;--write:#b4540a;--data:#0b7a62;\
--state:#7a4bb3;--stated:#1b2230;--chip:#eceff4;--read-bg:#e5f0fa;--write-bg:#fcefe2;--fail:#b3261e}
@media (prefers-color-scheme:dark){.gg{--bg:#11141a;--card:#191e27;--ink:#e3e7ee;--soft:#9ba5b6;--line:#3a4454;\
--read:#7dbcf5;--write:#f2a65e;--data:#5fd0b0;--state:#c3a0f0;--stated:#e3e7ee;--chip:#262d39;--read-bg:#16283a;\
--write-bg:#38250f;--fail:#ff938b}}
.gg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.gg .m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.gg .s{fill:var(--soft)}
.gg .b{font-weight:700}
.gg .card{fill:var(--card);stroke:var(--line)}
.gg .chip{fill:var(--chip)}
.gg .read{fill:var(--read)}.gg .write{fill:var(--write)}.gg .none{fill:var(--soft)}
.gg .read-bg{fill:var(--read-bg)}.gg .write-bg{fill:var(--write-bg)}.gg .none-bg{fill:var(--chip)}
.gg .e{fill:none;stroke-width:1.6}
.gg .after{stroke:var(--soft)}.gg .stated{stroke:var(--stated);stroke-width:2.4}
.gg .data{stroke:var(--data)}.gg .state{stroke:var(--state)}.gg .inferred{stroke-dasharray:5 4}
.gg .t-after,.gg .t-stated{fill:var(--soft)}.gg .t-data{fill:var(--data)}.gg .t-state{fill:var(--state)}
""".strip()


class _Place(NamedTuple):
    """A card and where it stands on the whole drawing."""

    card: Card
    left: int
    top: int
    width: int
    height: int


def draw(title: str, subtitle: str, panels: Sequence[Panel], notes: Sequence[str]) -> str:
    """Return the drawing; `notes` stand beneath the panels, each wrapped to the width."""
    layouts = [_layout(panel) for panel in panels]
    width = max([_LEAST_WIDTH, *(layout.width + 2 * _MARGIN for layout in layouts)])
    body: list[str] = []
    top = 92
    for panel, layout in zip(panels, layouts, strict=True):
        body.append(_text(_MARGIN, top, fit(panel.title, width - 2 * _MARGIN, 14, "bold"), 14, "b"))
        top += 16
        body += _panel(panel, layout, top)
        top += layout.height + 46
    for note in notes:
        for line in wrap(note, width - 2 * _MARGIN, 12):
            body.append(_text(_MARGIN, top, line, 12, "s"))
            top += _LINE
        top += 4
    height = top + 8
    room = width - 2 * _MARGIN
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escaped(title)}">',
        f"<style>{_STYLE}</style>",
        _markers(),
        f'<rect width="{width}" height="{height}" fill="var(--bg)"/>',
        _text(_MARGIN, 38, fit(title, room, 20, "bold"), 20, "b"),
        _text(_MARGIN, 58, fit(subtitle, room * 0.4, 12), 12, "s"),
        *_legend(width - _MARGIN, 58),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def _layout(panel: Panel) -> Layout:
    ids = [card.id for card in panel.cards]
    return lay_out([_box(card) for card in panel.cards], forward_pairs(ids, _pairs(panel)), _ACROSS)


def _pairs(panel: Panel) -> list[tuple[str, str]]:
    """Return which card is needed by which, what the workflow declares first."""
    known = {card.id for card in panel.cards}
    declared = [(before, card.id) for card in panel.cards for before in card.after]
    rows = [(row.inferred, source, card.id) for card in panel.cards for row in card.rows for source in row.sources]
    declared += [(source, needing) for _, source, needing in sorted(rows, key=lambda row: row[0])]
    return [(before, after) for before, after in declared if before in known]


def _box(card: Card) -> Box:
    wanted = [
        width_of(card.title, 14, "bold") + 58,
        width_of(card.tool, 12, "mono"),
        *(width_of(row.text, 11, "mono") for row in card.rows),
        width_of(f"when {card.when}", 11, "mono") if card.when else 0,
        sum(_chip_width(mark) + 6 for mark in card.marks),
    ]
    width = min(max(_NARROWEST, int(max(wanted)) + 2 * _PAD + 2), _WIDEST)
    height = _HEAD + (_MARKS if card.marks else 0) + _LINE * (len(_when_lines(card, width)) + len(card.rows)) + 8
    return Box(card.id, width, height)


def _when_lines(card: Card, width: int) -> list[str]:
    return wrap(f"when {card.when}", width - 2 * _PAD, 11, "mono") if card.when else []


def _panel(panel: Panel, layout: Layout, top: int) -> Iterator[str]:
    places = {}
    for card in panel.cards:
        left, down = layout.places[card.id]
        box = _box(card)
        places[card.id] = _Place(card, _MARGIN + left, top + down, box.width, box.height)
    for place in places.values():
        yield from _edges(place, places, panel, layout, top)
    for place in places.values():
        yield from _card(place)


def _edges(place: _Place, places: dict[str, _Place], panel: Panel, layout: Layout, top: int) -> Iterator[str]:
    for before in place.card.after:
        kind = "stated" if (before, place.card.id) in panel.stated else "after"
        yield from _edge(places.get(before), place, place.top + _HEAD // 2, kind, layout, top)
    for number, row in enumerate(place.card.rows):
        for source in row.sources:
            style = f"{row.kind} inferred" if row.inferred else row.kind
            yield from _edge(places.get(source), place, _row_middle(place, number), style, layout, top)


def _row_middle(place: _Place, number: int) -> int:
    return place.top + place.height - 8 - _LINE * (len(place.card.rows) - number) + _LINE // 2


def _edge(before: _Place | None, after: _Place, end: int, style: str, layout: Layout, top: int) -> Iterator[str]:
    """Draw one edge; one that cannot point forward is not drawn, the card's own row says it."""
    if before is None or (before.card.id, after.card.id) not in layout.routes:
        return
    kind = style.partition(" ")[0]
    start = before.top + (_HEAD // 2 if kind in ("after", "stated") else _HEAD - 8)
    shift = 0 if kind in ("after", "stated") else 4
    route = [(_MARGIN + x, top + y + shift) for x, y in layout.routes[before.card.id, after.card.id]]
    points = [(before.left + before.width, start), *route, (after.left - 7, end)]
    path = f"M{points[0][0]} {points[0][1]}"
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if number % 2:
            path += f"L{to_x} {to_y}"
        else:
            bend = (to_x - x) // 2
            path += f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    yield f'<path class="e {style}" d="{path}" marker-end="url(#gg-{kind})"/>'


def _markers() -> str:
    heads = "".join(
        f'<marker id="gg-{kind}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--{colour})"/></marker>'
        for kind, colour in (("after", "soft"), ("stated", "stated"), ("data", "data"), ("state", "state"))
    )
    return f"<defs>{heads}</defs>"


def _card(place: _Place) -> Iterator[str]:
    card, left, top, width, height = place
    effect = card.effect or "none"
    word = card.effect or "effect?"
    pill = _chip_width(word)
    room = width - 2 * _PAD
    yield f"<g><title>{escaped(card.hint)}</title>"
    yield f'<rect class="card" x="{left}" y="{top}" width="{width}" height="{height}" rx="9"/>'
    yield f'<rect class="{effect}" x="{left}" y="{top + 10}" width="4" height="{height - 20}" rx="2"/>'
    yield _text(left + _PAD, top + 24, fit(card.title, room - pill - 8, 14, "bold"), 14, "b")
    x = left + width - _PAD - pill
    yield f'<rect class="{effect}-bg" x="{x}" y="{top + 11}" width="{pill}" height="18" rx="9"/>'
    yield _text(x + 8, top + 24, word, 11, effect)
    yield _text(left + _PAD, top + 43, fit(card.tool, room, 12, "mono"), 12, "m s")
    y = top + _HEAD
    x = left + _PAD
    for mark in card.marks:
        chip = _chip_width(mark)
        if x + chip > left + width - _PAD:
            break
        yield f'<rect class="chip" x="{x}" y="{y}" width="{chip}" height="18" rx="5"/>'
        yield _text(x + 8, y + 13, mark, 11)
        x += chip + 6
    y += _MARKS if card.marks else 0
    for line in _when_lines(card, width):
        yield _text(left + _PAD, y + 13, line, 11, "m")
        y += _LINE
    for row in card.rows:
        yield from _row(row, left, y, room)
        y += _LINE
    yield "</g>"


def _row(row: Row, left: int, top: int, room: int) -> Iterator[str]:
    yield _text(left + _PAD, top + 13, fit(row.text, room, 11, "mono"), 11, f"m t-{row.kind}")


def _chip_width(text: str) -> int:
    return int(width_of(text, 11)) + 16


def _legend(right: int, base: int) -> Iterator[str]:
    """Draw what the colours and lines mean, ending at `right`."""
    lines = (("order", "after"), ("order, stated by a rule", "stated"), ("data", "data"))
    x = right
    for word, style in reversed(lines):
        x -= int(width_of(word, 11))
        yield _text(x, base, word, 11, "s")
        yield f'<path class="e {style}" d="M{x - 34} {base - 4}H{x - 14}" marker-end="url(#gg-{style})"/>'
        x -= 50
    for word in ("write", "read"):
        x -= int(width_of(word, 11))
        yield _text(x, base, word, 11, "s")
        yield f'<rect class="{word}" x="{x - 12}" y="{base - 10}" width="4" height="12" rx="2"/>'
        x -= 26


def _text(x: int, y: int, text: str, size: int, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}" font-size="{size}"{kind}>{escaped(text)}</text>'
