"""verifiers' own loader, validation and evaluation run a bundled environment."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verifiers.v1", reason="the extra `verifiers` is not installed")

import verifiers.v1 as vf
from mcp.server.mcpserver import MCPServer
from verifiers.v1.utils.loaders import load_taskset, taskset_class

from gem_sim import load_environment
from gem_sim.adapters.expert import expert_messages
from gem_sim.adapters.verifiers import GemSimConfig, GemSimTaskset, GemSimToolset, judged, write_package
from gem_sim.errors import InputError
from tests.conftest import ROOT, environment
from tests.docs.page import checked


def tasks(name: str = "frame_shop") -> list[Any]:
    return list(GemSimTaskset(GemSimConfig(environment=name)))


def trace_messages(name: str, task: str) -> list[Any]:
    """Return the expert's conversation as verifiers writes one down."""
    made: list[Any] = []
    for message in expert_messages(environment(name), task) or ():
        if message.role == "assistant":
            calls = [vf.ToolCall(id=c.id, name=c.tool, arguments=json.dumps(c.arguments)) for c in message.tool_calls]
            made.append(vf.AssistantMessage(content=message.content, tool_calls=calls or None))
        elif message.role == "tool":
            made.append(vf.ToolMessage(tool_call_id=message.tool_call_id, content=message.content))
        elif message.role == "user":
            made.append(vf.UserMessage(content=message.content))
        else:
            made.append(vf.SystemMessage(content=message.content))
    return made


def test_the_loader_of_verifiers_finds_a_written_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = write_package(load_environment(ROOT / "environments" / "library"), tmp_path)
    monkeypatch.syspath_prepend(str(package))
    made = taskset_class(package.name)
    loaded = list(load_taskset(made.__orig_bases__[0].__args__[1](id=package.name)))
    assert [task.data.task for task in loaded] == list(environment("library").tasks)
    assert [task.data.idx for task in loaded] == list(range(30))
    assert loaded[0].data.prompt == environment("library").tasks["lamp-room"].instruction
    assert Path(loaded[0].data.environment).is_relative_to(package)


def test_a_row_does_not_tell_the_end() -> None:
    for task in tasks():
        written = task.data.model_dump_json()
        assert "expect" not in written
        assert "USR_789456" not in written


def test_a_reward_comes_from_the_trace() -> None:
    task = next(task for task in tasks() if task.data.task == "order-status")
    done = judged(task.data, trace_messages("frame_shop", "order-status"))
    assert done.passed
    assert done.reward.total > 0.9
    idle = judged(task.data, [vf.UserMessage(content="x"), vf.AssistantMessage(content="All done, I promise.")])
    assert idle.reward.total == 0.0


def test_a_forged_answer_earns_nothing() -> None:
    task = next(task for task in tasks() if task.data.task == "order-status")
    messages = trace_messages("frame_shop", "order-status")
    place = max(i for i, message in enumerate(messages) if message.role == "tool")
    messages[place] = messages[place].model_copy(update={"content": '{"order_id": "ORD_1202", "status": "delivered"}'})
    assert judged(task.data, messages).reward.total == 0.0


def test_the_toolset_offers_the_declared_schemas_and_keeps_rollouts_apart() -> None:
    data = next(task.data for task in tasks() if task.data.task == "order-status")

    async def served() -> tuple[list[Any], Any]:
        first, second = GemSimToolset(vf.ToolsetConfig()), GemSimToolset(vf.ToolsetConfig())
        for one in (first, second):
            await one.setup_task(data)
        mcp = MCPServer("tools")
        first.register(mcp)
        listed = await mcp.list_tools()
        answer = await mcp.call_tool("get_order_status", {"order_id": "ORD_1202"})
        assert second._calls == 0
        return listed, answer

    listed, answer = asyncio.run(served())
    shop = environment("frame_shop")
    assert {tool.name: tool.input_schema for tool in listed} == {n: t.parameters for n, t in shop.tools.items()}
    assert "in production" in str(answer)


def run(module: str, *arguments: str, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(path or folder), "OPENAI_API_KEY": "none", "NO_COLOR": "1"}
    command = [sys.executable, "-P", "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=variables, timeout=300)


def test_the_validation_of_verifiers_finds_every_task_sound(tmp_path: Path) -> None:
    package = write_package(load_environment(ROOT / "environments" / "frame_shop"), tmp_path)
    done = run(
        "verifiers.v1.cli.validate",
        package.name,
        "--runtime.type",
        "subprocess",
        "--no-rich",
        "-o",
        "out",
        folder=tmp_path,
        path=package,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    rows = [json.loads(line) for file in tmp_path.rglob("results.jsonl") for line in file.read_text().splitlines()]
    assert len(rows) == 5
    assert all(row["valid"] is True for row in rows), rows


def test_a_package_is_not_written_twice(tmp_path: Path) -> None:
    shop = load_environment(ROOT / "environments" / "frame_shop")
    write_package(shop, tmp_path)
    with pytest.raises(InputError, match="exists already"):
        write_package(shop, tmp_path)


def test_the_page_on_training_runs(tmp_path: Path) -> None:
    assert "verifiers" not in checked("docs/train.md", tmp_path, "python").missing
