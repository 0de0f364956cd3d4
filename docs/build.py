"""`python docs/build.py`: write what is made from the code; tests compare it with what is checked in.

That is the pages of `pages()` and, on every other page, what the commands of its console blocks print.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docs.making.blocks import as_printed, blocks
from docs.making.cli_page import cli_page
from docs.making.files_page import files_page
from docs.making.page import run_page
from docs.making.python_pages import packages_page, python_page
from gem_sim.compiler.dialect import policy_markdown
from gem_sim.formats import read_trajectories
from gem_sim.message import Message, split_turns
from gem_sim.simulator import load_environment, replay
from gem_sim.simulator.schemas import file_schemas
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding
from gem_sim.verifier import CODES, verify

HERE = Path(__file__).resolve().parent
_NOTE = "<!-- Written by `python docs/build.py`: do not edit. -->\n"


def pages() -> dict[str, str]:
    """Return path below docs/ → text, of every page made from the code."""
    made = {f"schemas/{name}.schema.json": json.dumps(s, indent=2) + "\n" for name, s in file_schemas().items()}
    made["findings.md"] = _findings()
    made["examples.md"] = _examples()
    made["dialect.md"] = _NOTE + policy_markdown()
    made["reference/cli.md"] = _NOTE + cli_page()
    made["reference/files.md"] = _NOTE + files_page()
    made["reference/python.md"] = _NOTE + python_page()
    made["reference/packages.md"] = _NOTE + packages_page()
    return made


def _findings() -> str:
    rows = "".join(f"| `{code}` | {meaning} |\n" for code, meaning in CODES.items())
    return (
        f"{_NOTE}# Finding codes\n\n"
        "A finding is an error, a warning, or *undecided*: what cannot be known is never passed. Each code has a case\n"
        "that raises it and one that does not in `tests/cases/findings/`.\n\n"
        f"| code | what it means |\n|---|---|\n{rows}"
    )


# Findings for somebody who has not seen the code: environment, known-bad row, code.
_EXAMPLES = (
    ("library", "longer-loan-wished", "schema.undeclared_argument"),
    ("library", "code-tried-out", "provenance.unsupported"),
    ("library", "neighbours-charges", "order.data_edge"),
    ("library", "reserved-without-searching", "order.missing_step"),
    ("library", "renewed-twice-in-a-row", "order.repeated"),
    ("library", "two-late-days-charged", "result.mismatch"),
    ("library", "renewal-denied", "result.accepted"),
    ("library", "ninth-book", "result.refused"),
    ("frame_shop", "exhibition-frame-as-told", "claims.false_comparison"),
    ("frame_shop", "advice-instead-of-order", "goal.unmet"),
)


def _examples() -> str:
    parts = [
        f"{_NOTE}# Ten findings, as they are printed\n\n"
        "Each comes from a known-bad row of a bundled environment, with the part of its conversation.\n"
    ]
    for name, row, code in _EXAMPLES:
        environment = load_environment(name)
        rows = HERE.parent / "environments" / name / "known_bad.jsonl"
        trajectory = next(t for t in read_trajectories(rows) if t.id == row)
        verdict = verify(replay(trajectory, environment))
        finding = next((finding for finding in verdict.findings if finding.code == code), None)
        if finding is None:
            raise SystemExit(f"docs/build.py: {name}/{row} does not raise {code} any more; choose another example")
        parts.append(f"## {code}\n\n{CODES[code]}\n\n{_scene(trajectory, finding)}\n\n```text\n{finding}\n```\n")
    return "\n".join(parts)


def _scene(trajectory: Trajectory, finding: Finding) -> str:
    """Return what the user said last, and the call the finding is about, or the sentence of the assistant."""
    lines = []
    place = next((placed for placed in trajectory.calls() if placed.number == finding.call), None)
    turn = finding.turn or max((placed.turn for placed in trajectory.calls()), default=1)
    said = [message for message in trajectory.messages if message.role == "user"]
    lines.append(f"> **user** {_plain(said[turn - 1].content)}")
    if place is not None:
        arguments = ", ".join(f"{key}={json.dumps(v, ensure_ascii=False)}" for key, v in place.call.arguments.items())
        lines.append(f">\n> **call {place.number}** `{place.call.tool}({arguments})`")
        if place.answer is not None:
            lines.append(f">\n> **recorded answer** {_plain(place.answer.content)}")
    elif finding.code.startswith("claims."):
        answer = [
            message.content for message in _turn(trajectory, turn) if message.role == "assistant" and message.content
        ]
        lines.append(f">\n> **assistant** {_plain(answer[-1])}")
    return "\n".join(lines)


def _turn(trajectory: Trajectory, number: int) -> Sequence[Message]:
    return next(turn.messages for turn in split_turns(trajectory.messages) if turn.number == number)


def _plain(text: str | None) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= 300 else f"{flat[:299]}…"


def with_output(name: str) -> str:
    """Return a page, by its path from the root, with what its console commands print now where it says otherwise."""
    page = (HERE.parent / name).read_text(encoding="utf-8")
    if not any(block.language == "console" for block in blocks(page)):
        return page
    with tempfile.TemporaryDirectory() as folder:
        for block, runs in run_page(name, Path(folder)).printed:
            if not all(as_printed(said, now) for _, said, now in runs):
                page = page.replace(block.text, "".join(f"$ {command}\n{now}" for command, _, now in runs), 1)
    return page


def main() -> None:
    """Write every page made from the code, and the outputs on all others."""
    made = pages()
    for name, text in made.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (HERE.parent / "README.md", *sorted(HERE.rglob("*.md"))):
        name = path.relative_to(HERE.parent).as_posix()
        if name.removeprefix("docs/") not in made:
            path.write_text(with_output(name), encoding="utf-8")


if __name__ == "__main__":
    main()
