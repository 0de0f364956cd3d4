"""A small model trained from nothing on pairs by the offline teacher, then let loose on texts it never saw.

Needs the extra `train`. All is made in the folder that SYNTHESIZER_WORK names (default: a temporary one); what is
there already is not made again, so a run that was interrupted goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from gem_sim.pipeline.ledger import Attempt, Ledger
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.pipeline.teaching import ModelFault
from gem_sim.synthesizer.comparing import compare, comparison_table
from gem_sim.synthesizer.dataset import write_dataset
from gem_sim.synthesizer.generating import Drawn, Generated, generate
from gem_sim.synthesizer.howtos import Howto, howto_pairs, howtos
from gem_sim.synthesizer.pairs import draft_in
from gem_sim.synthesizer.recipe import load_recipe
from gem_sim.synthesizer.training import CARD, last_checkpoint, rows_of, said, train
from gem_sim.synthesizer.writers import Local

TEXTS, UNSEEN, STEPS, DRAWS = 2000, 40, 1300, 4
# Hotter, so small a model loses the thread: it copies an id wrongly.
TEMPERATURE = 0.3


def measure(seconds: float | None = None) -> dict[str, Any]:
    """Make the pairs, train, write about unseen texts once and best of four, and set the pipeline beside it.

    Args:
        seconds: When training stops, should it not have come to its last step; None: never before that.
    """
    with _work() as work:
        data = work / "data"
        if not (data / "README.md").exists():
            dropped: Counter[str] = Counter()
            pairs = list(howto_pairs(howtos(TEXTS, seed=1), dropped))
            write_dataset(pairs, data, dropped, valid=0.02, test=0.0, bare=True)
        trained = _trained(work, data, seconds)
        unseen = _unseen(data)
        texts = work / "unseen.jsonl"
        texts.write_text("".join(json.dumps(text._asdict()) + "\n" for text in unseen))
        made = _generated(work, texts)
        pipeline = synthesize([texts], work / "pipeline", Offline(), threshold=0.0)
        lines = compare([work / "pipeline", work / "synthesizer"])
        return {
            "pairs": len(rows_of(data, "train")),
            "steps": trained["steps"],
            "loss_first": trained["loss_first"],
            "loss_last": trained["loss_last"],
            "losses": trained["losses"],
            "executed": trained["executed"],
            "generated": made.texts,
            "passed": made.passed_by[0],
            "passed_by_draws": list(made.passed_by),
            "unreliable_by_draws": _unreliable(texts, unseen),
            "reasons": _reasons(work / "synthesizer"),
            "as_the_teacher": _as_the_teacher(work, pipeline.totals[0].outcomes.get("kept", 0)),
            "comparison": [line._asdict() for line in lines],
            "table": comparison_table(lines),
        }


class _Unreliable(NamedTuple):
    """A writer that knows the teacher's text for each passage, and spoils half of what it writes, by a hash."""

    known: dict[str, str]
    batch: int = 8

    def settings(self) -> str:
        return "unreliable"

    async def write(self, passages: Sequence[str], draw: int) -> list[Drawn | ModelFault]:
        spoilt = [hashlib.sha256(f"{passage} {draw}".encode()).digest()[0] % 2 for passage in passages]
        texts = [self.known[passage] for passage in passages]
        return [
            Drawn(
                text.replace("return dict(record)", "return {}") if bad else text, True, (Attempt(model="unreliable"),)
            )
            for text, bad in zip(texts, spoilt, strict=True)
        ]


def _unreliable(texts: Path, unseen: Sequence[Howto]) -> list[int]:
    """Return how many texts pass by 1, 2, … draws of a writer half of whose texts are wrong."""
    known = {one.pair.passage: one.text for one in howto_pairs(unseen, Counter())}
    with TemporaryDirectory() as folder, Ledger(Path(folder)) as ledger:
        done = generate([texts], Path(folder), _Unreliable(known), ledger, draws=DRAWS, threshold=0.0, trusted=True)
        return list(done.passed_by)


