"""The hooks of the headline experiment tried without a model: on gold actions, and on silence."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    importlib.import_module("bfcl_eval.model_handler.api_inference.openai_completion")
    importlib.import_module("inspect_evals.tau2")
except ModuleNotFoundError as error:
    raise SystemExit(f"the package {error.name} is not installed; see benchmarks/README.md") from None

import bfcl_hook
import evaluate
import gold_endpoint
import tau2_hook
from served_model import Served


def measure(repeat: int = 10) -> dict[str, Any]:
    """Return what the packages' scorers say of an endpoint that plays the gold actions and of one that says nothing.

    All 800 tasks of BFCL, once; of τ²-bench the first `repeat` tasks of each domain, once, since its own bookkeeping
    takes seconds for each. `gold` and `silent` hold what `evaluate.evaluate` returns.
    """
    found: dict[str, Any] = {}
    for name in ("gold", "silent"):
        bfcl = {category: _bfcl(category, name) for category in bfcl_hook.CATEGORIES}
        found[name] = {"bfcl": bfcl, "tau2": {domain: _tau2(domain, name, repeat) for domain in tau2_hook.DOMAINS}}
    return found


def _bfcl(category: str, name: str) -> dict[str, Any]:
    play = gold_endpoint.bfcl_gold(bfcl_hook.entries(category)) if name == "gold" else gold_endpoint.silence
    with gold_endpoint.serving(play) as url:
        return bfcl_hook.evaluate(Served(name, url), category)


def _tau2(domain: str, name: str, limit: int) -> dict[str, Any]:
    tasks = tau2_hook.tasks(domain)
    play = gold_endpoint.tau2_gold(tasks) if name == "gold" else gold_endpoint.silence
    with gold_endpoint.serving(play) as url, gold_endpoint.serving(gold_endpoint.tau2_user(tasks)) as user_url:
        return tau2_hook.evaluate(Served(name, url), Served("user", user_url), domain, limit=limit)


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as text for a person."""
    return evaluate.table(measured)
