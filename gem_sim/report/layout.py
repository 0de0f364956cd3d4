"""Layered drawing: boxes into columns by dependency, few crossings, edges round the boxes between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import networkx as nx

COLUMN_GAP = 84
ROW_GAP = 26
_LANE = 14
_SWEEPS = 8


class Box(NamedTuple):
    """What is to be placed: its id and its size in pixels."""

    id: str
    width: int
    height: int


class Layout(NamedTuple):
    """Where things are: box → left and top; pair → points the edge passes between its two boxes; the whole size."""

    places: dict[str, tuple[int, int]]
    routes: dict[tuple[str, str], tuple[tuple[int, int], ...]]
    width: int
    height: int


class _Item(NamedTuple):
    """A box in a column, or the lane of an edge that passes the column (`pair`)."""

    id: str
    height: int
    pair: tuple[str, str] | None = None


def forward_pairs(
    ids: Sequence[str], pairs: Iterable[tuple[str, str]], weak: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return those pairs that can all point forward: each in turn, unless it would close a cycle with the earlier.

    Of the weak ones, those between boxes that the others place are kept where they point forward as it is.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(ids)
    kept: dict[tuple[str, str], None] = {}

    def keep(before: str, after: str) -> None:
        if before != after and not nx.has_path(graph, after, before):
            graph.add_edge(before, after)
            kept[before, after] = None

    for before, after in pairs:
        keep(before, after)
    placed = {end for pair in kept for end in pair}
    rest = list(dict.fromkeys(weak))
    for before, after in rest:
        if before not in placed or after not in placed:
            keep(before, after)
    column = {name: n for n, names in enumerate(nx.topological_generations(graph)) for name in names}
    for before, after in rest:
        if column[before] < column[after]:
            kept[before, after] = None
    return list(kept)


def lay_out(boxes: Sequence[Box], pairs: Sequence[tuple[str, str]], columns: int) -> Layout:
    """Place boxes so that every pair points from left to right; boxes in no pair stand in rows beneath.

    Args:
        boxes: In the order in which they were written; it decides where nothing else does.
        pairs: Edges without a cycle.
        columns: How many of the boxes in no pair stand side by side.
    """
    tied = {end for pair in pairs for end in pair}
    graph: nx.DiGraph[str] = nx.DiGraph(list(pairs))
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: min(_place_of(boxes, part)))
    layout = Layout({}, {}, 0, 0)
    for part in parts:
        inside = [pair for pair in pairs if pair[0] in part]
        layout = _beneath(layout, _layered([box for box in boxes if box.id in part], inside))
    return _with_rows(layout, [box for box in boxes if box.id not in tied], columns)


def _place_of(boxes: Sequence[Box], part: Collection[str]) -> list[int]:
    return [number for number, box in enumerate(boxes) if box.id in part]


def _beneath(above: Layout, below: Layout) -> Layout:
    """Return two drawings as one, the second under the first."""
    down = above.height + (ROW_GAP if above.height else 0)
    places = {name: (x, y + down) for name, (x, y) in below.places.items()}
    routes = {pair: tuple((x, y + down) for x, y in route) for pair, route in below.routes.items()}
    width = max(above.width, below.width)
    return Layout({**above.places, **places}, {**above.routes, **routes}, width, down + below.height)


def _layered(boxes: Sequence[Box], pairs: Sequence[tuple[str, str]]) -> Layout:
    column_of = _columns(boxes, pairs)
    columns: list[list[_Item]] = [[] for _ in range(max(column_of.values()) + 1)]
    for box in boxes:
        columns[column_of[box.id]].append(_Item(box.id, box.height))
    links = _add_lanes(columns, column_of, pairs)
    columns = _fewest_crossings(columns, links)
    tops = _tops(columns, links)
    lefts, width = _lefts(boxes, column_of, len(columns))
    places = {box.id: (lefts[column_of[box.id]][0], tops[box.id]) for box in boxes}
    routes: dict[tuple[str, str], tuple[tuple[int, int], ...]] = dict.fromkeys(pairs, ())
    for index, column in enumerate(columns):
        left, right = lefts[index]
        for item in column:
            if item.pair is not None:
                y = tops[item.id] + item.height // 2
                routes[item.pair] += ((left, y), (right, y))
    height = max(tops[item.id] + item.height for column in columns for item in column)
    return Layout(places, routes, width, height)


def _columns(boxes: Sequence[Box], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Put each box one column after the last one it depends on, then sources as near as may be to what needs them."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(box.id for box in boxes)
    graph.add_edges_from(pairs)
    column_of = {name: n for n, names in enumerate(nx.topological_generations(graph)) for name in names}
    for box in boxes:
        if graph.in_degree(box.id) == 0:
            column_of[box.id] = min(column_of[after] for after in graph.successors(box.id)) - 1
    return column_of


def _add_lanes(
    columns: list[list[_Item]], column_of: Mapping[str, int], pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Add a lane to every column that an edge passes; return the edges cut into links of neighbouring columns."""
    links = []
    for before, after in pairs:
        last = before
        for number in range(column_of[before] + 1, column_of[after]):
            lane = _Item(f"{before}\0{after}\0{number}", _LANE, (before, after))
            columns[number].append(lane)
            links.append((last, lane.id))
            last = lane.id
        links.append((last, after))
    return links


