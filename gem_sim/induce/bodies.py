"""Bodies in the tool dialect, written from a plan: what the recordings determine, and *unspecified* for the rest."""

from __future__ import annotations

from collections.abc import Mapping

from gem_sim.canonical import Json
from gem_sim.induce.filters import Filter
from gem_sim.induce.given import Pick
from gem_sim.induce.plan import Plan, arguments_of
from gem_sim.induce.roles import ANSWERS, DOUBTS, REFUSALS, SITUATION, Role, fresh_of
from gem_sim.induce.shape import Argument, Constant, Fresh, Length, Object, One, Rows, Stored, Template
from gem_sim.induce.words import identifier, kind_of_name
from gem_sim.tool import UNSPECIFIED

_WHY = "unspecified(why)"
# The variables of the bodies written here.
_LOCALS = frozenset(
    "asked exact facts field given item key known name refusal row rows scope seen value why word".split()  # noqa: SIM905
)


class Writer:
    """Writes the body of one tool; `names` maps arguments to parameters."""

    def __init__(self, plan: Plan, role: Role, names: Mapping[str, str]) -> None:
        self.plan, self.role = plan, role
        self.tool = plan.tools[role.tool]
        taken = set(names.values())
        self.names = {name: parameter for name, parameter in names.items() if parameter not in _LOCALS}
        self._kept: list[str] = []
        for name, parameter in names.items():
            if parameter in _LOCALS:
                kept = f"given_{parameter}"
                while kept in taken:
                    kept += "_"
                taken.add(kept)
                self.names[name] = kept
                self._kept.append(f"{kept} = {parameter}")

    def body(self) -> tuple[str, ...]:
        """Return the lines; an argument called as a variable of the body is kept under another name first."""
        return (*self._kept, *self._lines())

    def _lines(self) -> tuple[str, ...]:
        write = {"list": self._list, "get": self._get, "lookup": self._lookup, "create": self._create}
        lines = list(self._refusal_lines())
        if self.role.shape is None:
            return (*lines, self._unknown(f"no recording shows {self.role.tool} succeed"))
        lines += write.get(self.role.kind, self._change)()
        return tuple(lines)

    def _unknown(self, reason: str) -> str:
        return f"return unspecified({reason!r})"

    def _refusal_lines(self) -> list[str]:
        if not any(call.tool == self.role.tool for call, _ in self.plan.refusals):
            return []
        # Whether such a call is carried out is as open as its answer.
        group = "*" if self.role.table is None else self.role.table.name
        return [
            f"refusal = state.{REFUSALS}.get({f'{self.role.tool} '!r} + repr({self._all()}))",
            "if refusal is not None and refusal['at_once']:",
            "    fail(refusal['message'])",
            "if refusal is not None:",
            f"    state.{DOUBTS}[{group!r}] = {{'@key': {group!r}}}",
            "    return unspecified(f\"recorded as a refusal, and nothing says when: {refusal['message']}\")",
        ]

    def _all(self) -> str:
        return "[" + ", ".join(self.names[name] for name in arguments_of(self.tool)) + "]"

    def _scope(self, group: str) -> list[str]:
        facts = self.plan.scope_of(group)
        if not facts:
            return ["scope = ''"]
        return [
            f"facts = state.{SITUATION}.get('now')",
            f"scope = None if facts is None else ' | '.join(str(facts.get(name) or '') for name in {facts!r})",
        ]

    def _in_doubt(self, *groups: str) -> str:
        return f"any(name in state.{DOUBTS} for name in {('*', *groups)!r})"

    def _mark(self) -> list[str]:
        doubts = sorted(self.plan.doubts.get(self.role.tool, ()))
        return [f"state.{DOUBTS}[{name!r}] = {{'@key': {name!r}}}" for name in doubts]

    # Reads

    def _owned(self) -> list[str]:
        """Return the lines of a listing whose rows are all given."""
        role, table = self.role, self.role.table
        assert table is not None
        assert role.shape is not None
        filters = self.plan.filters[role.tool]
        by = {item.argument for item in filters}
        open_ones = [self.names[n] for n in arguments_of(self.tool) if n not in by and self._open(n)]
        lines = self._scope(table.name)
        lines.append("why = None")
        if stray := self.plan.strays.get(role.tool):
            lines.append(f"why = {f'{stray} recorded lists are not what the given state holds'!r}")
        lines += [
            f"if scope is None or {self._in_doubt(table.name, role.tool)}:",
            f"    why = {f'nothing says whose {table.name} these are, or an earlier call may have changed them'!r}",
        ]
        if open_ones:
            lines.append(f"if any(given is not None for given in [{', '.join(open_ones)}]):")
            lines.append(f"    why = {f'nothing says which {table.name} the arguments ask for'!r}")
        nothing = self._render(role.shape.template, rows=_WHY, length=_WHY)
        lines += ["if why is not None:", f"    return {nothing}"]
        lines.append(f"rows = [row for row in state.{table.name}.values() if row['@scope'] == scope]")
        return [*lines, *self._filtered(table.name)]

    def _filtered(self, table: str) -> list[str]:
        """Return the lines that filter `rows` and answer them."""
        assert self.role.shape is not None
        nothing = self._render(self.role.shape.template, rows=_WHY, length=_WHY)
        lines = []
        for item in self.plan.filters[self.role.tool]:
            parameter = self.names[item.argument]
            every = self.plan.fields.get(table, {}).get(item.field, False)
            held = f"[row.get({item.field!r}, {{{UNSPECIFIED!r}: ''}})]" if every else f"[row.get({item.field!r})]"
            held = held if item.field else "row.values()"
            unknown = f"isinstance(item, dict) and {UNSPECIFIED!r} in item"
            lines += [
                f"if {parameter} is not None:",
                f"    if any({unknown} for row in rows for item in {held}):",
                f"        why = {f'nothing determines which {table} pass {item.argument}'!r}",
                f"        return {nothing}",
                f"    rows = [row for row in rows if {item.test(parameter)}]",
            ]
        answer = self._render(self.role.shape.template, rows=self._rows(table), length="len(rows)")
        return [*lines, f"return {answer}"]

    def _list(self) -> list[str]:
        role, table = self.role, self.role.table
        assert table is not None
        assert role.shape is not None
        if table.name in self.plan.owners:
            return self._owned()
        filters = self.plan.filters[role.tool]
        by = {item.argument for item in filters}
        exact = [self.names[name] for name in arguments_of(self.tool) if name not in by]
        asked = ", ".join(f"{item.argument!r}: {self.names[item.argument]}" for item in _unique(filters))
        nothing = self._render(role.shape.template, rows=_WHY, length=_WHY)
        lines = self._scope(role.tool)
        lines += [
            f"exact, asked = repr([{', '.join(exact)}]), {{{asked}}}",
            f"known = [seen for seen in state.{ANSWERS}.values() if seen['tool'] == {role.tool!r}"
            " and seen['scope'] == scope and seen['exact'] == exact]",
            "known = [seen for seen in known if all(asked[name] == value for name, value in seen['asked'].items())]",
            "why = None",
            "if not known:",
            f"    why = {f'no recording lists all {table.name} that this asks for'!r}",
            f"elif {self._in_doubt(table.name, role.tool)}:",
            f"    why = {f'an earlier call may have changed {table.name}'!r}",
            "else:",
            "    why = ([seen['disputed'] for seen in known if seen['disputed']] or [None])[0]",
        ]
        if any(self._open(name) for name in arguments_of(self.tool) if name not in by):
            lines += [
                f"if why is None and any(row['@made'] for row in state.{table.name}.values()):",
                f"    why = {f'nothing says which new {table.name} the arguments ask for'!r}",
            ]
        lines += ["if why is not None:", f"    return {nothing}"]
        lines += self._scope(table.name)
        lines += [
            f"rows = [row for row in state.{table.name}.values() if row['@scope'] == scope]",
            f"rows = [row for row in rows if row['@made'] or str(row[{table.key!r}]) in known[0]['keys']]",
        ]
        return [*lines, *self._filtered(table.name)]

    def _open(self, argument: str) -> bool:
        """Tell whether an unexplained argument may filter: it was given with several values, or not always."""
        calls = self.role.shape.calls if self.role.shape is not None else ()
        return len({repr(call.arguments.get(argument)) for call in calls}) > 1

    def _rows(self, table: str) -> str:
        fields = self.plan.fields[table]
        always = tuple(field for field, every in fields.items() if every)
        rest = tuple(field for field, every in fields.items() if not every)
        why = "unspecified(f'nothing recorded determines {name}')"
        row = f"**{{name: row.get(name, {why}) for name in {always!r}}}"
        if rest:
            row += f", **{{name: row[name] for name in {rest!r} if name in row}}"
        return f"[{{{row}}} for row in rows]"

    def _get(self) -> list[str]:
        role, table = self.role, self.role.table
        assert table is not None
        assert role.key_argument is not None
        assert role.shape is not None
        return [
            *self._scope(table.name),
            f'row = state.{table.name}.get(f"{{scope}}/{{{self.names[role.key_argument]}}}")',
            f"if row is None or {self._in_doubt(table.name, role.tool)}:",
            "    row = {}",
            f"return {self._render(role.shape.template)}",
        ]

    def _picked(self, pick: Pick) -> list[str]:
        """Return the lines of a tool that answers one row of a given table."""
        assert self.role.shape is not None
        tests = [item.test(self.names[item.argument]) for item in pick.by_argument]
        tests += [f"row.get({field!r}) == facts.get({fact!r})" for field, fact in pick.by_fact]
        return [
            f"facts = state.{SITUATION}.get('now', {{}})",
            f"rows = [row for row in state.{given_table(pick.given)}.values() if {' and '.join(tests) or 'True'}]",
            f"row = rows[0] if len(rows) == 1 and not {self._in_doubt(self.role.tool)} else {{}}",
            f"return {self._render(self.role.shape.template, picked=True)}",
        ]

    def _lookup(self) -> list[str]:
        role = self.role
        assert role.shape is not None
        if role.tool in self.plan.picks:
            return self._picked(self.plan.picks[role.tool])
        why = "no recording asks this of the start"
        unknown = self._render(_blank(role.shape.template), rows=_WHY, length=_WHY, why=why)
        return [
            *self._scope(role.tool),
            "known = None",
            "if scope is not None:",
            f"    known = state.{ANSWERS}.get({f'{role.tool} '!r} + scope + ' ' + repr({self._all()}))",
            f"if known is None or {self._in_doubt(role.tool)}:",
            f"    return {unknown}",
            "if known['disputed']:",
            "    return unspecified(known['disputed'])",
            "return known['answer']",
        ]

    # Writes

    def _create(self) -> list[str]:
        role, table = self.role, self.role.table
        assert table is not None
        assert role.shape is not None
        lines = self._scope(table.name)
        for name in dict.fromkeys(fresh_of(role.shape)):
            made = next((r.table.name for r in self.plan.roles.values() if r.table and r.table.key == name), name)
            lines.append(f"{_made(name)} = new_id({made!r})")
        sets = self.plan.sets.get(role.tool, {})
        row = [f"{table.key!r}: {_made(table.key)}"]
        for field, always in self.plan.fields.get(table.name, {}).items():
            if field in sets:
                row.append(f"{field!r}: {self._value(field)}")
            elif always and field != table.key:
                row.append(f"{field!r}: unspecified({f'no recording shows what {role.tool} makes of {field}'!r})")
        key = f'f"{{scope}}/{{{_made(table.key)}}}"'
        lines.append(f"key = {key}")
        lines.append(f"state.{table.name}[key] = {{'@key': key, '@scope': scope, '@made': True, {', '.join(row)}}}")
        return [*lines, *self._mark(), f"return {self._render(role.shape.template, row='{}')}"]

    def _value(self, field: str) -> str:
        source = self.plan.sets[self.role.tool][field]
        return repr(source.value) if source.argument is None else self.names[source.argument]

    def _change(self) -> list[str]:
        role, table = self.role, self.role.table
        assert role.shape is not None
        if table is None or role.key_argument is None:
            return [*self._mark(), f"return {self._render(role.shape.template, row='{}')}"]
        key = self.names[role.key_argument]
        lines = [*self._scope(table.name), f'key = f"{{scope}}/{{{key}}}"']
        lines += [f"row = state.{table.name}.get(key, {{}})"]
        if role.kind == "delete":
            lines += [f"if key in state.{table.name}:", f"    del state.{table.name}[key]"]
        else:
            lines += self._updates(table.name)
        return [*lines, *self._mark(), f"return {self._render(role.shape.template)}"]

    def _updates(self, table: str) -> list[str]:
        # A row that was changed may be listed where it was not before, as a new one may.
        lines = ["if row:", "    row['@made'] = True"]
        if table not in self.plan.owners:
            lines += ["else:", f"    state.{DOUBTS}[{table!r}] = {{'@key': {table!r}}}"]
        sets = self.plan.sets.get(self.role.tool, {})
        for field, source in sets.items():
            value = self._value(field)
            if source.argument is None:
                lines += ["if row:", f"    row[{field!r}] = {value}"]
            else:
                lines += [f"if row and {value} is not None:", f"    row[{field!r}] = {value}"]
        if not sets and kind_of_name(self.role.tool) != "create":
            why = f"no recording shows what {self.role.tool} changes"
            others = tuple(f for f in self.plan.fields.get(table, {}) if f != (self.role.table and self.role.table.key))
            lines += [f"for name in {others!r}:", "    if row:", f"        row[name] = unspecified({why!r})"]
        return lines

    # Answers

    def _render(
        self,
        template: Template,
        *,
        rows: str = "[]",
        length: str = "0",
        row: str = "row",
        why: str | None = None,
        picked: bool = False,
    ) -> str:
        def text(part: Template) -> str:
            if isinstance(part, Object):
                return "{" + ", ".join(f"{key!r}: {text(below)}" for key, below in part.fields) + "}"
            if isinstance(part, One):
                return f"[{text(part.item)}]"
            if isinstance(part, Constant):
                return repr(part.value)
            if isinstance(part, Argument):
                return self.names[part.name]
            if isinstance(part, Fresh) and self.role.kind == "create":
                return _made(part.name)
            if isinstance(part, Rows | Length):
                found = rows if isinstance(part, Rows) else length
                return found.replace(_WHY, f"unspecified({why!r})") if why else found
            reason = why or f"nothing recorded determines {part.name or 'the answer'}"
            if picked or (self.role.kind in ("get", "update", "delete") and row == "row"):
                return f"row.get({part.name!r}, unspecified({reason!r}))"
            return f"unspecified({reason!r})"

        return text(template)


def _made(field: str) -> str:
    """Return the variable that holds an id made up for a field."""
    return f"made_{identifier(field)}"


def given_table(name: str) -> str:
    """Return the table that holds the rows of a given one."""
    return identifier(f"given_{name}")


def _blank(template: Template) -> Template:
    """Return a template in which a listed part is as unknown as any other."""
    return template if isinstance(template, Object) else Stored("")


def _unique(filters: tuple[Filter, ...]) -> list[Filter]:
    return list({item.argument: item for item in filters}.values())


def exact_of(plan: Plan, tool: str, arguments: Mapping[str, Json]) -> str:
    """Return the text by which a body finds a recorded listing: its unexplained arguments in declared order."""
    by = {item.argument for item in plan.filters.get(tool, ())}
    return repr([arguments.get(name) for name in arguments_of(plan.tools[tool]) if name not in by])


def all_of(plan: Plan, tool: str, arguments: Mapping[str, Json]) -> str:
    """Return the text by which a body finds a recorded answer or refusal: all arguments in declared order."""
    return repr([arguments.get(name) for name in arguments_of(plan.tools[tool])])
