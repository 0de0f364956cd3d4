"""Everything gem-sim raises, in one tree.

    GemSimError
    ├── InputError            a file or an argument is unusable; says where and what cures it
    │   ├── FormatError       a record of a data file cannot be read
    │   ├── EnvironmentFault  an environment contradicts itself or its source
    │   └── CompileError      tool bodies leave the dialect; carries every fault at once
    ├── StubError             a stub is broken: it crashed, or its result is not what it declares
    │   └── LimitError        a stub hit a limit (fuel, depth, size)
    ├── CheckError            a check crashed
    └── WorkerError           the process for untrusted stubs cannot be started

A tool that refuses is no exception (`ToolResult.is_error`), nor is a wrong trajectory (`Finding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class GemSimError(Exception):
    """Root of the tree; catching it catches what gem-sim raises on purpose."""


class InputError(GemSimError):
    """A file or an argument is unusable.

    Args:
        message: What is wrong, without the place.
        file: The file's path as the caller gave it; None when no file is involved.
        line: Line in that file, from 1; None when it is not known.
        cure: What to do about it, as an imperative; None when the message says it already.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, cure: str | None = None
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.cure = cure
        super().__init__(message)

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:"
        place += "" if self.line is None else f"{self.line}:"
        cure = "" if self.cure is None else f"; {self.cure}"
        return f"{place} {self.message}{cure}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.file, self.line, self.cure)


class FormatError(InputError):
    """A record of a data file cannot be read; the other records are not affected."""


class EnvironmentFault(InputError):
    """An environment contradicts itself or its source (a quote that is not in it, a cycle of steps)."""


class Fault(NamedTuple):
    """One place where a tool body leaves the dialect.

    `line` counts from 1 in the body, `column` from 1; `cure` says what to write instead.
    """

    tool: str
    line: int
    column: int
    message: str
    cure: str

    def __str__(self) -> str:
        return f"tool {self.tool!r}, body line {self.line}, column {self.column}: {self.message}; {self.cure}"


class CompileError(InputError):
    """Tool bodies leave the dialect; `faults` has every one of them, in order of tool, line and column."""

    def __init__(self, faults: Sequence[Fault], *, file: str | None = None) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults), file=file)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_compile, (self.faults, self.file)


class StubError(GemSimError):
    """A stub is broken: it crashed or broke its own declaration. Never the agent's failure."""

    def __init__(self, tool: str, message: str, *, line: int | None = None) -> None:
        self.tool = tool
        self.message = message
        self.line = line
        place = "" if line is None else f", body line {line}"
        super().__init__(f"tool {tool!r}{place}: {message}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_stub, (type(self), self.tool, self.message, self.line)


class LimitError(StubError):
    """A stub hit a limit: fuel, recursion, memory or size of a value."""


class WorkerError(GemSimError):
    """The worker process for untrusted stubs cannot be started; see `gem-sim doctor`."""


class CheckError(GemSimError):
    """A check crashed; the trajectory it was judging has no verdict."""


def _rebuild(kind: type[InputError], message: str, file: str | None, line: int | None, cure: str | None) -> InputError:
    return kind(message, file=file, line=line, cure=cure)


def _rebuild_compile(faults: Sequence[Fault], file: str | None) -> CompileError:
    return CompileError(faults, file=file)


def _rebuild_stub(kind: type[StubError], tool: str, message: str, line: int | None) -> StubError:
    return kind(tool, message, line=line)
