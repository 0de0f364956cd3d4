"""Text files that come whole or not at all."""

from __future__ import annotations

import gzip
import io
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from gem_sim.errors import InputError


@contextmanager
def atomic_text(path: str | Path) -> Iterator[TextIO]:
    """Open a UTF-8 text file for writing that takes its name only when the block ends without an exception.

    Until then the text stands in a file beside it, which an exception removes; an older file of that name
    stays. A name in `.gz` is packed, the same text always to the same bytes. "-" is standard output, and what
    is no regular file (a pipe, a device) is written directly. Line ends are kept as written.

    Raises:
        InputError: If the file cannot be written.
    """
    target = Path(path)
    if str(path) == "-":
        with _standard_output() as stream:
            yield stream
        return
    # Replacing a link would cut it off from the file it stands for.
    target = target.resolve()
    direct = target.exists() and not target.is_file()
    scratch = target if direct else target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        raw = _open(scratch, direct)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        try:
            with raw, _text(raw, packed=target.suffix == ".gz") as stream:
                yield stream
            if not direct:
                scratch.replace(target)
        except OSError as error:
            if error.filename not in (None, str(scratch)):
                raise
            raise _unwritable(path, error) from error
    finally:
        if not direct:
            scratch.unlink(missing_ok=True)


def _open(scratch: Path, direct: bool) -> IO[bytes]:
    if direct:
        return scratch.open("wb")
    # Not `tempfile`: its files are private to the user, and the finished file should have ordinary rights.
    return os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")


@contextmanager
def _text(raw: IO[bytes], packed: bool) -> Iterator[TextIO]:
    if not packed:
        with io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
        return
    # The time and the name in the header would make equal texts unequal files.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as inner,
        io.TextIOWrapper(inner, encoding="utf-8", errors="backslashreplace", newline="") as stream,
    ):
        yield stream


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    sys.stdout.flush()
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="backslashreplace", newline="")
    try:
        yield stream
        stream.flush()
    finally:
        stream.detach()


def _unwritable(path: str | Path, error: OSError) -> InputError:
    reason = (error.strerror or str(error)).lower()
    cure = "create its folder first" if isinstance(error, FileNotFoundError) else "name another file"
    return InputError(f"the file cannot be written: {reason}", file=str(path), cure=cure)
