"""What pages show runs and prints what they say; what they tell to type is known to the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.making.blocks import Block, as_printed, blocks, commands, shown, spans
from docs.making.cli_page import every_command
from docs.making.page import installed
from tests.conftest import ROOT
from tests.docs.page import NAMES, checked

LANGUAGES = {"python", "console", "sh", "text", "json", "mermaid"}
COMMANDS = dict(every_command())


def page_blocks(name: str) -> list[Block]:
    return blocks((ROOT / name).read_text())


def can_run(name: str) -> bool:
    return any(block.language in ("python", "console") and block.not_run is None for block in page_blocks(name))


@pytest.mark.parametrize("name", [name for name in NAMES if can_run(name)])
def test_a_page_runs(name: str, tmp_path: Path) -> None:
    needs_data = any("../shared" in block.text for block in page_blocks(name) if block.language != "sh")
    if needs_data and not (ROOT.parent / "shared").exists():
        pytest.skip("the shared data are not beside the checkout")
    ran = checked(name, tmp_path)
    if ran.missing:
        pytest.skip(f"{ran.blocks} blocks ran, others need the extras {sorted(ran.missing)}")


@pytest.mark.parametrize("name", NAMES)
def test_every_block_says_what_it_is(name: str) -> None:
    for block in page_blocks(name):
        assert block.language in LANGUAGES, f"{name}:{block.line}: {block.language!r} is none of {sorted(LANGUAGES)}"
        if block.language == "python":
            compile(block.text, f"{name}:{block.line}", "exec")
        if block.language == "json":
            json.loads(block.text)
        if block.language == "console":
            assert shown(block.text), f"{name}:{block.line}: no command after a prompt"
        if block.needs is not None:
            installed(block.needs)


@pytest.mark.parametrize("name", NAMES)
def test_commands_and_options_are_known(name: str) -> None:
    lines = [line for block in page_blocks(name) if block.language == "sh" for line in commands(block.text)]
    lines += [words for block in page_blocks(name) if block.language == "console" for words in typed(block.text)]
    lines += [words for span in spans((ROOT / name).read_text()) for words in commands(span.translate(BRACKETS))]
    assert [fault for words in lines for fault in faults(words)] == []


BRACKETS = {ord(mark): " " for mark in "[]…·"}


def typed(console: str) -> list[list[str]]:
    return [words for command, _ in shown(console) for words in commands(command)]


def faults(words: list[str]) -> list[str]:
    """Return what is wrong with a call: a command or an option that is not there."""
    if not words or words[0].startswith("-") or words[0].isupper():
        return [f"no option {word}" for word in words if word.startswith("-") and word not in ("--help", "--version")]
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
    if name is None:
        is_group = len(words) == 1 and any(known.startswith(f"{words[0]} ") for known in COMMANDS)
        return [] if is_group else [f"no command {words[0]}"]
    known = {"--help", *(option for param in COMMANDS[name].params for option in (*param.opts, *param.secondary_opts))}
    given = [word.split("=", 1)[0] for word in words if word.startswith("-") and word != "-"]
    return [f"{name} has no option {option}" for option in given if option not in known]


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("gem-sim verify a.jsonl --env library --workers 4", []),
        (".venv/bin/gem-sim demo && gem-sim verfy x", ["no command verfy"]),
        ("cat x | gem-sim verify - --environment=library  # --nothing", ["verify has no option --environment"]),
        ("gem-sim verify a.jsonl \\\n  --envs library", ["verify has no option --envs"]),
        ("gem-sim --versions", ["no option --versions"]),
        ("pip install gem-sim[mcp]", []),
    ],
)
def test_what_is_unknown_is_said(shell: str, said: list[str]) -> None:
    assert [fault for words in commands(shell) for fault in faults(words)] == said


@pytest.mark.parametrize(
    ("said", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nd\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("took  …\nd\n", "took  1.5 s\nd\n", True),
        ("took  …\nd\n", "needs  1.5 s\nd\n", False),
        ("cut short…\n", "cut short for good\n", False),
    ],
)
def test_dots_stand_for_what_may_differ(said: str, printed: str, same: bool) -> None:
    assert as_printed(said, printed) is same


def test_marks_above_a_block_are_read() -> None:
    page = "<!-- needs trl: heavy -->\n```python\nx\n```\n\n"
    page += "<!-- not run: slow -->\n```console\n$ gem-sim demo\n```\n~~~sh\n~~~\n"
    assert blocks(page) == [
        Block("python", "x\n", 2, "trl", None),
        Block("console", "$ gem-sim demo\n", 7, None, "slow"),
        Block("sh", "", 10, None, None),
    ]
