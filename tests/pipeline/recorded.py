"""Replies of a teacher to the real prompts, from files: one a passage, found by stage and passage.

The files were written by hand by the project's authors in place of a model. They hold no passage, only its id; the
passages are read from the shared data.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gem_sim.canonical import Json
from gem_sim.pipeline.prompts import load_prompt
from tests.conftest import CASES
from tests.pipeline.endpoint import Endpoint

FOLDER = CASES / "teacher"


def recorded_replies() -> dict[str, dict[str, Any]]:
    """Return the content of each file by passage.

    Raises:
        ValueError: If a file was written for another version of a prompt.
    """
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    for file in files:
        for label in file["prompts"]:
            now = load_prompt(label.partition("@")[0]).label
            if now != label:
                raise ValueError(
                    f"tests/cases/teacher/{file['passage']}.json answers {label}, and the prompt is {now} now: "
                    "read the prompt again, mend the replies, and write its version"
                )
    return {file["passage"]: file for file in files}


def chosen_rows(texts: Path) -> list[dict[str, Json]]:
    """Return the rows of the passages that have replies, in the order of `texts`."""
    known = recorded_replies()
    rows = [json.loads(line) for line in texts.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["id"] in known]


class Recorded(Endpoint):
    """An endpoint that answers from the files."""

    def __init__(self, rows: list[dict[str, Json]]) -> None:
        super().__init__(lambda _name, _before, _text: None, 0.0)
        replies = recorded_replies()
        self._files = {str(row["text"]).strip(): replies[str(row["id"])] for row in rows}

    def _reply(self, name: str, turns: list[dict[str, str]]) -> dict[str, Any]:
        text = turns[0]["content"]
        if len(turns) > 1:
            raise AssertionError(f"a reply to {name} was sent back: {turns[-1]['content']}")
        if name == "judge":
            return self._judgement(text)
        file = next((file for passage, file in self._files.items() if passage in text), None)
        if file is None:
            raise AssertionError(f"nobody wrote a reply to {name} for this passage: {text[-300:]}")
        reply: dict[str, Any] = file["replies"][name]
        return reply

    def _judgement(self, text: str) -> dict[str, Any]:
        """Return the judgement of the conversation that most sentences of the assistant come from."""
        found: list[tuple[int, dict[str, Any]]] = []
        for file in self._files.values():
            replies = file["replies"]
            for talk in replies["ground"]["conversations"]:
                sentences = [turn["assistant"] for turn in talk["turns"] if turn.get("assistant")]
                found.append((sum(sentence in text for sentence in sentences), replies["judge"][talk["id"]]))
        most, judgement = max(found, key=lambda pair: pair[0])
        if not most:
            raise AssertionError(f"nobody wrote this conversation: {text[-300:]}")
        return judgement