def _fewest_crossings(columns: list[list[_Item]], links: Sequence[tuple[str, str]]) -> list[list[_Item]]:
    """Order each column by where its neighbours stand, forth and back, and keep the best order seen."""
    left_of, right_of = _neighbours(links)
    best, fewest = columns, _crossings(columns, links)
    current = columns
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forth = sweep % 2 == 0
        order = list(range(1, len(current))) if forth else list(range(len(current) - 2, -1, -1))
        current = list(current)
        for number in order:
            beside = {item.id: rank for rank, item in enumerate(current[number - 1 if forth else number + 1])}
            near = left_of if forth else right_of
            ranks = {
                item.id: _mean([beside[other] for other in near[item.id] if other in beside], rank)
                for rank, item in enumerate(current[number])
            }
            current[number] = sorted(current[number], key=lambda item: ranks[item.id])
        crossings = _crossings(current, links)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def _neighbours(links: Sequence[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    left_of: dict[str, list[str]] = defaultdict(list)
    right_of: dict[str, list[str]] = defaultdict(list)
    for left, right in links:
        left_of[right].append(left)
        right_of[left].append(right)
    return left_of, right_of


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(columns: Sequence[Sequence[_Item]], links: Sequence[tuple[str, str]]) -> int:
    rank = {item.id: (number, place) for number, column in enumerate(columns) for place, item in enumerate(column)}
    ends = [(rank[left], rank[right]) for left, right in links]
    return sum(
        first[0][0] == second[0][0] and (first[0][1] - second[0][1]) * (first[1][1] - second[1][1]) < 0
        for index, first in enumerate(ends)
        for second in ends[:index]
    )


def _tops(columns: Sequence[Sequence[_Item]], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Give every item its top: as level with its neighbours as the order in its column lets it be."""
    left_of, right_of = _neighbours(links)
    middle: dict[str, float] = {}
    for column in columns:
        top = 0.0
        for item in column:
            middle[item.id] = top + item.height / 2
            top += item.height + ROW_GAP
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else list(reversed(columns)):
            wanted = [
                _mean([middle[other] for other in (*left_of[item.id], *right_of[item.id])], middle[item.id])
                for item in column
            ]
            middle.update(zip((item.id for item in column), _apart(column, wanted), strict=True))
    tops = {item.id: middle[item.id] - item.height / 2 for column in columns for item in column}
    least = min(tops.values())
    return {name: round(top - least) for name, top in tops.items()}


def _apart(column: Sequence[_Item], wanted: Sequence[float]) -> list[float]:
    """Return the middles nearest to those wanted that keep the order and the gaps (isotonic regression)."""
    offsets, offset = [], 0.0
    for before, item in zip((None, *column), column, strict=False):
        if before is not None:
            offset += (before.height + item.height) / 2 + ROW_GAP
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []
    for middle, offset in zip(wanted, offsets, strict=True):
        blocks.append((middle - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (left, n), (right, m) = blocks[-2], blocks[-1]
            blocks[-2:] = [((left * n + right * m) / (n + m), n + m)]
    levels = [level for level, size in blocks for _ in range(size)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _lefts(boxes: Sequence[Box], column_of: Mapping[str, int], number: int) -> tuple[list[tuple[int, int]], int]:
    """Return the left and right edge of each column, and the right edge of the last."""
    lefts, left = [], 0
    for column in range(number):
        width = max(box.width for box in boxes if column_of[box.id] == column)
        lefts.append((left, left + width))
        left += width + COLUMN_GAP
    return lefts, left - COLUMN_GAP


def _with_rows(layout: Layout, boxes: Sequence[Box], columns: int) -> Layout:
    wide = max((box.width for box in boxes), default=0) + ROW_GAP
    for start in range(0, len(boxes), columns):
        row = boxes[start : start + columns]
        places = {box.id: (number * wide, 0) for number, box in enumerate(row)}
        height = max(box.height for box in row)
        layout = _beneath(layout, Layout(places, {}, len(row) * wide - ROW_GAP, height))
    return layout
