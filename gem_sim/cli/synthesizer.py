"""`gem-sim synthesizer export | train | generate | compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.cli.synthesize import BaseUrl, Concurrency, Out, PerMinute, PricesOption, Texts

if TYPE_CHECKING:
    from gem_sim.synthesizer.footprint import DryRun
    from gem_sim.synthesizer.generating import Generated
    from gem_sim.synthesizer.training import Trained

app = typer.Typer(
    name="synthesizer",
    help="One model for the whole pipeline: export verified pairs, train on them, generate, compare.",
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Trusted = Annotated[bool, typer.Option("--trusted", help="Run tool bodies in this process: faster, fewer walls.")]


@app.command("export")
def export_command(
    workspaces: Annotated[list[Path], typer.Argument(help="Workspaces written by synthesize.")],
    out: Annotated[Path, typer.Option(help="The folder to write: train, valid and test.jsonl, and a card.")],
    tokenizer: Annotated[
        str | None, typer.Option(help="Tokenizer that counts; default: a token is 4 characters.")
    ] = None,
    most_tokens: Annotated[int, typer.Option(help="Longer rows are left out.", min=1)] = 32_768,
    valid: Annotated[
        float, typer.Option(help="Share of the documents held out to watch training.", min=0, max=1)
    ] = 0.05,
    test: Annotated[float, typer.Option(help="Share of the documents held out to the end.", min=0, max=1)] = 0.05,
    rows: Annotated[
        int | None, typer.Option(help="Rows a table keeps: those used, then the first; default: all.", min=0)
    ] = None,
    per_text: Annotated[int | None, typer.Option(help="Conversations of a text; default: all.", min=1)] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Leave the instruction out of the rows.")] = False,
    trusted: Trusted = False,
    as_json: AsJson = False,
) -> int:
    """Verified pairs of passage and text, split by source document, ready to train on."""
    from gem_sim.synthesizer.dataset import export_pairs

    done = export_pairs(workspaces, out, tokenizer=tokenizer, most_tokens=most_tokens, valid=valid, test=test,
                        rows=rows, per_text=per_text, bare=bare, trusted=trusted)  # fmt: skip
    if as_json:
        print(json.dumps({**done._asdict(), "files": [str(path) for path in done.files]}))
        return 0
    for split, number in done.rows.items():
        print(f"{split:<8}{number:>7} rows{done.documents[split]:>7} documents")
    for reason, number in done.dropped.items():
        print(f"left out{number:>7} {reason}")
    print(f"{done.tokens} tokens → {out}")
    return 0


@app.command("train")
def train_command(
    data: Annotated[Path, typer.Argument(help="The folder that export wrote.")],
    out: Annotated[Path, typer.Option(help="The folder for the model; checkpoints are written in it.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name, or a .toml file.")] = "qwen3-8b-full",
    model: Annotated[str | None, typer.Option(help="Name or path of the weights, instead of the recipe's.")] = None,
    tokenizer: Annotated[str | None, typer.Option(help="Name or path; 'train' makes one of the pairs.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps in all; default: the recipe's epochs.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop when that many are over.", min=0)] = None,
    save_every: Annotated[int | None, typer.Option(help="Steps between checkpoints; default: an epoch.", min=1)] = None,
    evaluate_every: Annotated[
        int | None, typer.Option(help="Steps between evaluations; default: an epoch.", min=1)
    ] = None,
    evaluate_on: Annotated[int, typer.Option(help="Held-out passages in an evaluation; 0: none.", min=0)] = 16,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Train nothing; print memory and steps.")] = False,
    devices: Annotated[int, typer.Option(help="GPUs of the run that --dry-run is about.", min=1)] = 1,
    trusted: Trusted = False,
    seed: Annotated[int, typer.Option(help="Decides initial weights, order and sampling.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Fine-tune a model on an export; with several GPUs, under `accelerate launch`."""
    from gem_sim.synthesizer.recipe import load_recipe

    wanted = load_recipe(recipe)
    if model is not None:
        wanted = wanted.model_copy(update={"model": model})
    if dry_run:
        from gem_sim.synthesizer.footprint import dry_run as tried

        told = tried(data, wanted, devices=devices, tokenizer=tokenizer)
        print(json.dumps(_dry_json(told)) if as_json else _dry_table(told))
        return 0
    from gem_sim.synthesizer.training import train

    done = train(data, out, wanted, tokenizer=tokenizer, steps=steps, seconds=seconds, save_every=save_every,
                 evaluate_every=evaluate_every, evaluate_on=evaluate_on,
                 resume=resume, trusted=trusted, seed=seed)  # fmt: skip
    print(json.dumps(done._asdict()) if as_json else _trained_table(done))
    return 0


def _dry_json(told: DryRun) -> dict[str, object]:
    return {**told._asdict(), "sizes": told.sizes._asdict(), "memory_gib": round(told.gib(), 2)}


