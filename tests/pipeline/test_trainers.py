"""What trainers would drop or alter is said so that they do not, or left out with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.errors import FormatError
from gem_sim.formats import read_trajectory
from gem_sim.message import Message
from gem_sim.pipeline.export import export
from gem_sim.pipeline.trainers import DATASET_INFO, TRAINERS, shown_tools
from gem_sim.tool import Tool, ToolCall
from gem_sim.trajectory import Trajectory
from tests.pipeline.exported import calls_of, made_workspace, rows_of, said_by, unlike

TOOL = Tool(name="look", description="Looks.", parameters={"type": "object", "properties": {}})


def user(text: str = "Hi.") -> Message:
    return Message(role="user", content=text)


def says(text: str | None, *ids: str) -> Message:
    calls = tuple(ToolCall(id=name, tool="look", arguments={"at": name}) for name in ids)
    return Message(role="assistant", content=text, tool_calls=calls)


def answers(name: str) -> Message:
    return Message(role="tool", content=f'{{"seen": "{name}"}}', tool_call_id=name, name="look")


def talk(*messages: Message) -> Trajectory:
    return Trajectory(id="t", messages=messages, tools=(TOOL,))


def turns(*messages: Message) -> list[tuple[str, str]]:
    trainer = TRAINERS["llamafactory"]
    row: Any = trainer.write(trainer.shape(talk(*messages)))
    return [(turn["from"], turn["value"]) for turn in row["conversations"]]


def test_several_calls_in_a_message_become_one_after_the_other() -> None:
    found = turns(user(), says("I look.", "a", "b"), answers("b"), answers("a"), says("Seen."))
    assert [speaker for speaker, _ in found] == [
        "human",
        "function_call",
        "observation",
        "function_call",
        "observation",
        "gpt",
    ]
    assert found[1][1].startswith("I look.\n<tool_call>\n")
    assert json.loads(found[3][1]) == {"name": "look", "arguments": {"at": "b"}}
    assert [value for speaker, value in found if speaker == "observation"] == ['{"seen": "a"}', '{"seen": "b"}']


def test_messages_of_the_same_side_become_one() -> None:
    found = turns(
        user("One."), user("Two."), says("I think."), says("I look.", "a"), answers("a"), says("A."), says("B.")
    )
    assert found[0] == ("human", "One.\n\nTwo.")
    assert found[1][1].startswith("I think.\n\nI look.\n<tool_call>")
    assert found[-1] == ("gpt", "A.\n\nB.")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((user(), says(None, "a"), answers("a"), user("And?"), says("Yes.")), "user follows tool"),
        ((user(), says(None, "a"), says("Never mind.")), "assistant follows assistant"),
        ((user(), says(None, "a", "b"), answers("a"), says("Seen.")), "no answer"),
        ((says("Hello!"), user(), says("Bye.")), "does not begin with the user"),
        ((user(), says("Yes?"), user("No.")), "does not end with the assistant"),
        ((user(), Message(role="system", content="Be kind."), says("Yes.")), "system message"),
    ],
)
def test_what_llamafactory_would_drop_is_told(messages: tuple[Message, ...], reason: str) -> None:
    with pytest.raises(FormatError, match=f"LLaMA-Factory would drop it: .*{reason}"):
        turns(*messages)


@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_rows_are_read_back_with_every_text_and_call(name: str) -> None:
    trainer = TRAINERS[name]
    for trajectory in unlike():
        row = {**trainer.write(trainer.shape(trajectory)), "tools": json.dumps(shown_tools(trajectory))}
        if name == "verl":
            del row["tools"]
        found = read_trajectory(json.loads(json.dumps(row)))
        assert calls_of(found) == calls_of(trajectory)
        assert said_by(found, "user", "assistant", "tool") == said_by(trajectory, "user", "assistant", "tool")
        assert shown_tools(found) == shown_tools(trajectory)


def test_trl_gets_arguments_as_objects_and_none_that_cannot_be_read() -> None:
    row: Any = TRAINERS["trl"].write(talk(user(), says(None, "a"), answers("a"), says("Seen.")))
    (call,) = row["messages"][1]["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": {"at": "a"}}
    assert row["messages"][1]["content"] == ""
    broken = ToolCall(id="a", tool="look", arguments={}, unreadable="{oops")
    with pytest.raises(FormatError, match="arguments of look are no object"):
        TRAINERS["trl"].shape(talk(user(), Message(role="assistant", tool_calls=(broken,))))


def test_verl_gets_texts_only_and_a_prompt_to_roll_out_from() -> None:
    trainer = TRAINERS["verl"]
    row: Any = trainer.write(trainer.shape(talk(user(), says("I look.", "a"), answers("a"), says("Seen."))))
    assert all(set(message) == {"role", "content"} for message in row["messages"])
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert row["prompt"] == row["messages"][:2]
    assert '"name":"look"' in row["prompt"][0]["content"].replace(": ", ":")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_workspace(tmp_path_factory.mktemp("workspace"))


def test_llamafactory_gets_its_description_of_the_rows(workspace: Path, tmp_path: Path) -> None:
    exported = export(workspace, tmp_path, format="llamafactory")
    assert tmp_path / "dataset_info.json" in exported.files
    (info,) = json.loads((tmp_path / "dataset_info.json").read_text()).values()
    assert [info] == list(DATASET_INFO.values())
    assert (tmp_path / info["file_name"]).is_file()
    for row in rows_of(tmp_path):
        assert set(info["columns"].values()) <= set(row)


def test_a_row_without_tools_gets_those_of_its_environment(workspace: Path, tmp_path: Path) -> None:
    rows = (workspace / "environments" / "frame_shop" / "trajectories.jsonl").read_text().splitlines()
    assert "tools" not in json.loads(rows[0])
    export(workspace, tmp_path)
    shops = [row for row in rows_of(tmp_path) if row["environment"] == "frame_shop"]
    assert len(shops) == len(rows)
    for row in shops:
        assert "place_custom_order" in [tool["function"]["name"] for tool in json.loads(row["tools"])]


def test_what_cannot_be_said_is_left_out_and_named(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = json.loads(_lines(workspace)[0])["id"]

    def picky(trajectory: Trajectory) -> Trajectory:
        if trajectory.id == chosen:
            raise FormatError("too long")
        return trajectory

    monkeypatch.setitem(TRAINERS, "trl", TRAINERS["trl"]._replace(shape=picky))
    assert run(["export", str(workspace), "--out", str(tmp_path), "--format", "trl"]) == 1
    assert f"left out {chosen}: too long" in capsys.readouterr().out
    assert chosen not in [row["id"] for row in rows_of(tmp_path)]


def _lines(workspace: Path) -> list[str]:
    return (workspace / "environments" / "frame_shop" / "trajectories.jsonl").read_text().splitlines()
