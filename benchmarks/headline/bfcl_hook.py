"""BFCL's multi-turn categories for a served model, with BFCL's own prompts, tool loop, executor and checker."""

from __future__ import annotations

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from served_model import Served

CATEGORIES = ("base", "miss_func", "miss_param", "long_context")


def entries(category: str, limit: int | None = None) -> list[tuple[dict[str, Any], list[list[str]]]]:
    """Return the tasks of a category with the gold calls of their turns, the first `limit` of them."""
    from bfcl_eval.utils import load_dataset_entry, load_ground_truth_entry

    name = f"multi_turn_{category}"
    rows, gold = load_dataset_entry(name), load_ground_truth_entry(name)
    return [(row, answer["ground_truth"]) for row, answer in zip(rows, gold, strict=True)][:limit]


def evaluate(served: Served, category: str, *, limit: int | None = None, threads: int = 8) -> dict[str, Any]:
    """Let the model answer the tasks of a category.

    Returns:
        `tasks` how many, `passed` how many of them BFCL's checker accepts, `unanswered` how many the endpoint broke.
    """
    tasks = entries(category, limit)
    # BFCL prints every step.
    with contextlib.redirect_stdout(io.StringIO()):
        judge = partial(_judged, _handler(served), category)
        with ThreadPoolExecutor(threads) as pool:
            outcomes = list(pool.map(judge, *zip(*tasks, strict=True)))
    return {
        "tasks": len(outcomes),
        "passed": sum(outcome is True for outcome in outcomes),
        "unanswered": sum(outcome is None for outcome in outcomes),
    }


def _handler(served: Served) -> Any:
    from bfcl_eval.model_handler.api_inference.openai_completion import OpenAICompletionsHandler

    class Handler(OpenAICompletionsHandler):  # type: ignore[misc]
        def _build_client_kwargs(self) -> dict[str, Any]:
            return {"base_url": served.base_url, "api_key": served.key, "timeout": 600}

        def _query_FC(self, inference_data: dict[str, Any]) -> Any:
            # As BFCL's own, without `store`, which servers other than OpenAI's refuse.
            messages, tools = inference_data["message"], inference_data["tools"]
            asked: dict[str, Any] = {"messages": messages, "model": self.model_name, "temperature": self.temperature}
            return self.generate_with_backoff(**asked, **({"tools": tools} if tools else {}))

    return Handler(served.model, 0.001, f"{served.model}-FC", True)


def _judged(handler: Any, category: str, row: dict[str, Any], gold: list[list[str]]) -> bool | None:
    """Tell whether the model does the task, None where it could not be asked."""
    import openai
    from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker import multi_turn_checker

    try:
        answers, _ = handler.inference(row, False, True)
    except openai.APIError:
        return None
    if len(answers) != len(gold):
        # It went on past BFCL's limit of steps and was stopped.
        return False
    steps = [[calls for answer in turn if (calls := _calls(handler, answer))] for turn in answers]
    # The instances of BFCL's checker are kept by this name and must not be those that the model has worked on.
    verdict = multi_turn_checker(steps, gold, row, f"multi_turn_{category}", f"check-{handler.model_name}")
    return bool(verdict["valid"])


def _calls(handler: Any, answer: Any) -> list[str]:
    """Return the calls of one answer as BFCL's executor takes them; none where it is talk or cannot be read."""
    from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils import is_empty_execute_response

    try:
        decoded: list[str] = handler.decode_execute(answer, has_tool_call_tag=False)
    except Exception:  # BFCL raises whatever the text of a model makes it raise, and skips the answer.
        return []
    return [] if is_empty_execute_response(decoded) else decoded
