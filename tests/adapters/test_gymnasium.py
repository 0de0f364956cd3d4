"""Gymnasium's own checker, its vector environments, and what an agent may and may not see."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium", reason="the extra `gymnasium` is not installed")

from gymnasium.error import ResetNeeded  # noqa: E402
from gymnasium.utils.env_checker import check_env  # noqa: E402
from hypothesis import example, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import gem_sim  # noqa: E402
from gem_sim.adapters.episode import Episode, replay_of, verdict_of  # noqa: E402
from gem_sim.adapters.gymnasium import ToolEnv, read_call  # noqa: E402
from gem_sim.adapters.rewards import episode_reward  # noqa: E402
from gem_sim.errors import InputError, LimitError, StubError  # noqa: E402
from gem_sim.task import Task  # noqa: E402
from tests.conftest import ROOT, environment  # noqa: E402

SIGN_IN = json.dumps({"name": "authenticate_user", "arguments": {"email": "sarah.jenkins@email.com"}})
BUNDLED = environment("frame_shop"), environment("library")
IDS = [f"gem_sim/{one.name}-v0" for one in BUNDLED]
IDS += [f"gem_sim/{one.name}.{task}-v0" for one in BUNDLED for task in one.tasks]


def expert(name: str, task: str) -> list[str]:
    """The actions of the recorded trajectory that solves a task, with the ids that seed 0 makes."""
    for trajectory in gem_sim.read_trajectories(str(ROOT / "environments" / name / "trajectories.jsonl")):
        if trajectory.task == task:
            calls = [one.executed for one in gem_sim.replay(trajectory, environment(name)).calls]
            return [json.dumps({"name": call.tool, "arguments": call.arguments}) for call in calls]
    raise AssertionError(f"no trajectory solves {task}")


def run(env: Any, actions: list[str]) -> list[Any]:
    return [env.step(action) for action in actions]


@pytest.mark.parametrize("id_", IDS)
def test_gymnasiums_checker_is_content(id_: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(id_).unwrapped)


@pytest.mark.parametrize("mode", [{}, {"vectorization_mode": "async", "vector_kwargs": {"shared_memory": False}}])
def test_vector_environments_step_each_on_its_own(mode: dict[str, Any]) -> None:
    envs = gymnasium.make_vec("gem_sim/frame_shop-v0", num_envs=3, **mode)
    try:
        first, infos = envs.reset(seed=3)
        assert [json.loads(text)["instruction"] for text in first] == [
            BUNDLED[0].tasks[task].instruction for task in infos["task"]
        ]
        told, rewards, terminated, truncated, infos = envs.step((SIGN_IN, "Good bye.", "{"))
        assert [json.loads(text) and json.loads(text)["is_error"] for text in told] == [False, None, True]
        assert list(terminated) == [False, True, False]
        assert not any(truncated)
        assert list(rewards) == [0.0, 0.0, 0.0]
        assert list(infos["calls"]) == [1, 0, 1]
    finally:
        envs.close()


@pytest.mark.parametrize(("name", "task"), [(one.name, task) for one in BUNDLED for task in one.tasks])
def test_what_solves_a_task_is_rewarded_and_doing_nothing_is_not(name: str, task: str) -> None:
    env = ToolEnv(name, task=task)
    env.reset(seed=0)
    assert env.step("I did nothing.")[1] == 0.0
    env.reset(seed=0)
    actions = expert(name, task)
    assert [step[1] for step in run(env, actions)] == [0.0] * len(actions)
    observation, reward, terminated, truncated, _ = env.step("Done.")
    assert (observation, reward, terminated, truncated) == ("null", 1.0, True, False)


def test_nothing_that_the_agent_gets_says_what_the_task_expects() -> None:
    task = Task.model_validate(
        {"id": "secret", "instruction": "Sign in.", "expect": [{"table": "orders", "where": {"order_id": "XYZZY-1"}}]}
    )
    env = ToolEnv(BUNDLED[0], task=task, render_mode="ansi")
    seen: list[Any] = [env.reset(seed=1)]
    seen += run(env, [SIGN_IN, '{"name": "nothing"}', "{", "Good bye."])
    assert "XYZZY" not in repr(seen) + str(env.render())
    assert "body" not in json.loads(seen[0][0])["tools"][0]


def test_the_same_seed_and_actions_give_the_same_observations() -> None:
    def observations(seed: int) -> list[Any]:
        env = ToolEnv("library")
        return [env.reset(seed=seed), *run(env, expert("library", "nico-joins"))]

    assert observations(7) == observations(7)
    assert observations(7) != observations(8)


def test_a_seed_is_that_of_the_session() -> None:
    env = ToolEnv("library", task="nico-joins")
    env.reset(seed=7)
    session = gem_sim.Session(BUNDLED[1], seed=7, task="nico-joins")
    for number, action in enumerate(expert("library", "nico-joins")):
        asked = read_call(action, f"c{number}")
        assert not isinstance(asked, str)
        assert json.loads(env.step(action)[0])["content"] == session.call(asked).content
    assert env.episode.session.state == session.state


def test_resets_without_a_seed_go_on_from_the_one_before() -> None:
    def tasks() -> list[str]:
        env = ToolEnv("library")
        return [env.reset(seed=5)[1]["task"], *(env.reset()[1]["task"] for _ in range(9))]

    assert tasks() == tasks()
    assert len(set(tasks())) > 3


def test_the_task_of_a_reset_may_be_named() -> None:
    env = ToolEnv("frame_shop")
    assert env.reset(seed=1, options={"task": "wide-mount"})[1]["task"] == "wide-mount"
    with pytest.raises(InputError, match="no task 'nope'"):
        env.reset(options={"task": "nope"})


def test_calls_run_out_and_then_only_reset_helps() -> None:
    env = ToolEnv("frame_shop", task="order-status", max_calls=2)
    with pytest.raises(ResetNeeded):
        env.step(SIGN_IN)
    env.reset(seed=1)
    steps = run(env, ["{", SIGN_IN])
    assert [step[2:4] for step in steps] == [(False, False), (False, True)]
    with pytest.raises(ResetNeeded):
        env.step(SIGN_IN)
    env.reset(seed=1)
    assert env.step(SIGN_IN)[2:4] == (False, False)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("{", "not JSON"),
        ("{}", "write"),
        ('{"name": 5}', "write"),
        ('{"name": "get_order_status", "arguments": [1]}', "not a JSON object"),
        ('{"name": "nothing"}', "no tool 'nothing'"),
        ('{"name": "get_order_status", "arguments": {"order_id": 5}}', "invalid at $.order_id"),
    ],
)
def test_what_is_no_call_is_answered_and_counts(action: str, reason: str) -> None:
    env = ToolEnv("frame_shop", task="order-status")
    env.reset(seed=1)
    observation, _, terminated, truncated, info = env.step(action)
    answer = json.loads(observation)
    assert answer["is_error"]
    assert reason in answer["content"]["error"]
    assert (terminated, truncated, info["calls"]) == (False, False, 1)


def test_a_reward_of_ones_own_sees_the_ended_episode_once() -> None:
    seen: list[Episode] = []

    def reward(episode: Episode) -> float:
        seen.append(episode)
        return 0.25 * episode.calls

    env = ToolEnv("frame_shop", task="order-status", reward=reward)
    env.reset(seed=1)
    assert env.step(SIGN_IN)[1] == 0.0
    assert env.step("Bye.")[1] == 0.25
    assert [(episode.ended, episode.calls) for episode in seen] == [("answered", 1)]
    assert verdict_of(seen[0]).verdict == "fail"


def test_rewards_from_verdicts_pay_for_the_way_too() -> None:
    def reward(episode: Episode) -> float:
        return episode_reward(replay_of(episode)).total

    env = ToolEnv("frame_shop", task="wide-mount", reward=reward)
    actions = expert("frame_shop", "wide-mount")

    def worth(actions: list[str]) -> float:
        env.reset(seed=0)
        run(env, actions)
        return float(env.step("Done.")[1])

    # The order alone reaches the end, and skips what had to come before it.
    assert worth(actions[:-1]) == worth([]) == 0.0
    assert 0.0 < worth(actions[-1:]) < worth(actions) <= 1.0


def test_a_long_result_is_cut_and_says_so() -> None:
    env = ToolEnv("library", task="nico-joins", max_text=20_000)
    observation, _ = env.reset(seed=1)
    short = ToolEnv("library", task="nico-joins", max_text=len(observation))
    short.reset(seed=1)
    told = short.step(json.dumps({"name": "\u2603" * len(observation)}))[0]
    assert json.loads(told)["cut"] is True
    assert told in short.observation_space
    with pytest.raises(InputError, match="max_text"):
        ToolEnv("library", task="nico-joins", max_text=len(observation) - 1).reset(seed=1)


def test_a_broken_stub_is_no_failure_of_the_agents() -> None:
    env = ToolEnv(environment("loops"))
    env.reset(seed=1)
    with pytest.raises(StubError):
        env.step('{"name": "crash"}')
    with pytest.raises(LimitError):
        env.step('{"name": "spin", "arguments": {"turns": -1}}')
    assert env.step('{"name": "spin", "arguments": {"turns": 3}}')[4] == {"calls": 1}


def test_unknown_environments_and_tasks_are_told() -> None:
    with pytest.raises(InputError, match="no environment"):
        ToolEnv("nowhere")
    with pytest.raises(InputError, match="no task"):
        ToolEnv("frame_shop", task="nope")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CALLS = st.fixed_dictionaries(
    {"name": st.sampled_from(sorted(BUNDLED[0].tools)) | JSON, "arguments": st.dictionaries(st.text(), JSON) | JSON}
)
ACTIONS = st.text() | CALLS.map(json.dumps) | JSON.map(lambda value: "{" + json.dumps(value))


@given(st.lists(ACTIONS, min_size=1, max_size=6))
@example(['{"name": "\\ud800", "arguments": {"\\ud800": "\\udfff"}}'])
@example(['{"name": "get_order_status", "arguments": {"order_id": "\ud800"}}', "\ud800"])
@example(["{" + "[" * 100_000, '{"name": "x", "arguments": ' + '{"a":' * 200 + "1" + "}" * 201])
def test_whatever_the_agent_says_is_answered_within_the_space(actions: list[str]) -> None:
    env = ToolEnv(BUNDLED[0])
    env.reset(seed=1)
    for action in actions:
        observation, reward, terminated, truncated, _ = env.step(action)
        assert observation in env.observation_space
        json.loads(observation)
        assert reward == 0.0
        if terminated or truncated:
            break
    verdict_of(env.episode)
