"""The hooks of the headline experiment: gold actions pass, silence does not, the table has the paper's figures."""

from __future__ import annotations

import importlib
import importlib.util
import json
import urllib.request
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT

ROW = {
    "question": [[{"role": "user", "content": "Make notes."}], []],
    "function": [{"name": "touch", "parameters": {"properties": {"file": {}}}}],
    "missed_function": {"1": [{"name": "mv", "parameters": {"properties": {"source": {}, "target": {}}}}]},
}
GOLD = [["touch('notes')"], ["mv('notes', target='old')"]]
FOUND = {
    "bfcl": {
        "base": {"tasks": 2, "passed": 1, "unanswered": 1},
        "miss_func": {"tasks": 2, "passed": 0, "unanswered": 0},
    },
    "tau2": {
        "airline": {"tasks": 1, "trials": 1, "average": 1.0, "any": 1.0, "unscored": 0, "idle": 1, "earned": None}
    },
}


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "headline"))
    names = ("evaluate", "gold_endpoint", "bfcl_hook", "tau2_hook", "served_model")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})


def ask(url: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    body = json.dumps({"model": "m", "messages": messages}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", body)) as reply:
        message: dict[str, Any] = json.load(reply)["choices"][0]["message"]
    return message


def calls(message: dict[str, Any]) -> list[tuple[str, Any]]:
    made = [call["function"] for call in message.get("tool_calls", [])]
    return [(call["name"], json.loads(call["arguments"])) for call in made]


def test_gold_calls_are_made_turn_by_turn_also_of_tools_held_back(hooks: Any) -> None:
    first = [{"role": "user", "content": "Make notes."}]
    second = [*first, {"role": "assistant", "content": ""}, {"role": "tool", "content": "{}"}]
    third = [*second, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "Here is another tool."}]
    with hooks.gold_endpoint.serving(hooks.gold_endpoint.bfcl_gold([(ROW, GOLD)])) as url:
        assert calls(ask(url, first)) == [("touch", {"file": "notes"})]
        assert (calls(ask(url, second)), ask(url, second)["content"]) == ([], "Done.")
        assert calls(ask(url, third)) == [("mv", {"source": "notes", "target": "old"})]


def test_agent_and_user_of_a_case_find_each_other(hooks: Any) -> None:
    criteria = SimpleNamespace(actions=[SimpleNamespace(name="cancel", arguments={"id": 1})], communicate_info=["30"])
    task = SimpleNamespace(id="7", user_scenario="You want out.", evaluation_criteria=criteria)
    prompt = {"role": "system", "content": "Play.\n<scenario>\nYou want out.\n</scenario>\n"}
    user, agent = hooks.gold_endpoint.tau2_user([task]), hooks.gold_endpoint.tau2_gold([task])
    said, _ = user([prompt])
    assert user([prompt, {"role": "assistant", "content": said}])[0] == "###STOP###"
    heard = {"role": "user", "content": said}
    assert agent([heard])[1] == [("cancel", {"id": 1})]
    assert "30" in agent([heard, {"role": "tool", "content": "ok"}])[0]


def test_the_table_has_the_papers_figures_beside_the_result(hooks: Any) -> None:
    lines = hooks.evaluate.table({"mine": FOUND}).splitlines()
    assert lines[0].split() == ["mine", "paper", "with", "GEM"]
    assert lines[1].split()[-3:] == ["25.00", "28.35", "44.88"]
    assert lines[-2].split()[-3:] == ["–", "–", "–"]
    assert lines[-1].startswith("1 tries got no answer")


@pytest.fixture
def peers(hooks: Any) -> Iterator[ModuleType]:
    if importlib.util.find_spec("bfcl_eval") is None or importlib.util.find_spec("overrides") is None:
        pytest.skip("bfcl-eval is not installed; see benchmarks/README.md")
    yield hooks


@pytest.mark.parametrize("category", ["base", "miss_func", "miss_param", "long_context"])
def test_bfcl_accepts_its_gold_calls_and_no_silence(peers: Any, category: str) -> None:
    gold = peers.gold_endpoint.bfcl_gold(peers.bfcl_hook.entries(category, 3))
    with peers.gold_endpoint.serving(gold) as url, peers.gold_endpoint.serving(peers.gold_endpoint.silence) as mute:
        passed = [
            peers.bfcl_hook.evaluate(peers.served_model.Served(name, where), category, limit=3)["passed"]
            for name, where in (("gold", url), ("mute", mute))
        ]
    assert passed == [3, 0]
