"""Refinement on passages that nobody here wrote, taken through all stages with a teacher's replies from files.

The replies were written by hand by the project's authors in place of a model; an endpoint on loopback serves them.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gem_sim import verify  # noqa: E402
from gem_sim.errors import InputError  # noqa: E402
from gem_sim.pipeline.ledger import Ledger  # noqa: E402
from gem_sim.refiner import REWRITES, Complexity, Target, complexity_of  # noqa: E402
from tests.pipeline.recorded import chosen_rows, run_recorded, twins_of  # noqa: E402

TEXTS = ROOT.parent / "shared" / "data" / "texts.jsonl"
FIGURES = ("messages", "tools", "calls", "depth", "patterns")


def measure() -> dict[str, Any]:
    """Return for each passage the figures of its conversations before and after, as means, and what was rewritten.

    `factors` are the means, over all conversations, of what each figure grew by; `passed` counts which of the `refined`
    trajectories pass all checks when they are replayed anew; `kept` and `rolled_back` count rewrites.
    """
    if not TEXTS.is_file():
        raise InputError("the passages are not there", file=str(TEXTS), cure="put texts.jsonl there")
    os.environ.setdefault("OPENAI_API_KEY", "any")
    with TemporaryDirectory() as folder:
        workspace = run_recorded(TEXTS, Path(folder))
        pairs = list(twins_of(workspace))
        passages = [_passage(workspace, row, pairs) for row in chosen_rows(TEXTS)]
    grown = [(complexity_of(original), complexity_of(harder)) for _, original, harder in pairs]
    return {
        "passages": passages,
        "refined": len(pairs),
        "passed": sum(verify(harder).verdict == "pass" for _, _, harder in pairs),
        "before": _means([before for before, _ in grown]),
        "after": _means([after for _, after in grown]),
        "factors": {
            name: mean(getattr(after, name) / getattr(before, name) for before, after in grown)
            for name in Target._fields
        },
        "kept": _added(passages, "kept"),
        "rolled_back": _added(passages, "rolled_back"),
    }


def _passage(workspace: Path, row: dict[str, Any], pairs: list[Any]) -> dict[str, Any]:
    with Ledger(workspace) as ledger:
        attempts = [attempt for stage, attempt in ledger.attempts(row["id"]) if stage == "refine" and attempt.prompt]
    source = {path.parent.name: path.read_text(encoding="utf-8") for path in workspace.glob("environments/*/source.md")}
    mine = [(original, harder) for name, original, harder in pairs if source[name].strip() == row["text"].strip()]
    return {
        "passage": row["id"],
        "domain": row["domain"],
        "conversations": len(mine),
        "before": _means([complexity_of(original) for original, _ in mine]),
        "after": _means([complexity_of(harder) for _, harder in mine]),
        "kept": Counter(attempt.prompt for attempt in attempts if attempt.outcome == "kept"),
        "rolled_back": Counter(attempt.prompt for attempt in attempts if attempt.outcome != "kept"),
    }


def _means(found: list[Complexity]) -> dict[str, float]:
    numbers = [one._replace(patterns=len(one.patterns)) for one in found]  # type: ignore[arg-type]
    return {name: mean(getattr(one, name) for one in numbers) for name in FIGURES}


def _added(passages: list[dict[str, Any]], key: str) -> dict[str, int]:
    return dict(sum((passage[key] for passage in passages), Counter()))


def table(measured: dict[str, Any]) -> str:
    """Return the numbers as text."""
    lines = [f"{'means of each passage':<46}" + "".join(f"{name:>14}" for name in FIGURES) + "   kept rolled back"]
    for passage in measured["passages"]:
        name = f"{passage['passage']} {passage['domain']}"[:45]
        done = f"{sum(passage['kept'].values()):>7}{sum(passage['rolled_back'].values()):>12}"
        lines.append(f"{name:<46}{_grown(passage)}{done}")
    lines.append(f"{'all conversations':<46}{_grown(measured)}")
    factors = ", ".join(f"{name} ×{factor:.2f}" for name, factor in measured["factors"].items())
    paper = ", ".join(f"{name} ×{factor}" for name, factor in Target()._asdict().items())
    lines.append(f"mean of the factors: {factors} (the paper: {paper})")
    lines.append(f"refined trajectories that pass all checks: {measured['passed']} of {measured['refined']}")
    for rewrite in REWRITES:
        kept, rolled = measured["kept"].get(rewrite.name, 0), measured["rolled_back"].get(rewrite.name, 0)
        lines.append(f"  {rewrite.name:<26} kept {kept:>3}, rolled back {rolled:>3}")
    return "\n".join(lines)


def _grown(row: dict[str, Any]) -> str:
    return "".join(f"{row['before'][name]:>6.1f} →{row['after'][name]:>6.1f}" for name in FIGURES)
