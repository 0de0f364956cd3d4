"""`gem-sim verify --explain`: the source of each value, printed and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gem_sim.cli import run
from gem_sim.simulator.schema import schema_problem
from gem_sim.simulator.schemas import file_schemas
from tests.conftest import CASES, ROOT

DESK = CASES / "environments" / "desk"
SHOP = ROOT / "environments" / "frame_shop"

CONVERSATION = {
    "id": "lent",
    "messages": [
        {"role": "user", "content": "Lend Ada the field guide."},
        {
            "role": "assistant",
            "tool_calls": [{"id": "a", "function": {"name": "find_member", "arguments": '{"name": "Ada"}'}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": '{"member_id": "M1", "age": 36}'},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "b", "function": {"name": "give_pack", "arguments": '{"member_id": "M1", "colour": "red"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "b", "content": '{"given": true}'},
        {"role": "assistant", "content": "Done."},
    ],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lent.jsonl"
    path.write_text(json.dumps(CONVERSATION) + "\n")
    return path


def test_each_value_is_printed_with_its_source(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(file), "--env", str(DESK), "--explain"]) == 0
    assert capsys.readouterr().out.splitlines()[:6] == [
        "PASS  lent",
        "  call 1 find_member",
        '    name = "Ada" ← said in message 1',
        "  call 2 give_pack",
        '    member_id = "M1" ← returned by call 1 at $.member_id',
        '    colour = "red" ← chosen: among what the schema lists',
    ]


def test_the_key_sources_is_there_only_when_asked_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["verify", str(file), "--env", str(DESK), "--json"])
    assert "sources" not in json.loads(capsys.readouterr().out)
    run(["verify", str(file), "--env", str(DESK), "--json", "--explain"])
    line = json.loads(capsys.readouterr().out)
    sources = line["sources"]
    assert [(source["call"], source["argument"], source["kind"]) for source in sources] == [
        (1, "name", "said"), (2, "member_id", "returned"), (2, "colour", "chosen"),
    ]  # fmt: skip
    assert schema_problem(file_schemas()["verdict"], line) is None
    assert sources[1] == {
        "turn": 1, "call": 2, "tool": "give_pack", "argument": "member_id", "path": "member_id", "value": "M1",
        "kind": "returned", "message": 3, "from_call": 1, "from_path": "$.member_id", "how": None,
    }  # fmt: skip


def test_two_workers_and_other_hash_seeds_explain_alike() -> None:
    command = [sys.executable, "-m", "gem_sim", "verify", str(SHOP / "trajectories.jsonl"), "--env", "frame_shop"]
    command += ["--explain", "--json"]
    outputs = {
        subprocess.run(
            [*command, *more],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed, more in (("1", []), ("2", ["--workers", "2"]))
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 5


def test_a_control_sequence_in_a_value_is_not_sent_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps(CONVERSATION).replace("Ada", "A\\u001b[31mda") + "\n")
    run(["verify", str(path), "--env", str(DESK), "--explain"])
    assert "\x1b" not in capsys.readouterr().out
