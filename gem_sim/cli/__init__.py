"""The command line: parse arguments, call one function, print.

Exit status: 0 all passed; 1 something failed; 3 nothing failed but something is undecided; 2 the input or the call
is unusable; 70 a fault of ours.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module

import typer
from typer.core import TyperGroup

from gem_sim.errors import GemSimError, InputError, StubError

PASSED, FAILED, UNUSABLE, UNDECIDED, OURS = 0, 1, 2, 3, 70

# Command → its module in this package; each defines `command`, a function typer turns into one, or `app`.
_COMMANDS = (
    "demo",
    "verify",
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
    """Commands in the order in which one would meet them."""

    def list_commands(self, _context: object) -> list[str]:
        return list(_COMMANDS)


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


for _name in _COMMANDS:
    _module = import_module(f"gem_sim.cli.{_name}")
    if hasattr(_module, "app"):
        app.add_typer(_module.app, name=_name)
    else:
        app.command(_name)(_module.command)


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
        return _complain("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASSED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(f"{place}{error.strerror or error}", UNUSABLE)
    except GemSimError as error:
        return _complain(str(error), OURS)
    except Exception as error:
        traceback.print_exc()
        return _complain(f"a fault of gem-sim itself: {type(error).__name__}: {error}; please report it", OURS)
    return status if isinstance(status, int) else PASSED


def _complain(text: str, status: int) -> int:
    print(f"gem-sim: {text}", file=sys.stderr)
    return status
