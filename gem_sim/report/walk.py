"""The path of one trajectory as a drawing that lies over that of its environment, which is the same for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from gem_sim.environment import Environment
from gem_sim.report.cards import Call, panels
from gem_sim.report.graph import SHOWN, svg
from gem_sim.report.lettering import escaped
from gem_sim.report.svg import Place, badge_text, badge_width, path_between, places_of, text_at
from gem_sim.simulator.dependency_graph import dependency_graph
from gem_sim.verifier.trail import Trail

# A drawing of more steps is no help to anybody.
MOST_STEPS = 200
# The legend of the drawing below, which decides how wide it is.
_LEGEND = ("declared", "stated")
_FATES = {"fine": "", "fail": ", at fault", "undecided": ", undecided"}


class Walks:
    """An environment's drawing, and paths over it. `drawing` is empty where there are no steps, or too many."""

    def __init__(self, environment: Environment) -> None:
        steps = sum(len(workflow.steps) for workflow in environment.workflows)
        self.drawing = _readable(svg(environment)) if 0 < steps <= MOST_STEPS else ""
        edges = dependency_graph(environment, ()).of(SHOWN) if self.drawing else ()
        self._places = places_of(panels(environment, edges), _LEGEND) if self.drawing else {}

    def over(self, path: Sequence[Trail], number: int) -> str:
        """Return the path as SVG: `g.walk` belongs beneath the cards, `g.stops` above them.

        Args:
            path: The calls in order.
            number: That of the trajectory in its page, for links to its calls (`#t<number>-c<call>`).
        """
        known = [one for one in path if (one.workflow, one.step) in self._places]
        if not known:
            return ""
        stops: dict[tuple[str, str], list[Call]] = {}
        for one in known:
            stops.setdefault((one.workflow, one.step), []).append(Call(one.number, one.fate))
        pairs = dict.fromkeys(
            ((a.workflow, a.step), (b.workflow, b.step))
            for a, b in pairwise(known)
            if a.workflow == b.workflow and a.step != b.step
        )
        lines = [path_between(self._places[one], self._places[other]) for one, other in pairs]
        marks = [mark for at, calls in stops.items() for mark in _stop(self._places[at], calls, number)]
        return f'<svg><g class="walk">{"".join(lines)}</g><g class="stops">{"".join(marks)}</g></svg>'


def _readable(drawing: str) -> str:
    """Return a drawing that a narrow page may shrink by a third, and no further."""
    width = re.search(r'width="(\d+)"', drawing)
    least = 0 if width is None else int(width[1]) * 2 // 3
    return drawing.replace("<svg ", f'<svg style="min-width:{least}px" ', 1)


def _stop(place: Place, calls: Sequence[Call], number: int) -> list[str]:
    """Return a frame round a card and the numbers of its calls on its upper edge."""
    fates = [call.fate for call in calls]
    worst = next((fate for fate in ("fail", "undecided") if fate in fates), "fine")
    frame = f'x="{place.left}" y="{place.top}" width="{place.width}" height="{place.height}" rx="9"'
    marks = [f'<rect class="stop s-{worst}" {frame}/>']
    x, end = place.left + 10, place.left + place.width - 10
    for index, call in enumerate(calls):
        width = badge_width(call)
        left = len(calls) - index
        if left > 1 and x + width + 44 > end:
            wide = badge_width(left)
            marks.append(f'<rect class="none" x="{x}" y="{place.top - 10}" width="{wide}" height="19" rx="9.5"/>')
            marks.append(text_at(x + 7, place.top + 4, badge_text(left), 11, "b on"))
            break
        label = escaped(f"call {call.number}{_FATES[call.fate]}")
        pill = f'<rect class="{call.fate}" x="{x}" y="{place.top - 10}" width="{width}" height="19" rx="9.5"/>'
        words = text_at(x + 7, place.top + 4, badge_text(call), 11, "b on")
        marks.append(f'<a href="#t{number}-c{call.number}" aria-label="{label}">{pill}{words}</a>')
        x += width + 4
    return marks
