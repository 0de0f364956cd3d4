"""inspect_ai evaluates a bundled environment with its own mock model, and scores it by replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="the extra `inspect` is not installed")

from inspect_ai import eval as evaluate
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.model._providers.mockllm import MockLLM

from gem_sim.adapters.inspect import inspect_task
from tests.conftest import environment
from tests.docs.page import checked


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count words for tokens: the mock model would load a vocabulary from the network to count them."""

    async def words(self: object, text: str) -> int:
        return len(text.split())

    monkeypatch.setattr(MockLLM, "count_text_tokens", words)


WAYS = {
    "order-status": [
        ("authenticate_user", {"name": "Ines Marchetti", "zip_code": "02139"}),
        ("get_order_status", {"order_id": "ORD_1202"}),
    ],
    "panorama-advice": [("get_custom_pricing", {"frame_width": 95, "frame_height": 140, "glass_type": "plain"})],
}


def replies(task: str) -> list[ModelOutput]:
    """Return the calls of a way as a model's replies, and a last word."""
    made = [ModelOutput.for_tool_call("mockllm/model", tool, arguments) for tool, arguments in WAYS[task]]
    return [*made, ModelOutput.from_content("mockllm/model", "That is all.")]


def scores(name: str, outputs: list[ModelOutput], tmp_path: Path, **options: Any) -> dict[str, dict[str, float]]:
    log = evaluate(
        inspect_task(environment(name)),
        model=get_model("mockllm/model", custom_outputs=outputs, memoize=False),
        log_dir=str(tmp_path),
        display="none",
        max_samples=1,
        **options,
    )[0]
    assert log.status == "success", log.error
    return {str(sample.id): next(iter(sample.scores.values())).value for sample in log.samples or ()}


def test_an_evaluation_scores_what_a_model_did(tmp_path: Path) -> None:
    ids = list(WAYS)
    outputs = [output for task in ids for output in replies(task)]
    found = scores("frame_shop", outputs, tmp_path, sample_id=ids)
    assert set(found) == set(ids)
    for value in found.values():
        assert value["passed"] == 1.0
        assert 0.9 < value["reward"] < 1.0


def test_doing_nothing_scores_nothing(tmp_path: Path) -> None:
    outputs = [ModelOutput.from_content("mockllm/model", "All done.") for _ in range(5)]
    found = scores("frame_shop", outputs, tmp_path)
    assert set(found) == set(environment("frame_shop").tasks)
    assert all(value == {"reward": 0.0, "passed": 0.0} for value in found.values())


def test_wrong_arguments_do_not_stop_the_evaluation(tmp_path: Path) -> None:
    outputs = [
        ModelOutput.for_tool_call("mockllm/model", "get_order_status", {"order_id": 7}),
        ModelOutput.for_tool_call("mockllm/model", "no_such_tool", {}),
        ModelOutput.from_content("mockllm/model", "I give up."),
    ]
    assert scores("frame_shop", outputs, tmp_path, sample_id="order-status")["order-status"]["passed"] == 0.0


def test_a_sample_does_not_tell_the_end() -> None:
    for sample in inspect_task(environment("library")).dataset:
        assert set(sample.metadata or {}) == {"task"}
        assert not sample.target


def test_the_page_on_training_runs(tmp_path: Path) -> None:
    assert "inspect" not in checked("docs/train.md", tmp_path, "python").missing
