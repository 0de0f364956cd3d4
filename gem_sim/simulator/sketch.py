"""What is known of a value of a body without running it: which tables and rows it may be, what it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias


class Ref(NamedTuple):
    """What a value may be: the state, tables, a table, rows, a row (or a part of it, `field`), a copy, a new id."""

    kind: Literal["state", "tables", "table", "rows", "row", "copy", "new"]
    table: str = ""
    field: str = ""


class From(NamedTuple):
    """What a value was worked out from: a table (`name` empty), a field of its rows, or an argument (`table` None)."""

    table: str | None
    name: str = ""


class Sketch(NamedTuple):
    """What a value may be, and what it was worked out from."""

    refs: frozenset[Ref] = frozenset()
    from_: frozenset[From] = frozenset()


Scope: TypeAlias = dict[str, Sketch]
NOTHING: Final = Sketch()


def joined(sketches: Iterable[Sketch]) -> Sketch:
    """Return what is known of a value that may be any of these."""
    refs, from_ = frozenset[Ref](), frozenset[From]()
    for sketch in sketches:
        refs, from_ = refs | sketch.refs, from_ | sketch.from_
    return Sketch(refs, from_)


def item_of(sketch: Sketch) -> Sketch:
    """Return what an item of a value may be; the items of a table are its keys."""
    refs = {Ref("row", ref.table, ref.field) for ref in sketch.refs if ref.kind in ("rows", "row")}
    refs |= {Ref("table", ref.table) for ref in sketch.refs if ref.kind == "tables"}
    return Sketch(frozenset(refs), sketch.from_)


def rows_of(sketch: Sketch) -> Sketch:
    """Return what a collection of such values may be."""
    refs = {Ref("rows", ref.table, ref.field) for ref in sketch.refs if ref.kind in ("rows", "row")}
    refs |= {Ref("tables", ref.table) for ref in sketch.refs if ref.kind in ("tables", "table")}
    return Sketch(frozenset(refs), sketch.from_)


def merge(scope: Scope, others: Iterable[Scope]) -> None:
    """Add to a scope what its names may be in others."""
    for other in others:
        for name, sketch in other.items():
            scope[name] = joined([scope.get(name, NOTHING), sketch])
