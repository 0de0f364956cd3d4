"""`gem-sim synthesize`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from gem_sim.cli.engines import EngineName, Workers, engine_of

if TYPE_CHECKING:
    from gem_sim.engine import Engine
    from gem_sim.pipeline.ledger import Ledger, Total
    from gem_sim.pipeline.llm import Client, Limits
    from gem_sim.pipeline.synthesize import Run
    from gem_sim.pipeline.teaching import Teacher

_REASONS = 6


Texts = Annotated[
    list[str], typer.Argument(help="Texts: JSON lines, plain text, HTML, Parquet, WARC, or folders of these.")
]
Out = Annotated[Path, typer.Option(help="The workspace to write; an interrupted run goes on there.")]
Workspace = Annotated[Path, typer.Argument(help="A workspace that an earlier stage wrote.")]
Model = Annotated[str, typer.Option(help="'offline' (rules, no model), or a model at the endpoint.")]
BaseUrl = Annotated[
    str | None, typer.Option(help="Address of an OpenAI-compatible endpoint; its key is OPENAI_API_KEY.")
]
Grounding = Annotated[
    str, typer.Option(help="How a model grounds: single (whole conversations), interactive, or both.")
]
Conversations = Annotated[
    int, typer.Option(help="How many conversations a model is asked for in an environment, by each way.", min=1)
]
Concurrency = Annotated[int, typer.Option(help="Requests and items under way at once.", min=1)]
PerMinute = Annotated[float | None, typer.Option(help="Most requests per minute; default: any.", min=0.1)]
PricesOption = Annotated[
    str, typer.Option(help="US dollars for a million tokens in and out, as 0.5,1.5; for the cost.")
]
Timeout = Annotated[float, typer.Option(help="Seconds that one reply may take; a model on a CPU needs more.", min=1)]
MaxTokens = Annotated[
    int | None, typer.Option(help="Most tokens of one reply; default: what the endpoint allows.", min=1)
]
Precision = Annotated[
    float | None, typer.Option(help="Precision wanted of the filter; default: none, a score of one half.", min=0, max=1)
]
Refine = Annotated[
    bool, typer.Option("--refine/--no-refine", help="Whether each conversation that passes gets a harder twin.")
]
Label = Annotated[
    bool, typer.Option("--labels", help="Let the model label each text that is kept: platform, domains, task category.")
]
Scrub = Annotated[
    bool, typer.Option("--scrub", help="Take e-mail addresses, phone, card and account numbers out of the texts first.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, not a table.")]


def command(
    texts: Texts,
    out: Out,
    model: Model = "offline",
    base_url: BaseUrl = None,
    grounding: Grounding = "both",
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    prices: PricesOption = "0,0",
    timeout: Timeout = 300.0,
    max_tokens: MaxTokens = None,
    conversations: Conversations = 3,
    precision: Precision = None,
    labels: Label = False,
    scrub: Scrub = False,
    refine: Refine = True,
    workers: Workers = 1,
    engine: EngineName = "local",
    as_json: AsJson = False,
) -> int:
    """Texts in, environments with verified trajectories out; what is done is never done again."""
    asked = Asked(model, base_url, grounding, concurrency, per_minute, prices, timeout, max_tokens, engine, workers)
    asked = asked._replace(conversations=conversations)
    reading = Reading(precision, labels, scrub)
    return run_stages(texts, out, asked, reading, last="validate", as_json=as_json, harder=refine)


class Asked(NamedTuple):
    """The teacher that was asked for, as the command line says it."""

    model: str
    base_url: str | None
    grounding: str
    concurrency: int
    per_minute: float | None
    prices: str
    timeout_seconds: float = 300.0
    max_tokens: int | None = None
    engine: str = "local"
    workers: int = 1
    conversations: int = 3


class Reading(NamedTuple):
    """How texts are read and filtered, as the command line says it."""

    precision: float | None = None
    labels: bool = False
    scrub: bool = False


def run_stages(
    texts: list[str],
    out: Path,
    asked: Asked,
    reading: Reading,
    *,
    last: str,
    as_json: bool,
    harder: bool = False,
    first: str = "extract",
) -> int:
    """Run the stages from the first wanted to the last, and print what the ledger then says."""
    from gem_sim.engine.staging import staged
    from gem_sim.pipeline.ledger import Ledger
    from gem_sim.pipeline.offline.teacher import Offline
    from gem_sim.pipeline.relevance import read_model
    from gem_sim.pipeline.synthesize import Stages, synthesize

    engine = _engine(asked)
    stages = Stages(first, last, harder, reading.labels)
    threshold = None if reading.precision is None else read_model().threshold(reading.precision)
    with Ledger(out) as ledger, bars() as watch:
        teacher: Teacher = Offline() if asked.model == "offline" else _teacher(asked, ledger)
        run = synthesize(
            texts,
            out,
            teacher,
            threshold=threshold,
            concurrency=asked.concurrency,
            ledger=ledger,
            **stages._asdict(),
            scrub=reading.scrub,
            watch=watch,
            elsewhere=None if engine is None else staged(out, teacher, stages, engine),
        )
    print(json.dumps(totals_json(run, out)) if as_json else totals_table(run, out))
    return 1 if any(total.outcomes.get("failed") for total in run.totals) else 0


def from_workspace(workspace: Path, asked: Asked, *, first: str, last: str, as_json: bool, harder: bool = False) -> int:
    """Let what a workspace's ledger has go on from one stage to another; what was done before stands, whoever did it.

    Raises:
        InputError: If the folder has no ledger.
    """
    from gem_sim.errors import InputError
    from gem_sim.pipeline.ledger import FILE

    if not (workspace / FILE).is_file():
        raise InputError(f"the folder has no {FILE}", file=str(workspace), cure="write it with gem-sim extract")
    return run_stages([], workspace, asked, Reading(), first=first, last=last, as_json=as_json, harder=harder)


def _engine(asked: Asked) -> Engine | None:
    """Return the engine that was asked for, None for this process; a model is asked from one process only."""
    from gem_sim.errors import InputError

    engine = engine_of(asked.engine, asked.workers)
    if engine.name == "local" and engine.workers == 1:
        return None
    if asked.model != "offline":
        cure = "raise --concurrency, or run one synthesize a machine, each with texts and a workspace of its own"
        raise InputError("a model's replies are awaited in one process, which writes them down", cure=cure)
    return engine


def _teacher(asked: Asked, ledger: Ledger) -> Teacher:
    from gem_sim.errors import InputError
    from gem_sim.pipeline import teacher
    from gem_sim.pipeline.llm import Limits

    if asked.grounding not in ("single", "interactive", "both"):
        raise InputError(f"unknown way of grounding {asked.grounding!r}", cure="use single, interactive or both")
    limits = Limits(
        concurrency=asked.concurrency,
        per_minute=asked.per_minute,
        timeout_seconds=asked.timeout_seconds,
        max_tokens=asked.max_tokens,
    )
    client = client_of(asked.model, ledger, asked.base_url, limits, asked.prices)
    return teacher.Model(client, asked.grounding, asked.conversations)  # type: ignore[arg-type]


def client_of(model: str, ledger: Ledger, base_url: str | None, limits: Limits, prices: str) -> Client:
    """Return the client of a model, with prices as the command line says them.

    Raises:
        InputError: If the prices are none, or there is no key.
    """
    from gem_sim.errors import InputError
    from gem_sim.pipeline.llm import Client, Prices

    try:
        dollars = Prices(*map(float, prices.split(",")))
    except (ValueError, TypeError):
        raise InputError(f"no prices: {prices!r}", cure="write two numbers, as 0.5,1.5") from None
    return Client(model, ledger, base_url=base_url, limits=limits, prices=dollars)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a bar for each stage while the block runs, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as progress:
        tasks: dict[str, TaskID] = {}

        def watch(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield watch


def totals_json(run: Run, out: Path) -> dict[str, object]:
    """Return what the ledger says of a run's stages."""
    return {
        "workspace": str(out),
        "worked": run.worked,
        "seconds": round(run.seconds, 3),
        "stages": {total.stage: {k: v for k, v in total._asdict().items() if k != "stage"} for total in run.totals},
    }


def totals_table(run: Run, out: Path) -> str:
    """Return the closing table: each stage by outcome, and the commonest reasons."""
    lines = [f"{'stage':<12}{'kept':>7}{'rejected':>10}{'failed':>8}{'tokens':>10}{'cost':>9}{'seconds':>9}"]
    for total in run.totals:
        kept, rejected, failed = (total.outcomes.get(name, 0) for name in ("kept", "rejected", "failed"))
        tokens = total.tokens_in + total.tokens_out
        money = f"{total.cost:.2f}" if total.cost else "0"
        lines.append(f"{total.stage:<12}{kept:>7}{rejected:>10}{failed:>8}{tokens:>10}{money:>9}{total.seconds:>9.1f}")
        lines += _reasons(total)
    done = "nothing was left to do" if not run.worked else f"{run.worked} steps"
    return "\n".join([*lines, f"{done}, {run.seconds:.1f} s → {out}"])


def _reasons(total: Total) -> list[str]:
    shown = list(total.reasons.items())[:_REASONS]
    lines = [f"  {number:>15}  {reason[:80]}" for reason, number in shown]
    left = len(total.reasons) - len(shown)
    return [*lines, f"  {'…':>15}  {left} more reasons"] if left else lines
