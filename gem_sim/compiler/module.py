"""An environment → the text of `generated_tools/<name>.py`."""

from __future__ import annotations

import pprint
import textwrap

from gem_sim.compiler.text import plain
from gem_sim.environment import Environment


def render_module(environment: Environment) -> str:
    """Return an environment's stubs as one Python file for people to read; same environment, same bytes."""
    name = plain(environment.name)
    header = [
        f"# Written by `gem-sim compile {name}` from environments/{name}: do not edit, change environment.json.",
        f"# environment sha256:{environment.digest}",
        *(f"# {plain(stub.tool)} sha256:{stub.digest}" for stub in environment.stubs.values()),
        "#",
        "# `state`, require, fail, new_id, now and unspecified are given to each call by the sandbox.",
    ]
    parts = ["\n".join(header), f'"""{_plain(environment.title)}."""', _constants(environment)]
    functions = [stub.text for stub in environment.stubs.values()]
    return "\n\n".join(part for part in parts if part) + "\n\n\n" + "\n\n".join(functions)


def _constants(environment: Environment) -> str:
    lines: list[str] = []
    for name, constant in environment.constants.items():
        source = environment.sources.get(f"constants.{name}")
        unit = f"{plain(constant.unit)}; " if constant.unit else ""
        origin = "not from the text" if source is None else f'{source} "{_plain(source.quote)}"'
        lines += textwrap.wrap(f"# {unit}{origin}", 100, subsequent_indent="# ")
        lines.append(f"{name} = {pprint.pformat(constant.value, width=100, sort_dicts=False)}")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return plain(text.replace("\\", "/").replace('"""', "'''")).rstrip(".")