@contextmanager
def _work() -> Iterator[Path]:
    named = os.environ.get("SYNTHESIZER_WORK")
    if named:
        Path(named).mkdir(parents=True, exist_ok=True)
        yield Path(named)
    else:
        with TemporaryDirectory() as folder:
            yield Path(folder)


def _trained(work: Path, data: Path, seconds: float | None) -> dict[str, Any]:
    """Return what training came to; a run that ended is read, one that was interrupted goes on."""
    out = work / "model"
    card = json.loads((out / CARD).read_text()) if (out / CARD).exists() else {}
    if "trained" not in card:
        resume = last_checkpoint(out) is not None
        train(data, out, load_recipe("tiny"), steps=STEPS, seconds=seconds, save_every=100, evaluate_every=300,
              evaluate_on=8,
              resume=resume, trusted=True)  # fmt: skip
        card = json.loads((out / CARD).read_text())
    found: dict[str, Any] = card["trained"]
    return found


def _unseen(data: Path) -> list[Howto]:
    seen = {said(row, -2) for split in ("train", "valid") for row in rows_of(data, split)}
    return [text for text in howtos(2 * UNSEEN, seed=2) if text.text not in seen][:UNSEEN]


def _generated(work: Path, texts: Path) -> Generated:
    with Ledger(work / "synthesizer") as ledger:
        writer = Local(work / "model", ledger, temperature=TEMPERATURE, batch=20)
        return generate([texts], work / "synthesizer", writer, ledger, draws=DRAWS, threshold=0.0, trusted=True)


def _reasons(workspace: Path) -> dict[str, int]:
    """Return how many of the first draws ended for which kind of fault."""
    with Ledger(workspace) as ledger:
        first = [
            reason for item, stage, _, reason in ledger.outcomes() if stage == "trajectory" and item.endswith("/0")
        ]
    counted = Counter(reason.partition(":")[0] for reason in first if reason)
    return dict(counted.most_common())


def _as_the_teacher(work: Path, texts: int) -> str:
    """Return for how many texts what passed has the tools, rules, constants and entities of the offline teacher."""
    made, theirs = ({path.name.rpartition("_")[2]: path for path in (work / name / "environments").glob("*/")}
                    for name in ("synthesizer", "pipeline"))  # fmt: skip
    alike = sum(passage in theirs and _what(path) == _what(theirs[passage]) for passage, path in made.items())
    return f"{alike} of {texts}"


def _what(folder: Path) -> tuple[Any, ...]:
    environment: Any = draft_in(folder).environment
    names = [tool["name"] for tool in environment["tools"]]
    return names, environment["rules"], environment["constants"], environment["entities"]


def table(measured: dict[str, Any]) -> str:
    """Return the measurements as text: the learning curve, what passed by draws, and the comparison."""
    losses = measured["losses"]
    shown = losses[:: max(1, len(losses) // 12)]
    lines = [
        f"{measured['pairs']} pairs, {measured['steps']} steps",
        "step  " + "".join(f"{step:>7}" for step, _ in shown),
        "loss  " + "".join(f"{loss:>7.3f}" for _, loss in shown),
        f"loss {measured['loss_first']:.3f} to {measured['loss_last']:.3f}",
    ]
    for row in measured["executed"]:
        counts = ", ".join(f"{name} {row[name]}" for name in ("parsed", "compiled", "replayed", "passed"))
        lines.append(f"at step {row['step']}, of {row['texts']} held-out texts: {counts}")
    lines.append(f"unseen texts: {measured['generated']}")
    for draws, passed in enumerate(measured["passed_by_draws"], start=1):
        lines.append(f"  passed, best of {draws}: {passed} ({passed / measured['generated']:.0%})")
    shares = ", ".join(f"{passed / measured['generated']:.0%}" for passed in measured["unreliable_by_draws"])
    lines.append(f"  of a writer that spoils half of its texts, by draws: {shares}")
    lines += [f"  first draw: {number} {reason}" for reason, number in measured["reasons"].items()]
    lines.append(f"  with the teacher's tools, rules, constants and entities: {measured['as_the_teacher']}")
    return "\n".join([*lines, measured["table"]])
