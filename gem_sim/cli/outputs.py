"""What a command writes must not be what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gem_sim.errors import InputError


def keep_apart(files: Sequence[str], *outputs: Path | None) -> None:
    """Refuse to write over a file that is read.

    Raises:
        InputError: If an output is one of the files; None is no output.
    """
    read = {Path(file).resolve() for file in files if file != "-"}
    for output in outputs:
        if output is not None and output.resolve() in read:
            raise InputError("is read and would be written over", file=str(output), cure="name another output")
