"""Rollouts against a real HTTP endpoint on the loopback interface, and without any model."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim import read_trajectories, replay, verify
from gem_sim.adapters.chat import Journal
from gem_sim.adapters.rollout import Rate, mean_over_tasks, pass_all, pass_at
from gem_sim.cli import run
from gem_sim.errors import InputError
from tests.adapters.endpoint import endpoint, expert_play, say
from tests.conftest import environment

FILES = ("trajectories.jsonl", "verdicts.jsonl", "summary.json")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def rollout(out: Path, url: str | None, *more: str, model: str = "fake", where: str = "frame_shop") -> int:
    address = [] if url is None else ["--base-url", url]
    return run(["rollout", where, "--model", model, *address, "--out", str(out), *more])


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return found


def test_a_model_that_does_all_right_passes_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with endpoint(expert_play(environment("frame_shop"))) as server:
        tasks = ("--task", "exhibition-frame", "--task", "order-status", "--task", "panorama-advice")
        assert rollout(tmp_path, server.url, *tasks, "--tries", "2", "--price-in", "1", "--price-out", "2") == 0
    found = summary(tmp_path)
    assert (found["tries"], found["passed"], found["broken"]) == (6, 6, 0)
    assert found["pass_all"] == {"1": 1.0, "2": 1.0}
    assert found["prompt_tokens"] == 100 * len(server.requests)
    assert found["cost_usd"] == pytest.approx((100 + 2 * 10) * len(server.requests) / 1e6)
    assert "pass^2 1.000" in capsys.readouterr().out


def test_what_is_recorded_can_be_read_and_verified(tmp_path: Path) -> None:
    with endpoint(expert_play(environment("frame_shop"))) as server:
        rollout(tmp_path, server.url)
    recorded = list(read_trajectories(tmp_path / "trajectories.jsonl"))
    verdicts = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()]
    assert [one.task for one in recorded] == list(environment("frame_shop").tasks)
    for trajectory, row in zip(recorded, verdicts, strict=True):
        again = verify(replay(trajectory, environment("frame_shop")))
        assert (again.id, again.verdict, again.state_digest) == (row["id"], row["verdict"], row["state_digest"])


def test_a_request_tells_a_model_nothing_that_an_agent_may_not_know(tmp_path: Path) -> None:
    with endpoint(expert_play(environment("frame_shop"))) as server:
        rollout(tmp_path, server.url, "--faults", "0")
    for body in server.requests:
        assert set(body) == {"model", "messages", "seed", "tools"}
        for tool in body["tools"]:
            assert set(tool["function"]) == {"name", "description", "parameters"}
        for message in body["messages"]:
            assert set(message) <= {"role", "content", "tool_calls", "tool_call_id"}


def test_a_declared_fault_is_not_told_to_the_model(tmp_path: Path) -> None:
    play = [say(None, calls=[("get_order_status", '{"order_id": "ORD_1202"}')])] * 8 + [say("That is all.")]
    with endpoint(lambda body: play[sum(one["role"] == "assistant" for one in body["messages"])]) as server:
        rollout(tmp_path, server.url, "--faults", "1", "--task", "order-status")
    recorded = next(iter(read_trajectories(tmp_path / "trajectories.jsonl")))
    assert any("fault" in message.extra for message in recorded.messages)
    assert not any("fault" in message for body in server.requests for message in body["messages"])
    codes = {one.code for one in verify(replay(recorded, environment("frame_shop"))).findings}
    assert "result.declared_fault" in codes
    assert not codes & {"result.mismatch", "result.refused", "result.accepted"}


def test_rate_limits_and_server_errors_are_waited_for(tmp_path: Path) -> None:
    with endpoint(expert_play(environment("frame_shop")), {1: 429, 2: 500, 4: 429}.get) as server:
        assert rollout(tmp_path, server.url, "--task", "order-status") == 0
    assert server.seen == len(server.requests) + 3


def test_a_time_out_is_tried_again(tmp_path: Path) -> None:
    with endpoint(expert_play(environment("frame_shop")), lambda n: 1.0 if n == 1 else None) as server:
        assert rollout(tmp_path, server.url, "--task", "order-status", "--timeout", "0.4") == 0
    assert server.seen > summary(tmp_path)["prompt_tokens"] / 100


def test_an_endpoint_that_fails_for_good_is_not_the_agents_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = expert_play(environment("frame_shop"))
    tasks = ("--task", "order-status", "--task", "panorama-advice")
    with endpoint(play, {2: 400}.get) as server:
        assert rollout(tmp_path, server.url, *tasks, "--concurrency", "1") == 2
        assert (summary(tmp_path)["broken"], summary(tmp_path)["passed"]) == (1, 1)
        assert "run again to go on" in capsys.readouterr().err
        paid = len(server.requests)
        assert rollout(tmp_path, server.url, *tasks) == 0
    assert summary(tmp_path)["broken"] == 0
    assert len({json.dumps(body) for body in server.requests}) == len(server.requests) > paid


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (say(None, calls=[("get_order_status", '{"order_id": ')]), "format.arguments"),
        (say(None, calls=[("get_order_status", '["ORD_1202"]')]), "format.arguments"),
        (say(None, calls=[("no_such_tool", "{}")]), "schema.unknown_tool"),
        (say(None), "format.empty_message"),
        (say(""), "format.empty_message"),
        (say(None, refusal="I will not do that."), "goal.unmet"),
        (say("I was cut o", finish="length"), "goal.unmet"),
    ],
    ids=["cut arguments", "a list", "unknown tool", "no content", "empty", "refusal", "too long"],
)
def test_what_a_model_does_wrong_is_judged(tmp_path: Path, reply: dict[str, Any], code: str) -> None:
    def play(body: dict[str, Any]) -> dict[str, Any]:
        first = not any(one["role"] == "assistant" for one in body["messages"])
        return reply if first else say("That is all.")

    with endpoint(play) as server:
        assert rollout(tmp_path, server.url, "--task", "order-status") == 1
    found = json.loads((tmp_path / "verdicts.jsonl").read_text())
    assert code in {one["code"] for one in found["findings"]}
    assert not found["passed"]
    assert found["reward"] == 0.0


def test_a_reply_without_any_choice_is_asked_again(tmp_path: Path) -> None:
    replies = itertools.count(1)

    def play(body: dict[str, Any]) -> dict[str, Any]:
        if next(replies) == 1:
            return {**say("x"), "choices": []}
        return expert_play(environment("frame_shop"))(body)

    with endpoint(play) as server:
        assert rollout(tmp_path, server.url, "--task", "order-status") == 0


def test_a_model_can_play_the_user(tmp_path: Path) -> None:
    def play(body: dict[str, Any]) -> dict[str, Any]:
        system = body["messages"][0]["content"]
        if body["model"] == "customer":
            assert "USR_552871" not in system
            assert "expect" not in system
            said = sum(one["role"] == "assistant" for one in body["messages"])
            return say("How far is ORD_1202 of Ines Marchetti, postal code 02139?" if said == 0 else "DONE")
        turn = sum(one["role"] == "assistant" for one in body["messages"])
        calls = [
            [("authenticate_user", '{"name": "Ines Marchetti", "zip_code": "02139"}')],
            [("get_order_status", '{"order_id": "ORD_1202"}')],
        ]
        return say(None, calls=calls[turn]) if turn < 2 else say("It is in production.")

    with endpoint(play) as server:
        assert rollout(tmp_path, server.url, "--task", "order-status", "--user", "customer") == 0
    assert {body["model"] for body in server.requests} == {"fake", "customer"}


def test_a_run_that_is_killed_goes_on_and_pays_nothing_twice(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    tasks = ("lamp-room", "walls-and-soup", "kitty-is-eight", "try-them-all")
    options = ("--tries", "4", "--concurrency", "3", *(word for task in tasks for word in ("--task", task)))
    with endpoint(expert_play(environment("library")), lambda _n: 0.01) as server:
        assert rollout(whole, server.url, *options, where="library") == 0
        needed = len(server.requests)
        server.requests.clear()
        command = [sys.executable, "-m", "gem_sim", "rollout", "library", "--model", "fake", "--base-url", server.url]
        process = subprocess.Popen([*command, "--out", str(killed), *options], env={**os.environ})
        while len(server.requests) < 40 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (killed / "summary.json").exists()
        # As a crash leaves it in the middle of a line.
        with (killed / "replies.jsonl").open("a") as file:
            file.write('{"key": "lamp-r')
        assert rollout(killed, server.url, *options, where="library") == 0
        # What was on its way when the process died is asked again, and nothing else.
        assert needed <= len(server.requests) <= needed + 3
        paid = len(server.requests)
        assert rollout(killed, server.url, *options, where="library") == 0
        assert len(server.requests) == paid
    for name in FILES:
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_a_folder_of_another_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollout(tmp_path, None, model="nothing") == 1
    assert rollout(tmp_path, None, model="random") == 2
    assert "another run" in capsys.readouterr().err


@pytest.mark.parametrize(("model", "status"), [("expert", 0), ("random", 1), ("nothing", 1)])
def test_without_a_model(tmp_path: Path, model: str, status: int) -> None:
    options = ("--tries", "2", "--task", "order-status", "--task", "exhibition-frame")
    assert rollout(tmp_path / "a", None, *options, model=model) == status
    assert rollout(tmp_path / "b", None, *options, "--concurrency", "1", model=model) == status
    assert summary(tmp_path / "a")["passed"] == (4 if model == "expert" else 0)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_key_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert rollout(tmp_path, "http://127.0.0.1:9/v1") == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_an_unknown_task_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollout(tmp_path, None, "--task", "nowhere", model="nothing") == 2
    assert "nowhere" in capsys.readouterr().err


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_the_estimates_are_the_shares_of_the_choices_of_k_tries(case: tuple[int, int, int]) -> None:
    tries, passed, k = case
    choices = list(itertools.combinations([True] * passed + [False] * (tries - passed), k))
    assert len(choices) == comb(tries, k)
    assert pass_at(k, tries, passed) == pytest.approx(sum(map(any, choices)) / len(choices))
    assert pass_all(k, tries, passed) == pytest.approx(sum(map(all, choices)) / len(choices))


def test_too_few_tries_are_no_estimate() -> None:
    with pytest.raises(ValueError, match="cannot be estimated"):
        pass_at(3, 2, 1)
    assert mean_over_tasks(pass_at, 3, [Rate("a", 2, 1, 0.5, False)]) is None


def test_a_vacuous_task_does_not_count() -> None:
    found = [Rate("a", 2, 2, 1.0, False), Rate("b", 2, 0, 0.0, True)]
    assert mean_over_tasks(pass_all, 2, found) == 1.0


def test_a_journal_keeps_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    journal = Journal(path, {"model": "a"})
    journal.put("k", "r", {"prompt_tokens": 1, "completion_tokens": 2})
    with path.open("a") as file:
        file.write('{"key": "half')
    again = Journal(path, {"model": "a"})
    assert again.get("k", "r") == {"prompt_tokens": 1, "completion_tokens": 2}
    assert again.get("k", "other") is None
    assert "half" not in path.read_text()
    with pytest.raises(InputError, match="another run"):
        Journal(path, {"model": "b"})
