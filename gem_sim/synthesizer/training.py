"""Fine-tuning on pairs by TRL's SFTTrainer, with evaluation by execution on the way."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.rows import JsonObject, read_rows
from gem_sim.synthesizer.judging import STEPS, counted, judge_text
from gem_sim.synthesizer.recipe import Recipe
from gem_sim.synthesizer.stack import load_model, load_tokenizer, wanted
from gem_sim.synthesizer.vocabulary import train_tokenizer
from gem_sim.synthesizer.writing import write

# What generation has to know of a model's training; beside its weights.
CARD: Final = "synthesizer.json"
# How an evaluation by execution is logged.
_TEXTS, _EXECUTED, _ENDED = "executed_texts", "executed_", "ended_"


class Trained(NamedTuple):
    """What training came to: steps in all, the loss of the first and the last step logged, and each evaluation.

    An evaluation counts how many of the texts written about held-out passages reached each step of `judging.STEPS`.
    """

    steps: int
    seconds: float
    loss_first: float | None
    loss_last: float | None
    losses: tuple[tuple[int, float], ...]
    executed: tuple[JsonObject, ...]
    model: str


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    *,
    tokenizer: str | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    save_every: int | None = None,
    evaluate_every: int | None = None,
    evaluate_on: int = 16,
    resume: bool = False,
    trusted: bool = False,
    seed: int = 0,
) -> Trained:
    """Train a model on an exported data set and write it to a folder.

    Args:
        data: The folder that `export` wrote.
        out: The folder for the model; checkpoints are written beside it as `checkpoint-<step>`.
        recipe: How to train.
        tokenizer: Path or name of another tokenizer than the model's; "train" makes one of the pairs.
        steps: How many steps in all; None: as many as the recipe's epochs have.
        seconds: Stop after the step at which that many seconds are over; None: go on to the last step.
        save_every: Steps between checkpoints; None: at the end of each epoch.
        evaluate_every: Steps between evaluations by execution; None: after each epoch.
        evaluate_on: How many held-out passages are written about in an evaluation; 0: none.
        resume: Whether to go on from the last checkpoint in `out`.
        trusted: Whether bodies that the model writes may run in this process.
        seed: Decides initial weights, order and sampling.

    Raises:
        InputError: If data, model or tokenizer cannot be used.
    """
    begun = time.monotonic()
    wanted("transformers").set_seed(seed)
    rows = rows_of(data, "train")
    held = rows_of(data, "valid", needed=False)
    spoken = tokenizer_of(recipe, rows, tokenizer, out if resume else None)
    trainer = trainer_of(model_of(recipe, spoken), spoken, recipe, rows, held, out, steps, save_every, seed)
    trainer.remove_callback(wanted("transformers").PrinterCallback)
    trainer.add_callback(_telling())
    if held and evaluate_on:
        trainer.add_callback(_executing(trainer, spoken, recipe, held[:evaluate_on], evaluate_every, trusted))
    if seconds is not None:
        trainer.add_callback(_stopping(begun + seconds))
    checkpoint = last_checkpoint(out) if resume else None
    _write_card(out, recipe, None)
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(out))
    spoken.save_pretrained(str(out))
    history = trainer.state.log_history
    losses = tuple((int(entry["step"]), float(entry["loss"])) for entry in history if "loss" in entry)
    executed = tuple(_executed(entry) for entry in history if _TEXTS in entry)
    first, last = (losses[0][1], losses[-1][1]) if losses else (None, None)
    done = int(trainer.state.global_step)
    trained = Trained(done, time.monotonic() - begun, first, last, losses, executed, str(out))
    _write_card(out, recipe, trained)
    return trained


def _write_card(out: Path, recipe: Recipe, trained: Trained | None) -> None:
    """Write what generation has to know, and what training came to; it is there from the first checkpoint on."""
    out.mkdir(parents=True, exist_ok=True)
    known: JsonObject = {"recipe": recipe.about, "bare": recipe.bare, "most_tokens": recipe.most_tokens}
    if trained is not None:
        known["trained"] = {key: value for key, value in trained._asdict().items() if key != "model"}
    with atomic_text(out / CARD) as file:
        file.write(json.dumps(known) + "\n")


def rows_of(data: Path, split: str, *, needed: bool = True) -> list[JsonObject]:
    """Return the rows of a split.

    Raises:
        InputError: If the file is missing, has a row that is none of ours, or is empty where it is needed.
    """
    path = data / f"{split}.jsonl"
    if not path.is_file():
        raise InputError("there is no such file", file=str(path), cure="write it with gem-sim synthesizer export")
    found: list[JsonObject] = []
    for line, row in read_rows(path):
        if isinstance(row, Exception):
            raise row
        messages = row.get("messages")
        if not isinstance(messages, list) or len(messages) < 2:
            raise InputError("the row has no `messages`", file=str(path), line=line, cure="export the pairs anew")
        found.append(row)
    if needed and not found:
        raise InputError("the split has no row", file=str(path), cure="export more pairs, or hold out fewer")
    return found


def said(row: JsonObject, place: int) -> str:
    """Return the text of a row's message, counted as a list is."""
    return str(row["messages"][place]["content"])  # type: ignore[index,call-overload]


