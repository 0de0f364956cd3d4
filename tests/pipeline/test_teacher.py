"""A model as the teacher, played by an endpoint on loopback that misbehaves on purpose."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import gem_sim
from gem_sim.canonical import digest
from gem_sim.errors import InputError
from gem_sim.pipeline.ledger import Attempt, Ledger
from gem_sim.pipeline.llm import Client, Limits, Prices
from gem_sim.pipeline.prompts import SCHEMAS, load_prompt
from gem_sim.pipeline.synthesize import Run, synthesize
from gem_sim.pipeline.teacher import Model
from gem_sim.pipeline.teaching import ModelFault
from tests.conftest import CASES
from tests.pipeline.endpoint import Endpoint, Fault, serving
from tests.pipeline.test_offline import files

TEXTS = CASES / "pipeline" / "texts.jsonl"
QUICK = Limits(concurrency=4, tries=4, timeout_seconds=30.0, first_wait_seconds=0.01)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")


def synthesized(workspace: Path, endpoint: Endpoint, limits: Limits = QUICK, **options: Any) -> Run:
    with Ledger(workspace) as ledger:
        prices = Prices(1.0, 2.0)
        client = Client("fake", ledger, base_url=endpoint.base_url, limits=limits, prices=prices)
        return synthesize([TEXTS], workspace, Model(client, **options), concurrency=4, ledger=ledger)


def attempts(workspace: Path, item: str = "") -> list[tuple[str, Attempt]]:
    with Ledger(workspace) as ledger:
        return (
            ledger.attempts(item)
            if item
            else [pair for name in ledger.kept("filter") for pair in ledger.attempts(name)]
        )


def outcomes(workspace: Path) -> dict[tuple[str, str], tuple[str, str]]:
    with Ledger(workspace) as ledger:
        return {(item, stage): (outcome, reason) for item, stage, outcome, reason in ledger.outcomes()}


def once(what: str, *names: str) -> Fault:
    """Return a fault that each request of these prompts meets the first time only."""
    return lambda name, before, _text: what if before == 0 and (not names or name in names) else None


def test_a_model_takes_texts_through_all_stages(tmp_path: Path) -> None:
    with serving() as endpoint:
        run = synthesized(tmp_path, endpoint)
    by_stage = {total.stage: total for total in run.totals}
    assert by_stage["validate"].outcomes == {"kept": 3}
    assert by_stage["extract"].tokens_in and by_stage["ground"].cost > 0
    for folder in (tmp_path / "environments").iterdir():
        environment = gem_sim.load_environment(folder)
        found = list(gem_sim.read_trajectories(folder / "trajectories.jsonl"))
        assert {trajectory.id.rpartition("-")[2] for trajectory in found} == {"single", "interactive"}
        for trajectory in found:
            assert gem_sim.verify(gem_sim.replay(trajectory, environment)).verdict == "pass"


def test_results_that_a_model_made_up_are_replaced_by_executed_ones(tmp_path: Path) -> None:
    def lie(endpoint: Endpoint) -> None:
        honest = endpoint._reply

        def reply(name: str, turns: list[dict[str, str]]) -> dict[str, Any]:
            value = honest(name, turns)
            if name == "ground":
                for talk in value["conversations"]:
                    for turn in talk["turns"]:
                        if isinstance(turn.get("result"), dict) and "error" not in turn["result"]:
                            turn["result"] = {**turn["result"], "invented": 17}
            return value

        endpoint._reply = reply  # type: ignore[method-assign]

    with serving() as endpoint:
        lie(endpoint)
        synthesized(tmp_path, endpoint, grounding="single")
    written = [path.read_text() for path in (tmp_path / "environments").glob("*/trajectories.jsonl")]
    assert len(written) == 3
    rows = [json.loads(line) for text in written for line in text.splitlines()]
    assert not any(
        "invented" in message["content"] for row in rows for message in row["messages"] if message["content"]
    )


def test_what_passes_is_tried_again_and_noted(tmp_path: Path) -> None:
    with serving() as endpoint:
        synthesized(tmp_path / "calm", endpoint, grounding="single")
    for what in ("rate limit", "server error", "malformed", "truncated"):
        with serving(once(what, "extract", "ground")) as endpoint:
            synthesized(tmp_path / what, endpoint, grounding="single")
        assert what in {attempt.outcome for _, attempt in attempts(tmp_path / what)}
        assert files(tmp_path / what) == files(tmp_path / "calm")


def test_a_time_out_is_tried_again_and_noted(tmp_path: Path) -> None:
    fault = once("time-out", "judge")
    with serving(lambda name, before, text: fault(name, before, text) if "hurry" in text else None) as endpoint:
        synthesized(tmp_path, endpoint, limits=QUICK._replace(timeout_seconds=1.0, tries=8), grounding="single")
    assert "time-out" in {attempt.outcome for _, attempt in attempts(tmp_path)}
    assert {outcome for (_, stage), (outcome, _) in outcomes(tmp_path).items() if stage == "validate"} == {"kept"}


def test_a_quote_that_is_not_in_the_text_goes_back_to_the_model(tmp_path: Path) -> None:
    with serving(lambda name, _before, text: "wrong quote" if text.startswith("You turn") else None) as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    noted = [attempt for _, attempt in attempts(tmp_path, "parcel") if attempt.outcome == "does not hold together"]
    assert len(noted) == 1
    assert "never said at all" in noted[0].reason
    assert outcomes(tmp_path)["parcel", "validate"][0] == "kept"


def test_an_environment_that_never_holds_together_is_rejected_with_the_reason(tmp_path: Path) -> None:
    with serving(lambda name, _before, _text: "wrong quote" if name == "extract" else None) as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    outcome, reason = outcomes(tmp_path)["parcel", "extract"]
    assert outcome == "rejected"
    assert "never said at all" in reason
    # It answers the same when told so, and is not asked a third time.
    assert "wrote the same again" in reason
    assert [attempt.outcome for _, attempt in attempts(tmp_path, "parcel")] == ["does not hold together"] * 2
    assert not (tmp_path / "environments").exists()


def test_a_refusal_is_an_outcome_and_is_not_asked_again(tmp_path: Path) -> None:
    def refuse(name: str, _before: int, text: str) -> str | None:
        return "refused" if name == "extract" and "badge" in text else None

    with serving(refuse) as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
        assert outcomes(tmp_path)["badge", "extract"] == ("rejected", "refused: I cannot help with that.")
        asked = endpoint.requests.total()
        assert synthesized(tmp_path, endpoint, grounding="single").worked == 0
        assert endpoint.requests.total() == asked
    assert outcomes(tmp_path)["parcel", "validate"][0] == "kept"


def test_a_reply_without_choices_is_the_fault_of_the_endpoint(tmp_path: Path) -> None:
    class Silent(Endpoint):
        def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            status, reply = super().answer(body)
            return status, {**reply, "choices": []}

    with serving(endpoint=Silent(lambda *_: None, 0.0)) as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    assert outcomes(tmp_path)["parcel", "extract"] == ("failed", "endpoint: empty reply, 4 times")
    with serving() as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    assert outcomes(tmp_path)["parcel", "validate"][0] == "kept"


def test_an_endpoint_that_stays_down_fails_the_item_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with serving(lambda name, _before, _text: "server error" if name == "ground" else None) as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    assert outcomes(tmp_path)["parcel", "ground"] == ("failed", "endpoint: server error, 4 times")
    assert sum(attempt.outcome == "server error" for _, attempt in attempts(tmp_path, "parcel")) == 4
    paid = len(endpoint.answered)
    with serving() as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
        assert not _asked(endpoint)
    paid += len(endpoint.answered)
    assert sum(attempt.tokens_in + attempt.tokens_out for _, attempt in attempts(tmp_path)) == 110 * paid
    assert outcomes(tmp_path)["parcel", "validate"][0] == "kept"


def _asked(endpoint: Endpoint) -> list[str]:
    """Return the extract prompts that were asked."""
    prompt = load_prompt("extract")
    texts = [json.loads(line)["text"] for line in TEXTS.read_text().splitlines()]
    turns = [[{"role": "user", "content": prompt.fill(passage=text, rows=12)}] for text in texts]
    return [turn[0]["content"] for turn in turns if endpoint.requests[digest(turn)]]


def test_an_endpoint_without_schemas_is_asked_without(tmp_path: Path) -> None:
    with serving(lambda _name, _before, _text: "no schemas") as endpoint:
        synthesized(tmp_path, endpoint, grounding="single")
    assert outcomes(tmp_path)["room", "validate"][0] == "kept"


def test_the_judge_may_only_add_findings(tmp_path: Path) -> None:
    with serving() as endpoint:
        honest = endpoint._reply
        verdict = {"R1": {"holds": True, "why": ""}, "R2": {"holds": False, "why": "It could have."}}
        verdict["R3"] = {"holds": True, "why": ""}
        endpoint._reply = lambda name, turns: verdict if name == "judge" else honest(name, turns)  # type: ignore[method-assign]
        synthesized(tmp_path, endpoint, grounding="single")
    found = outcomes(tmp_path)
    assert found["room", "validate"] == ("rejected", "no conversation passed")
    reasons = {reason for (_, stage), (_, reason) in found.items() if stage == "trajectory"}
    assert reasons == {"judge.R2: It could have."}


def test_the_same_request_is_answered_from_the_ledger(tmp_path: Path) -> None:
    with serving() as endpoint, Ledger(tmp_path) as ledger:
        client = Client("fake", ledger, base_url=endpoint.base_url, limits=QUICK)
        turns = [{"role": "user", "content": load_prompt("judge").fill(policy="p", conversation="c")}]

        async def twice() -> tuple[object, object]:
            log: list[Attempt] = []
            first = await client.ask(load_prompt("judge"), turns, log)
            return first, await client.ask(load_prompt("judge"), turns, log)

        first, second = asyncio.run(twice())
        assert first == second
        assert endpoint.requests.total() == 1


def test_a_reply_that_is_never_json_ends_in_a_fault(tmp_path: Path) -> None:
    with serving(lambda _name, _before, _text: "malformed") as endpoint, Ledger(tmp_path) as ledger:
        client = Client("fake", ledger, base_url=endpoint.base_url, limits=QUICK)
        turns = [{"role": "user", "content": load_prompt("judge").fill(policy="p", conversation="c")}]
        log: list[Attempt] = []
        with pytest.raises(ModelFault, match="malformed"):
            asyncio.run(client.ask(load_prompt("judge"), turns, log))
        assert [attempt.outcome for attempt in log] == ["malformed"] * 3


def test_a_rate_is_kept_to(tmp_path: Path) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    with serving() as endpoint, Ledger(tmp_path) as ledger:
        limits = QUICK._replace(per_minute=6.0)
        client = Client("fake", ledger, base_url=endpoint.base_url, limits=limits, sleep=sleep)

        async def ask() -> None:
            for number in range(3):
                text = load_prompt("judge").fill(policy="p", conversation=str(number))
                await client.ask(load_prompt("judge"), [{"role": "user", "content": text}], [])

        asyncio.run(ask())
    assert len(waited) == 2
    assert 5 < waited[0] <= 10 < waited[1] <= 20


def test_without_a_key_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with Ledger(tmp_path) as ledger, pytest.raises(InputError, match="set OPENAI_API_KEY"):
        Client("fake", ledger)


def test_every_prompt_has_a_version_and_a_schema() -> None:
    for name in ("extract", "mend", "ground", "task", "user", "assistant", "judge"):
        prompt = load_prompt(name)
        assert prompt.version >= 1
        assert prompt.schema in SCHEMAS.values()
        with pytest.raises(KeyError):
            prompt.fill() if "{{" in prompt.text else {}[name]
