"""The card of an exported data set."""

from __future__ import annotations

from typing import Any

from gem_sim import __version__


def card(facts: dict[str, Any], format: str) -> str:  # noqa: A002
    """Return the card as Markdown: what the rows are, their numbers, how each was verified, licences of the sources."""
    counted = [
        f"| {name} | {average} | {middle} | {least} | {most} |"
        for name, (average, middle, least, most) in facts["counted"].items()
    ]
    licences = [f"| {name} | {number} |" for name, number in facts["licences"].items()]
    lines = [
        "---",
        "language: en",
        "tags: [tool-use, agents, trajectories]",
        "configs: [{config_name: default, data_files: train.jsonl}]",
        "---",
        "",
        "# Verified tool-use trajectories",
        "",
        f"{facts['trajectories']} trajectories in {facts['environments']} environments, in the format `{format}`; "
        "`tools` is JSON text.",
        "",
        "| per trajectory | mean | median | least | most |",
        "|---|---|---|---|---|",
        *counted,
        "",
        *_labels(facts),
        "## How each row was verified",
        "",
        f"gem-sim {__version__} replayed every call from the task's initial state in a sandbox and ran all its checks",
        "when this file was written; only rows with the verdict *pass* are in it. `state_digest` is that of the",
        "end state, `environment` the folder of the workspace that replays it.",
        "",
        "## Licences of the source texts",
        "",
        "| licence, as the source has it | trajectories |",
        "|---|---|",
        *licences,
        "",
        "`origin` of a row says where its text came from. Policies and rules quote it.",
    ]
    return "\n".join(lines) + "\n"


def _labels(facts: dict[str, Any]) -> list[str]:
    """Return the part on the labels of the source texts."""
    if not facts["labelled"]:
        return ["The texts are not labelled: `platform`, `domains` and `task_category` are null.", ""]
    tables: list[str] = []
    for name, counted in facts["labels"].items():
        tables += [f"| {name} | trajectories |", "|---|---|", *(f"| {k} | {n} |" for k, n in counted.items()), ""]
    who = f"A model labelled the texts of {facts['labelled']} of the trajectories; nobody has checked its labels."
    return ["## What the texts are about", "", who, "", *tables]
