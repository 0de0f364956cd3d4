"""The paper's headline experiment for a served model: BFCL V3 multi-turn, τ²-bench retail and airline.

The packages do the work, with their own data, prompts, tools and scorers; this script asks the endpoint and prints what
the paper reports beside the result.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bfcl_hook
import tau2_hook
from served_model import Served

# GEM (arXiv 2601.10355), Qwen3-32B before and after training on 10,000 trajectories; shares in per cent.
PAPER = {
    "BFCL V3 multi-turn": (28.35, 44.88),
    "τ² retail, average": (43.20, 55.48),
    "τ² retail, any of the tries": (70.18, 86.84),
}


def evaluate(
    agent: Served,
    user: Served,
    *,
    only: str | None = None,
    limit: int | None = None,
    trials: int = 4,
    connections: int = 8,
) -> dict[str, Any]:
    """Return what `bfcl_hook.evaluate` and `tau2_hook.evaluate` return, by category and by domain.

    Args:
        agent: The model that is judged.
        user: The model that plays the user of τ²-bench.
        only: "bfcl" or "tau2"; None is both.
        limit: How many tasks of each category and domain; None is all.
        trials: How often each task of τ²-bench is tried.
        connections: How many requests at a time.
    """
    found: dict[str, Any] = {}
    if only != "tau2":
        found["bfcl"] = {
            name: bfcl_hook.evaluate(agent, name, limit=limit, threads=connections) for name in bfcl_hook.CATEGORIES
        }
    if only != "bfcl":
        found["tau2"] = {
            name: tau2_hook.evaluate(agent, user, name, limit=limit, trials=trials, connections=connections)
            for name in tau2_hook.DOMAINS
        }
    return found


def shares(found: dict[str, Any]) -> dict[str, float | None]:
    """Return the rows of the table, name → per cent; None where every task is passed by doing nothing."""
    rows: dict[str, float | None] = {}
    bfcl = found.get("bfcl", {})
    by_category = {name: 100 * one["passed"] / one["tasks"] for name, one in bfcl.items()}
    if by_category:
        # The categories have the same number of tasks, and BFCL's overall figure is their mean.
        rows["BFCL V3 multi-turn"] = mean(by_category.values())
        rows |= {f"  {name}": share for name, share in by_category.items()}
    for name, one in found.get("tau2", {}).items():
        rows[f"τ² {name}, average"] = 100 * one["average"]
        rows[f"τ² {name}, any of the tries"] = 100 * one["any"]
        rows[f"  without the {one['idle']} that idling passes"] = None if one["earned"] is None else 100 * one["earned"]
    return rows


def table(columns: dict[str, dict[str, Any]]) -> str:
    """Return results as text for a person: a line for each figure, a column for each model, the paper's last."""
    rows = {name: shares(found) for name, found in columns.items()}
    lines = ["".join((" " * 36, *(f"{name:>12}" for name in rows), f"{'paper':>9}{'with GEM':>10}"))]
    for figure in next(iter(rows.values())):
        before, after = PAPER.get(figure, (None, None))
        cells = [f"{_percent(row.get(figure)):>12}" for row in rows.values()]
        lines.append(f"{figure:<36}{''.join(cells)}{_percent(before):>9}{_percent(after):>10}")
    broken = sum(one.get("unanswered", 0) + one.get("unscored", 0) for one in _all(columns))
    if broken:
        lines.append(f"{broken} tries got no answer from the endpoint and count as failed")
    return "\n".join(lines)


def _all(columns: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for found in columns.values() for part in found.values() for one in part.values()]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"


def main() -> int:
    """Parse the arguments, evaluate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="name of the model at its endpoint")
    parser.add_argument("--base-url", required=True, help="address of the endpoint, ending in /v1")
    parser.add_argument("--user-model", help="model that plays the user of τ²-bench; else the model itself")
    parser.add_argument("--user-base-url", help="its endpoint; else the same")
    parser.add_argument("--only", choices=("bfcl", "tau2"), help="one of the two benchmarks")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N tasks of each category and domain")
    parser.add_argument("--trials", type=int, default=4, metavar="N", help="tries of each task of τ²-bench")
    parser.add_argument("--connections", type=int, default=8, metavar="N", help="requests at a time")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    key = os.environ.get("OPENAI_API_KEY", "none")
    agent = Served(options.model, options.base_url, key)
    user = Served(options.user_model or options.model, options.user_base_url or options.base_url, key)
    how = {name: getattr(options, name) for name in ("only", "limit", "trials", "connections")}
    found = evaluate(agent, user, **how)
    print(json.dumps(found) if options.json else table({options.model: found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
