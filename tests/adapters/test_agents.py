"""Ceiling and floor without a model: the expert passes every bundled task, chance and idleness pass none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gem_sim import Message, Task, ToolCall, Trajectory
from gem_sim.adapters.agents import Agent, DoNothing, Expert, RandomCalls
from gem_sim.adapters.answers import shown, told
from gem_sim.adapters.expert import expert_messages
from gem_sim.adapters.talk import Judged, converse, judge, live_run, offered
from gem_sim.adapters.users import YES, ScriptedUser, facts_of
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.simulator.schema import is_valid
from gem_sim.task import Expectation
from tests.conftest import environment

TASKS = [(name, task) for name in ("frame_shop", "library") for task in environment(name).tasks]


def play(where: Environment, task: Task, agent: Agent, *, seed: int = 0, faults: float = 0.0) -> Judged:
    run = live_run(where, task, seed=seed, faults=faults)
    messages, _ = asyncio.run(converse(run, agent, ScriptedUser(where, task)))
    return judge(where, task, Trajectory(id=task.id, messages=messages, tools=offered(where), task=task.id))


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_the_expert_passes_every_task(name: str, task: str) -> None:
    where = environment(name)
    played = play(where, where.tasks[task], Expert(where, where.tasks[task]))
    assert played.passed, str(played.verdict)
    assert played.reward.total > 0.9


@pytest.mark.parametrize("make", [lambda where, seed: DoNothing(), lambda where, seed: RandomCalls(where, seed=seed)])
@pytest.mark.parametrize(("name", "task"), TASKS)
def test_chance_and_idleness_pass_no_task(name: str, task: str, make: Callable[[Environment, int], Agent]) -> None:
    where = environment(name)
    for seed in range(3):
        played = play(where, where.tasks[task], make(where, seed), seed=seed)
        assert not played.passed
        assert not played.vacuous
        assert played.reward.total == 0.0


@pytest.mark.parametrize("task", ["walls-and-soup", "lamp-room", "two-for-the-group"])
def test_the_expert_makes_calls_again_that_an_injected_fault_stopped(task: str) -> None:
    where = environment("library")
    for seed in range(4):
        played = play(where, where.tasks[task], Expert(where, where.tasks[task], seed=seed), seed=seed, faults=0.3)
        codes = {one.code for one in played.verdict.findings if one.severity != "warning"}
        assert not {code for code in codes if code.startswith("result.")}


def test_the_expert_is_the_same_each_time() -> None:
    where = environment("library")
    assert expert_messages(where, "before-the-journey") == expert_messages(where, "before-the-journey")


def test_the_expert_does_not_look_at_recorded_trajectories() -> None:
    # A task of its own, which nobody has recorded.
    where = environment("library")
    wanted = Expectation(table="loans", where={"member_id": "M1012", "copy_id": "C1145", "returned_on": None}, count=1)
    task = Task(id="new", instruction="Grace Okonkwo (card AL-41525) wants to borrow C1145.", expect=(wanted,))
    assert play(where, task, Expert(where, task)).passed


def test_where_there_is_no_way_the_expert_does_nothing() -> None:
    where = environment("library")
    never = Expectation(table="staff", where={"role": "astronaut"}, count=1)
    task = Task(id="never", instruction="Hire an astronaut.", expect=(never,))
    agent = Expert(where, task)
    assert not agent.has_plan
    assert not play(where, task, agent).passed


@pytest.mark.parametrize(
    "task",
    [
        Task(id="no-tool", expect=(Expectation(tool="no_such_tool"),)),
        Task(id="end-alone", end={"copies": {"C1001": None}}),
        Task(id="no-goal"),
    ],
    ids=lambda task: task.id,
)
def test_what_cannot_be_planned_has_no_plan(task: Task) -> None:
    assert expert_messages(environment("library"), task) is None


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gem_sim.adapters.expert._BUDGET", 2000)
    where = environment("library")
    # Nothing of what has to be known was said.
    task = where.tasks["walls-and-soup"].model_copy(update={"id": "silent", "instruction": "Hm."})
    assert expert_messages(where, task) is None


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match="no task"):
        expert_messages(environment("library"), "nowhere")


def test_random_calls_are_valid_and_seeded() -> None:
    where = environment("library")
    task = where.tasks["lamp-room"]
    first, again, other = (play(where, task, RandomCalls(where, seed=seed)).trajectory for seed in (1, 1, 2))
    assert first == again
    assert first != other
    for placed in first.calls():
        assert is_valid(where.tools[placed.call.tool].parameters or {}, placed.call.arguments)


def test_the_scripted_user_answers_questions_and_goes() -> None:
    where = environment("frame_shop")
    user = ScriptedUser(where, where.tasks["same-again"])
    said = [Message(role="user", content=user.instruction)]
    assert user.reply([]) == user.instruction
    assert user.reply([*said, Message(role="assistant", content="Your zip code, please?")]) == "My zip code is 94110."
    assert user.reply([*said, Message(role="assistant", content="Shall I?")]) == YES
    assert user.reply([*said, Message(role="assistant", content="All done.")]) is None


def test_the_scripted_user_does_not_say_yes_for_ever() -> None:
    where = environment("frame_shop")
    user = ScriptedUser(where, where.tasks["same-again"])
    messages = [Message(role="user", content=user.instruction)]
    for _ in range(10):
        messages.append(Message(role="assistant", content="Really?"))
        reply = user.reply(messages)
        if reply is None:
            return
        messages.append(Message(role="user", content=reply))
    pytest.fail("the user never went")


def test_a_user_knows_no_keys_of_rows() -> None:
    where = environment("library")
    for task in where.tasks.values():
        assert not [name for name in facts_of(where, task) if name.endswith("_id")]


def test_an_answer_is_shown_without_what_nothing_determines() -> None:
    assert shown({"a": {"$unspecified": "why"}, "b": [1, {"$unspecified": "why"}]}) == {"b": [1]}
    assert told({"charge_cents": 600, "note": "x", "fee_cents": 0}) == "Charge 600 cents."


def test_tools_are_offered_without_how_they_work() -> None:
    for tool in offered(environment("library")):
        assert tool.body is None
        assert tool.writes is None
        assert tool.returns is None


def test_an_agent_that_says_nothing_ends_the_conversation() -> None:
    class Silent:
        async def act(self, messages: object) -> Message:
            return Message(role="assistant", content=" ")

    where = environment("library")
    run = live_run(where, where.tasks["lamp-room"])
    _, stop = asyncio.run(converse(run, Silent(), ScriptedUser(where, where.tasks["lamp-room"])))
    assert stop == "empty"


def test_an_agent_that_never_stops_is_stopped() -> None:
    class Loop:
        async def act(self, messages: object) -> Message:
            call = ToolCall(id="again", tool="search_catalogue", arguments={"text": "lamp"})
            return Message(role="assistant", tool_calls=(call,))

    where = environment("library")
    run = live_run(where, where.tasks["lamp-room"])
    messages, stop = asyncio.run(converse(run, Loop(), ScriptedUser(where, where.tasks["lamp-room"]), most_calls=7))
    assert stop == "calls"
    assert sum(len(one.tool_calls) for one in messages) == 7
