"""Replies of a teacher to the real prompts, from files: one a passage, found by stage and passage.

They were written by hand by the project's authors in place of a model. The files hold no passage, only its id; the
passages are read from the shared data. A conversation made harder gets the judgement of the one it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from gem_sim import Replay, load_environment, read_trajectories, replay
from gem_sim.canonical import Json
from gem_sim.pipeline.ledger import Ledger
from gem_sim.pipeline.llm import Client
from gem_sim.pipeline.prompts import load_prompt
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.pipeline.teacher import Grounding, Model
from tests.conftest import CASES
from tests.pipeline.endpoint import Endpoint, serving

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

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body; what nobody wrote a reply to is an error that is not tried again."""
        try:
            return super().answer(body)
        except LookupError as error:
            return 400, {"error": {"message": str(error)}}

    def _reply(self, name: str, turns: list[dict[str, str]]) -> dict[str, Any]:
        text = turns[0]["content"]
        if len(turns) > 1:
            raise LookupError(f"a reply to {name} was sent back: {turns[-1]['content']}")
        if name == "judge":
            return self._judgement(text)
        if name in ("user", "assistant"):
            return self._next(name, text)
        if name == "task":
            titles = ((f'"{file["replies"]["extract"]["title"]}"', file) for file in self._files.values())
            file = next((file for title, file in titles if title in text), {})
        else:
            file = next((file for passage, file in self._files.items() if passage in text), {})
        if name not in file.get("replies", {}):
            raise LookupError(f"nobody wrote a reply to {name}: {text[-300:]}")
        reply: dict[str, Any] = file["replies"][name]
        return reply

    def _next(self, name: str, text: str) -> dict[str, Any]:
        """Return what user or assistant says next in an interactive conversation, found by goal or beginning."""
        said = text[text.index("Conversation so far:") :].splitlines()
        users = [index for index, line in enumerate(said) if line.startswith("[user] ")]
        for file in self._files.values():
            for entry in file["replies"].get("task", {"tasks": []})["tasks"]:
                turns = file["replies"]["interactive"][entry["id"]]
                spoken = [index for index, turn in enumerate(turns) if "user" in turn]
                if name == "user" and entry["instruction"] in text:
                    done = len(users) == len(spoken) - 1
                    return {"say": turns[spoken[len(users)]]["user"], "done": done}
                if name == "assistant" and f"[user] {turns[0]['user']}" in said:
                    results = sum(line.startswith("[result of ") for line in said[users[-1] :])
                    turn = turns[spoken[len(users) - 1] + 1 + results]
                    return {"say": turn["assistant"], "call": turn.get("call")}
        raise LookupError(f"nobody wrote this conversation: {text[-300:]}")

    def _judgement(self, text: str) -> dict[str, Any]:
        """Return the judgement of the conversation that most sentences of the assistant come from."""
        found: list[tuple[int, dict[str, Any]]] = []
        for file in self._files.values():
            for name, turns in talks_of(file):
                sentences = [turn["assistant"] for turn in turns if turn.get("assistant")]
                found.append((sum(sentence in text for sentence in sentences), file["replies"]["judge"][name]))
        most, judgement = max(found, key=lambda pair: pair[0])
        if not most:
            raise LookupError(f"nobody wrote this conversation: {text[-300:]}")
        return judgement


def talks_of(file: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield name and turns of each conversation of a file, those of single pass first."""
    for talk in file["replies"]["ground"]["conversations"]:
        yield talk["id"], talk["turns"]
    yield from file["replies"].get("interactive", {}).items()


def run_recorded(
    texts: Path, folder: Path, *, grounding: Grounding = "single", only: Collection[str] | None = None
) -> Path:
    """Take passages through all stages, refined too, with the recorded replies; return the workspace.

    `texts` is the shared file that has the passages, `only` the ids of those wanted (None: all that have replies).
    """
    rows = [row for row in chosen_rows(texts) if only is None or row["id"] in only]
    chosen = folder / "texts.jsonl"
    chosen.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    workspace = folder / "workspace"
    with serving(endpoint=Recorded(rows)) as endpoint, Ledger(workspace) as ledger:
        client = Client("recorded", ledger, base_url=endpoint.base_url)
        synthesize([chosen], workspace, Model(client, grounding), concurrency=2, ledger=ledger, harder=True)
    return workspace


def twins_of(workspace: Path) -> Iterator[tuple[str, Replay, Replay]]:
    """Yield each conversation that came about with its harder twin, replayed anew, and the environment's name."""
    for folder in sorted((workspace / "environments").iterdir()):
        environment = load_environment(folder)
        found = {str(one.task): one for one in read_trajectories(folder / "trajectories.jsonl")}
        for name, trajectory in found.items():
            if f"{name}-harder" in found:
                harder = found[f"{name}-harder"]
                yield environment.name, replay(trajectory, environment), replay(harder, environment)
