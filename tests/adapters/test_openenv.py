"""OpenEnv's own validation passes a served environment, and its own client plays an episode."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openenv.core.env_server", reason="the extra `openenv` is not installed")

import requests
from openenv.core.env_server.mcp_types import CallToolAction, ListToolsAction
from openenv.core.generic_client import GenericEnvClient

from gem_sim.adapters.openenv import RESPOND, GemSimEnvironment
from gem_sim.errors import InputError
from tests.conftest import environment
from tests.docs.page import checked

WAY = (
    ("authenticate_user", {"name": "Ines Marchetti", "zip_code": "02139"}),
    ("get_order_status", {"order_id": "ORD_1202"}),
    (RESPOND, {"message": "It is in production."}),
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "gem_sim", "serve", "frame_shop", "--openenv", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().split()[-1]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{address}/health", timeout=5).ok:
                    break
            time.sleep(0.05)
        yield address
        server.terminate()
        assert server.wait(30) in (0, -15)


def test_the_validation_of_openenv_passes(url: str) -> None:
    command = [sys.executable, "-m", "openenv.cli", "validate", "--url", url, "--json", "--timeout", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["passed"]
    assert all(criterion["passed"] for criterion in report["criteria"])


def test_the_client_of_openenv_plays_an_episode(url: str) -> None:
    with GenericEnvClient(base_url=url).sync() as client:
        begun = client.reset(task="order-status", seed=3)
        assert "ORD_1202" in begun.observation["instruction"]
        assert {tool["name"] for tool in begun.observation["tools"]} == {*environment("frame_shop").tools, RESPOND}
        for tool, arguments in WAY:
            assert not begun.done
            begun = client.step({"type": "call_tool", "tool_name": tool, "arguments": arguments})
        assert begun.done
        assert 0.9 < begun.reward < 1.0


def test_sessions_are_apart(url: str) -> None:
    with GenericEnvClient(base_url=url).sync() as first, GenericEnvClient(base_url=url).sync() as second:
        first.reset(task="order-status")
        second.reset(task="same-again")
        first.step({"type": "call_tool", "tool_name": WAY[0][0], "arguments": WAY[0][1]})
        assert (first.state()["step_count"], second.state()["step_count"]) == (1, 0)


def test_the_tasks_can_be_found_out(url: str) -> None:
    found = requests.get(f"{url}/openapi.json", timeout=20).json()["paths"]
    assert any("task" in path for path in found)
    made = GemSimEnvironment(environment("library"))
    assert made.num_tasks("all") == len(made.list_tasks("all")) == 30
    assert set(made.get_task("all", 3)) == {"id", "instruction", "index"}
    assert made.get_task_range("all", 1, 3) == made.list_tasks("all")[1:3]
    with pytest.raises(IndexError):
        made.get_task("all", 30)


def played(way: tuple[tuple[str, dict[str, Any]], ...], **options: Any) -> list[Any]:
    made = GemSimEnvironment(environment("frame_shop"), **options)
    made.reset(task="order-status")
    return [made.step(CallToolAction(tool_name=tool, arguments=arguments)) for tool, arguments in way]


def test_there_is_no_reward_before_the_end() -> None:
    observations = played(WAY)
    assert [one.reward for one in observations[:-1]] == [None, None]
    assert observations[-1].reward > 0.9
    assert played(WAY[2:])[-1].reward == 0.0


def test_an_episode_ends_after_too_many_calls() -> None:
    observations = played(WAY[:2], most_calls=2)
    assert [one.done for one in observations] == [False, True]


def test_a_refusal_is_an_answer() -> None:
    assert "error" in played((("get_order_status", {"order_id": "ORD_0"}),))[0].result
    assert "error" in played((("no_such_tool", {}),))[0].result


def test_what_cannot_be_stepped_is_refused() -> None:
    made = GemSimEnvironment(environment("frame_shop"))
    with pytest.raises(InputError, match="not begun"):
        made.step(CallToolAction(tool_name="get_order_status", arguments={}))
    with pytest.raises(InputError, match="no task"):
        made.reset(task="nowhere")
    made.reset(split="all", index=1)
    assert made.state.task == "order-status"
    assert len(made.step(ListToolsAction()).tools) == len(environment("frame_shop").tools) + 1
    made.step(CallToolAction(tool_name=RESPOND, arguments={"message": "Bye."}))
    with pytest.raises(InputError, match="over"):
        made.step(CallToolAction(tool_name=RESPOND, arguments={}))


def test_the_page_on_training_runs(tmp_path: Path) -> None:
    assert "openenv" not in checked("docs/train.md", tmp_path, "python").missing