def _dry_table(told: DryRun) -> str:
    sizes = told.sizes
    lines = [
        f"{told.recipe}: {sizes.parameters / 1e9:.3f} billion parameters, {sizes.trained / 1e9:.3f} of them trained",
        f"{told.rows} rows, {told.tokens} tokens, the longest {told.longest}; first batch {told.batch[0]} x "
        f"{told.batch[1]}, {told.counting} tokens of it count",
        f"{'memory of each of ' + str(told.devices) if told.devices > 1 else 'memory'}, estimated:",
        *(f"  {part:<14}{told.gib(part):>10.2f} GiB" for part in told.memory),
        f"  {'in all':<14}{told.gib():>10.2f} GiB",
        f"{told.steps} steps",
    ]
    if told.launch:
        launch = f"accelerate launch --config_file {told.launch} --num_processes {told.devices}"
        lines.append(f"{launch} -m gem_sim synthesizer train …")
    return "\n".join(lines)


def _trained_table(done: Trained) -> str:
    lines = (
        [f"{'step':>6}{'texts':>7}{'parsed':>8}{'compiled':>10}{'replayed':>10}{'passed':>8}"] if done.executed else []
    )
    for row in done.executed:
        lines.append("".join(f"{row[key]!s:>{width}}" for key, width in _EXECUTED))
    first, last = (f"{loss:.3f}" if loss is not None else "-" for loss in (done.loss_first, done.loss_last))
    return "\n".join([*lines, f"{done.steps} steps, loss {first} to {last}, {done.seconds:.0f} s → {done.model}"])


_EXECUTED = (("step", 6), ("texts", 7), ("parsed", 8), ("compiled", 10), ("replayed", 10), ("passed", 8))


@app.command("generate")
def generate_command(
    texts: Texts,
    out: Out,
    model: Annotated[str, typer.Option(help="A model at the endpoint; without --base-url a local folder.")],
    base_url: BaseUrl = None,
    n: Annotated[
        int, typer.Option("--n", help="Texts about a passage at most; the first that passes counts.", min=1)
    ] = 1,
    temperature: Annotated[float, typer.Option(help="That of all draws but the first.", min=0)] = 0.8,
    most_tokens: Annotated[
        int | None, typer.Option(help="Tokens of a text; default: as trained, else 16384.", min=1)
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Leave the instruction out, as trained on bare rows.")] = False,
    grammar: Annotated[bool, typer.Option(help="Whether an endpoint that can is bound to the grammar.")] = True,
    batch: Annotated[int, typer.Option(help="Texts that a local model writes at once.", min=1)] = 16,
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    prices: PricesOption = "0,0",
    precision: Annotated[float | None, typer.Option(help="Precision wanted of the filter.", min=0, max=1)] = None,
    trusted: Trusted = False,
    as_json: AsJson = False,
) -> int:
    """Texts in, one call each (or the best of n by verification), environments with verified trajectories out."""
    from gem_sim.cli.synthesize import bars, client_of
    from gem_sim.pipeline.ledger import Ledger
    from gem_sim.pipeline.llm import Limits
    from gem_sim.pipeline.relevance import read_model
    from gem_sim.synthesizer.generating import Writer, generate
    from gem_sim.synthesizer.writers import Endpoint, Local

    threshold = None if precision is None else read_model().threshold(precision)
    with Ledger(out) as ledger, bars() as watch:
        writer: Writer
        if base_url is None:
            writer = Local(Path(model), ledger, temperature=temperature, batch=batch, most_tokens=most_tokens,
                           bare=True if bare else None)  # fmt: skip
        else:
            client = client_of(model, ledger, base_url, Limits(concurrency=concurrency, per_minute=per_minute), prices)
            writer = Endpoint(client, temperature, most_tokens or 16_384, bare, grammar)
        done = generate(texts, out, writer, ledger, draws=n, threshold=threshold, trusted=trusted, watch=watch)
    print(json.dumps(_generated_json(done, out)) if as_json else _generated_table(done, out))
    return 1 if any(total.outcomes.get("failed") for total in done.run.totals) else 0


def _generated_json(done: Generated, out: Path) -> dict[str, object]:
    from gem_sim.cli.synthesize import totals_json

    return {**totals_json(done.run, out), "texts": done.texts, "passed_by_draws": list(done.passed_by)}


def _generated_table(done: Generated, out: Path) -> str:
    from gem_sim.cli.synthesize import totals_table

    lines = [
        f"passed by draw {draw:<3}{number:>7} of {done.texts}" for draw, number in enumerate(done.passed_by, start=1)
    ]
    return "\n".join([totals_table(done.run, out), *lines])


@app.command("compare")
def compare_command(
    pipeline: Annotated[Path, typer.Argument(help="A workspace that synthesize wrote.")],
    synthesizer: Annotated[Path, typer.Argument(help="One that synthesizer generate wrote, of the same texts.")],
    as_json: AsJson = False,
) -> int:
    """Pipeline and Synthesizer on the texts that both had: share passed, complexity, tokens, seconds, cost."""
    from gem_sim.synthesizer.comparing import compare, comparison_table

    lines = compare([pipeline, synthesizer])
    print(json.dumps([line._asdict() for line in lines]) if as_json else comparison_table(lines))
    return 0
