"""The command line: parse arguments, call one function, print.

Exit status: 0 all passed; 1 something failed; 3 nothing failed but something is undecided; 2 the input or the call
is unusable; 70 a fault of ours.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from gem_sim.errors import GemSimError, InputError, StubError

PASSED, FAILED, UNUSABLE, UNDECIDED, OURS = 0, 1, 2, 3, 70

# Command → its module in this package; each defines `command`, a function, or `app`, several of them.
_COMMANDS = (
    "demo",
    "verify",
    "report",
    "view",
    "reground",
    "compile",
    "graph",
    "check",
    "repair",
    "mutate",
    "refine",
    "rollout",
    "induce",
    "audit",
    "synthesize",
    "filter",
    "extract",
    "ground",
    "validate",
    "export",
    "synthesizer",
    "schemas",
    "serve",
    "doctor",
)


class _Commands(TyperGroup):
    """Commands in the order in which one would meet them, each imported when it is asked for."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        unloaded: dict[str, Any] = dict.fromkeys(_COMMANDS)
        self.commands = unloaded

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.commands and self.commands[cmd_name] is None:
            self.commands[cmd_name] = _imported(cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        # What a command says in the list is its docstring's; reading its options would take as long as all else.
        told = {name: _imported(name, listed=True) for name in self.commands}
        TyperGroup(commands=told).format_commands(ctx, formatter)


def _imported(name: str, *, listed: bool = False) -> Any:
    """Return a command by its name; only to be `listed`, without its options."""
    module = import_module(f"gem_sim.cli.{name}")
    if hasattr(module, "app"):
        return get_command(module.app)
    if listed:
        return TyperCommand(name, help=module.command.__doc__)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(module.command)
    return get_command(alone)


app = typer.Typer(
    name="gem-sim",
    cls=_Commands,
    help="Decide by execution whether a tool-use trajectory is true.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from gem_sim import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    _version_flag: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status; whatever goes wrong is one line on standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        status = app(args=given or ["--help"], prog_name="gem-sim", standalone_mode=False)
    except typer.TyperException as error:
        return _complain(f"{error.format_message().rstrip('.')}; see gem-sim --help", UNUSABLE)
    except InputError as error:
        return _complain(str(error), UNUSABLE)
    except StubError as error:
        return _complain(f"{error}; mend the tool's body", UNUSABLE)
    except (typer.Abort, KeyboardInterrupt):
        kept = "; what is done is kept, the same command goes on from there" if given and given[0] in _RESUMABLE else ""
        return _complain(f"interrupted{kept}", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASSED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        cure = next((cure for kind, cure in _CURES.items() if isinstance(error, kind)), None)
        return _complain(f"{place}{reason}{f'; {cure}' if cure else ''}", UNUSABLE)
    except GemSimError as error:
        return _complain(str(error), OURS)
    except Exception as error:
        traceback.print_exc()
        return _complain(f"a fault of gem-sim itself: {type(error).__name__}: {error}; please report it", OURS)
    return status if isinstance(status, int) else PASSED


# Commands that keep a ledger of what is done.
_RESUMABLE = ("synthesize", "extract", "ground", "validate")
_CURES = {
    FileExistsError: "name a folder that is new, or one that this command has written",
    NotADirectoryError: "name a path below a folder",
    FileNotFoundError: "create its folder first, or name another path",
    IsADirectoryError: "name a file",
    PermissionError: "name a path that you may write",
}


def _complain(text: str, status: int) -> int:
    print(f"gem-sim: {text}", file=sys.stderr)
    return status
