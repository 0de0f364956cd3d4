"""Histograms and bars as one SVG: light and dark, the same bytes for the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil, log10
from typing import NamedTuple

from gem_sim.report.lettering import escaped, fit, width_of

_WIDTH = 1080
_MARGIN = 24
_GAP = 36
_BINS = 24
_TALL = 120
_LINE = 20
_LABEL = 104
_BAR_LABEL = 148

_STYLE = """
.gp{--bg:#fff;--ink:#1b2230;--soft:#5b6576;--line:#dde1e8;--ours:#3556c9;--ours-bg:#b9c6f5;--theirs:#b4540a;\
--theirs-bg:#f0c9a4}
@media (prefers-color-scheme:dark){.gp{--bg:#191e27;--ink:#e3e7ee;--soft:#9ba5b6;--line:#3a4454;--ours:#8ea6ff;\
--ours-bg:#3a4a86;--theirs:#f2a65e;--theirs-bg:#6b4216}}
.gp text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
.gp text.s{fill:var(--soft)}.gp text.b{font-weight:700}.gp text.o{fill:var(--ours);font-weight:700}
.gp .axis{stroke:var(--line)}.gp .bar{fill:var(--ours-bg)}.gp .their{fill:var(--theirs-bg)}
.gp .ours{fill:var(--ours)}.gp .theirs{fill:var(--theirs)}.gp .mean{stroke:var(--ours);stroke-width:2}
.gp .dots{stroke:var(--line);stroke-dasharray:2 4}
""".strip()


class Mark(NamedTuple):
    """A mean to compare with: whose, and how much."""

    name: str
    value: float


class Histogram(NamedTuple):
    """How often each value occurs; the first of `marks` is the mean of these values, the others are of other data."""

    title: str
    values: Counter[int]
    marks: Sequence[Mark]


class Bars(NamedTuple):
    """Shares in percent by name; `ours` are those of this data set."""

    title: str
    subtitle: str
    shares: Sequence[tuple[str, float]]
    ours: bool


def plot(title: str, histograms: Sequence[Histogram], bars: Sequence[Bars]) -> str:
    """Return one drawing: the histograms side by side, and beneath them the bars side by side."""
    across = max(len(histograms), len(bars), 1)
    width = (_WIDTH - 2 * _MARGIN - (across - 1) * _GAP) // across
    top = 62
    body: list[str] = []
    bottom = top
    for number, histogram in enumerate(histograms):
        left = _MARGIN + number * (width + _GAP)
        body += _histogram(histogram, left, top, width)
        bottom = max(bottom, top + 66 + _TALL + _LINE * len(histogram.marks))
    lowest = bottom
    for number, group in enumerate(bars):
        left = _MARGIN + number * (width + _GAP)
        body += _bars(group, left, bottom + 8, width)
        lowest = max(lowest, bottom + 70 + _LINE * max(1, len(group.shares)))
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gp" width="{_WIDTH}" height="{lowest}" '
        f'viewBox="0 0 {_WIDTH} {lowest}" role="img" aria-label="{escaped(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{lowest}" rx="10" fill="var(--bg)"/>',
        _text(_MARGIN, 34, fit(title, _WIDTH - 2 * _MARGIN, 17, "bold"), 17, "b"),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def _histogram(histogram: Histogram, left: int, top: int, width: int) -> Iterator[str]:
    """Draw the bins, and under them on the same scale a dot for each mean."""
    values = histogram.values
    right = left + width
    yield _text(left, top + 14, fit(histogram.title, width, 13, "bold"), 13, "b")
    known = [mark.value for mark in histogram.marks]
    step, bins = _bins(values, max(known, default=0))
    scale = (width - _LABEL) / (step * len(bins))
    start = left + _LABEL
    base = top + 30 + _TALL
    most = max(bins, default=0) or 1
    for number, times in enumerate(bins):
        if times:
            tall = max(2, round(_TALL * times / most))
            x = round(start + scale * step * number, 1)
            wide = round(max(1.0, scale * step - 1.5), 1)
            last = number == len(bins) - 1 and step * len(bins) <= max(values)
            low, high = step * number, step * (number + 1) - 1
            span = f"{low} and more" if last else str(low) if low == high else f"{low} to {high}"
            yield f'<rect class="bar" x="{x}" y="{base - tall}" width="{wide}" height="{tall}" rx="1.5">'
            yield f"<title>{span}: {times:,}</title></rect>"
    yield f'<path class="axis" d="M{start} {base + 0.5}H{right}"/>'
    for tick in _ticks(step * len(bins)):
        x = round(start + scale * tick, 1)
        yield f'<path class="axis" d="M{x} {base}v4"/>'
        yield _text(x, base + 16, f"{tick:,}", 10, "s", "middle")
    yield _text(left, base - _TALL + 10, f"{most:,}", 10, "s")
    yield _text(left, base, "trajectories", 10, "s")
    for number, mark in enumerate(histogram.marks):
        y = base + 36 + _LINE * number
        x = round(start + scale * min(mark.value, step * len(bins)), 1)
        kind = "ours" if number == 0 else "theirs"
        yield _text(left, y + 4, fit(mark.name, _LABEL - 8, 11), 11, "o" if number == 0 else "s")
        yield f'<path class="dots" d="M{start} {y}H{right}"/><circle class="{kind}" cx="{x}" cy="{y}" r="4.5"/>'
        words = f"{mark.value:.2f}".rstrip("0").rstrip(".")
        room = width_of(words, 11) + 12
        place = (x - 9, "end") if x + room > right else (x + 9, "start")
        yield _text(place[0], y + 4, words, 11, "o" if number == 0 else "", place[1])
        if number == 0:
            yield f'<path class="mean" d="M{x} {y - 6}V{base - _TALL}" stroke-opacity=".55"/>'


def _bins(values: Counter[int], highest: float) -> tuple[int, list[int]]:
    """Return how wide a bin is and how many values are in each, from 0; the last holds all that are higher."""
    number = values.total()
    # A few giants must not squeeze all the others into one bin.
    beyond, last = number // 100, 0
    for value in sorted(values, reverse=True):
        beyond -= values[value]
        if beyond < 0:
            last = value
            break
    end = max(last, ceil(highest * 1.05), 1) + 1
    step = max(1, ceil(end / _BINS))
    bins = [0] * ceil(end / step)
    for value, times in values.items():
        bins[min(value // step, len(bins) - 1)] += times
    return step, bins


def _ticks(end: int) -> list[int]:
    """Return round numbers from 0 up to `end`, about five of them."""
    rough = max(1.0, end / 5)
    power = 10 ** int(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return list(range(0, end + 1, int(step)))


def _bars(group: Bars, left: int, top: int, width: int) -> Iterator[str]:
    yield _text(left, top + 20, fit(group.title, width, 13, "bold"), 13, "b")
    yield _text(left, top + 37, fit(group.subtitle, width, 10), 10, "s")
    kind, full = ("bar", "ours") if group.ours else ("their", "theirs")
    room = width - _BAR_LABEL - 48
    most = max((share for _, share in group.shares), default=0) or 1
    if not group.shares:
        yield _text(left, top + 60, "nothing says what they are about", 11, "s")
    for number, (name, share) in enumerate(group.shares):
        y = top + 48 + _LINE * number
        wide = round(room * share / most, 1)
        yield _text(left, y + 12, fit(name, _BAR_LABEL - 8, 11), 11, "s")
        yield f'<rect class="{kind}" x="{left + _BAR_LABEL}" y="{y + 2}" width="{wide}" height="13" rx="2"/>'
        yield f'<rect class="{full}" x="{left + _BAR_LABEL}" y="{y + 2}" width="2" height="13"/>'
        yield _text(left + _BAR_LABEL + wide + 6, y + 12, f"{share:.1f} %", 11)


def _text(x: float, y: float, text: str, size: int, style: str = "", anchor: str = "start") -> str:
    kind = f' class="{style}"' if style else ""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" font-size="{size}"{kind}{at}>{escaped(text)}</text>'