def tokenizer_of(recipe: Recipe, rows: Sequence[JsonObject], named: str | None, earlier: Path | None) -> Any:
    """Return the tokenizer to train with; `earlier` is the folder of a run that goes on, which has its own."""
    if earlier is not None and last_checkpoint(earlier) is not None:
        return load_tokenizer(str(last_checkpoint(earlier)))
    if named not in (None, "train"):
        return load_tokenizer(str(named))
    if named is None and recipe.vocabulary is None:
        return load_tokenizer(recipe.model)
    texts = [f"{said(row, -2)}\n{said(row, -1)}" for row in rows]
    return train_tokenizer(texts, recipe.vocabulary or 8192)


def model_of(recipe: Recipe, tokenizer: Any, device: str | None = None) -> Any:
    """Return the model to train: that of the recipe's name or path, or a new one of its architecture."""
    transformers, torch = wanted("transformers"), wanted("torch")
    if recipe.model and device is None:
        model = load_model(recipe.model, dtype=torch.bfloat16 if recipe.bf16 else torch.float32)
    else:
        sizes = dict(recipe.architecture)
        if not recipe.model:
            sizes["vocab_size"] = len(tokenizer)
            special = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
            config = transformers.Qwen3Config(**sizes, **special, bos_token_id=None)
        else:
            config = transformers.Qwen3Config(**sizes)
        with torch.device(device or "cpu"):
            model = transformers.Qwen3ForCausalLM(config)
    if recipe.adapter is not None:
        peft = wanted("peft")
        adapter = recipe.adapter
        settings = peft.LoraConfig(
            r=adapter.rank,
            lora_alpha=adapter.alpha,
            lora_dropout=adapter.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        model = peft.get_peft_model(model, settings)
    return model


def trainer_of(
    model: Any,
    tokenizer: Any,
    recipe: Recipe,
    rows: Sequence[JsonObject],
    held: Sequence[JsonObject],
    out: Path,
    steps: int | None,
    save_every: int | None,
    seed: int,
) -> Any:
    """Return TRL's trainer over rows, as the recipe wants it; the loss counts what the model is to write."""
    trl, datasets, torch = wanted("trl"), wanted("datasets"), wanted("torch")
    on_cpu = not torch.cuda.is_available()
    devices = max(1, int(wanted("accelerate").PartialState().num_processes))
    saving: dict[str, Any] = {"save_strategy": "epoch"}
    if save_every is not None:
        saving = {"save_strategy": "steps", "save_steps": save_every}
    settings = trl.SFTConfig(
        output_dir=str(out),
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        adam_beta2=recipe.beta2,
        num_train_epochs=recipe.epochs,
        max_steps=-1 if steps is None else steps,
        per_device_train_batch_size=recipe.batch_per_device,
        per_device_eval_batch_size=recipe.batch_per_device,
        gradient_accumulation_steps=recipe.accumulation(devices),
        gradient_checkpointing=recipe.checkpointing,
        max_length=recipe.most_tokens,
        bf16=recipe.bf16,
        use_liger_kernel=recipe.fused_loss and not on_cpu,
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        eval_strategy="epoch" if held else "no",
        logging_steps=1 if steps is not None and steps <= 100 else 10,
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
        **saving,
    )
    return trl.SFTTrainer(
        model=model,
        args=settings,
        train_dataset=datasets.Dataset.from_list([_conversation(row) for row in rows]),
        eval_dataset=datasets.Dataset.from_list([_conversation(row) for row in held]) if held else None,
        processing_class=tokenizer,
    )


def _conversation(row: JsonObject) -> dict[str, Any]:
    messages: Any = row["messages"]
    return {"prompt": messages[:-1], "completion": messages[-1:]}


def last_checkpoint(out: Path) -> str | None:
    """Return the folder of the latest checkpoint of a run, None where there is none."""
    found = [path for path in out.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit()]
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2]))) if found else None


