"""A compiled function as text for a person: docstring, rules above their `require`, places in the source."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections.abc import Iterator, Mapping

from gem_sim.compiler.nodes import walk
from gem_sim.compiler.parsing import tree_of
from gem_sim.environment import Rule
from gem_sim.source import Source
from gem_sim.tool import Tool, default_of

_WIDTH = 100
# Without one of these every string ends on the line it begins on.
_LONG_STRINGS = ('"""', "'''", "\\\n", "\r")


def render_function(
    tool: Tool,
    function: str,
    names: Mapping[str, str],
    body: str,
    rules: Mapping[str, Rule],
    sources: Mapping[str, Source],
) -> str:
    """Return a tool as the Python function it is compiled to, comments added and no statement changed."""
    parameters = [_parameter(tool, argument, name) for argument, name in names.items()]
    signature = ", ".join(["state", *(["*"] if parameters else []), *parameters])
    lines = [f"def {function}({signature}):", *_docstring(tool)]
    notes = _rule_notes(body, rules, sources)
    inside = _inside_strings(body)
    for number, line in enumerate(body.split("\n"), start=1):
        if number in inside:
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"    {indent}# {note}" for note in notes.get(number, ())]
        lines.append(f"    {line}" if line.strip() else "")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return a text on one line and without what does not print, so that it stays inside a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _parameter(tool: Tool, argument: str, name: str) -> str:
    required = (tool.parameters or {}).get("required")
    if isinstance(required, list) and argument in required:
        return name
    return f"{name}={default_of(tool, argument)!r}"


def _docstring(tool: Tool) -> Iterator[str]:
    facts = [f"Effect: {tool.effect or 'undeclared'}."]
    if tool.reads:
        facts.append(f"Reads {', '.join(tool.reads)}.")
    if tool.writes:
        facts.append(f"Writes {', '.join(tool.writes)}.")
    if tool.body is None:
        facts.append("Body inferred from name, schema and entities.")
    description = textwrap.wrap(plain(tool.description) or plain(tool.name), _WIDTH)
    text = "\n".join([*description, "", " ".join(facts)])
    if '"""' in text or "\\" in text or text.endswith('"'):
        yield f"    {text!r}"
        return
    yield textwrap.indent(f'"""{text}\n"""', "    ")


def _rule_notes(body: str, rules: Mapping[str, Rule], sources: Mapping[str, Source]) -> dict[int, list[str]]:
    """Return line → comment lines, for each line with a call that names a rule."""
    notes: dict[int, list[str]] = {}
    for node in walk(tree_of(body)) if rules else ():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id not in ("require", "fail"):
            continue
        for argument in node.args:
            name = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(name, str) and name in rules:
                source = sources.get(f"rules.{name}")
                place = "" if source is None else f" ({source})"
                note = f"{name}{place}: {plain(rules[name].text)}"
                notes.setdefault(node.lineno, []).extend(textwrap.wrap(note, _WIDTH))
    return notes


def _inside_strings(body: str) -> set[int]:
    """Return the lines that begin inside a string of several lines; a space put there would change its value."""
    inside: set[int] = set()
    if not any(mark in body for mark in _LONG_STRINGS):
        return inside
    try:
        for token in tokenize.generate_tokens(io.StringIO(body).readline):
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    except (tokenize.TokenError, IndentationError):
        pass
    return inside
