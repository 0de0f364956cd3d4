"""What a Synthesizer is asked: the instruction as the system's message, the passage as the user's."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from gem_sim.pipeline.prompts import Prompt

Turn = dict[str, str]


@lru_cache
def instruction() -> Prompt:
    """Return the instruction, our words for what the paper asks of its stages 2 and 3."""
    content = resources.files("gem_sim.synthesizer").joinpath("instruction.md").read_text(encoding="utf-8")
    front, text = content.removeprefix("---\n").split("\n---\n", 1)
    return Prompt("synthesizer", int(front.removeprefix("version: ")), {}, text.strip())


def asked(passage: str, *, bare: bool = False) -> list[Turn]:
    """Return the messages that ask for a pair; `bare` leaves the instruction out (a model with no other job)."""
    turns = [] if bare else [{"role": "system", "content": instruction().text}]
    return [*turns, {"role": "user", "content": passage}]


def answered(passage: str, text: str, *, bare: bool = False) -> list[Turn]:
    """Return the messages of a training row."""
    return [*asked(passage, bare=bare), {"role": "assistant", "content": text}]