def _executing(
    trainer: Any,
    tokenizer: Any,
    recipe: Recipe,
    held: Sequence[JsonObject],
    every: int | None,
    trusted: bool,
) -> Any:
    """Return a callback that lets the model write about held-out passages, and executes what it writes."""
    transformers = wanted("transformers")
    passages = [said(row, -2) for row in held]

    class Executing(transformers.TrainerCallback):  # type: ignore[name-defined,misc]
        def on_step_end(self, _arguments: Any, state: Any, control: Any, **_more: Any) -> Any:
            if every is not None and state.global_step % every == 0:
                self._execute()
            return control

        def on_epoch_end(self, _arguments: Any, _state: Any, control: Any, **_more: Any) -> Any:
            if every is None:
                self._execute()
            return control

        def _execute(self) -> None:
            unwrap = wanted("trl.models.utils").unwrap_model_for_generation
            with unwrap(trainer.model_wrapped, trainer.accelerator) as model:
                if not trainer.accelerator.is_main_process:
                    return
                model.eval()
                wrote = write(model, tokenizer, passages, bare=recipe.bare, most_tokens=recipe.most_tokens)
                model.train()
            with TemporaryDirectory() as folder:
                judged = [
                    judge_text(one.text, passage, Path(folder) / str(number), trusted=trusted)
                    for number, (one, passage) in enumerate(zip(wrote, passages, strict=True))
                ]
            reached, reasons = counted(judged)
            # Among the losses, where a run that goes on finds them again.
            trainer.log({_TEXTS: len(passages), **{f"{_EXECUTED}{name}": number for name, number in reached.items()},
                         **{f"{_ENDED}{reason}": number for reason, number in reasons.items()}})  # fmt: skip

    return Executing()


def _executed(entry: dict[str, Any]) -> JsonObject:
    """Return an evaluation by execution as it stands in a trainer's log."""
    reached = {name: int(entry[f"{_EXECUTED}{name}"]) for name in STEPS}
    reasons: JsonObject = {key.removeprefix(_ENDED): int(n) for key, n in entry.items() if key.startswith(_ENDED)}
    return {"step": int(entry["step"]), "texts": int(entry[_TEXTS]), **reached, "reasons": reasons}


def _telling() -> Any:
    """Return a callback that writes what is logged to standard error, one JSON object a line."""

    class Telling(wanted("transformers").TrainerCallback):  # type: ignore[misc]
        def on_log(self, _arguments: Any, state: Any, _control: Any, logs: Any = None, **_more: Any) -> None:
            if state.is_world_process_zero:
                print(json.dumps({"step": state.global_step, **(logs or {})}), file=sys.stderr, flush=True)

    return Telling()


def _stopping(deadline: float) -> Any:
    """Return a callback that ends training at the first step after a time of the monotonic clock."""

    class Stopping(wanted("transformers").TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _arguments: Any, _state: Any, control: Any, **_more: Any) -> Any:
            control.should_training_stop = control.should_training_stop or time.monotonic() > deadline
            return control

    return Stopping()
