"""The page that lists every command with its arguments and options, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from gem_sim.cli import app


def cli_page() -> str:
    """Return the page."""
    lines = [
        "# Command line\n",
        "What `gem-sim COMMAND --help` says, for every command. `ENV` is the folder of an environment or the name of\n"
        "a bundled one.\n",
        "| exit status | meaning |\n|---|---|",
        "| 0 | all passed |\n| 1 | something failed |\n| 2 | the input or the call is unusable |",
        "| 3 | nothing failed but something is undecided |\n| 70 | a fault of gem-sim itself |\n",
    ]
    for name, command in every_command():
        lines.append(f"## {name}\n\n{_text(command.help)}\n")
        context = typer.Context(command, info_name=f"gem-sim {name}")
        lines.append(f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```\n")
        records = [param.get_help_record(context) for param in command.params]
        rows = [f"| `{_cell(what)}` | {_cell(told)} |" for what, told in filter(None, records)]
        if rows:
            lines.append("\n".join(["| argument or option | what it is |", "|---|---|", *rows, ""]))
    return "\n".join(lines)


def every_command() -> list[tuple[str, Any]]:
    """Return (name, command) of every command, those of a group as `group command`."""
    return list(_below("", get_command(app)))


def _below(above: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from _below(f"{above}{name} ", command)
        else:
            yield f"{above}{name}", command


def _text(told: str | None) -> str:
    return "\n".join(line.strip() for line in (told or "").splitlines()).strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
