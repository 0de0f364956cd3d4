"""A dry run: the model on the meta device, the data collated, what each device has to hold, and how many steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from gem_sim.formats.rows import JsonObject
from gem_sim.synthesizer.recipe import FOLDER, Recipe
from gem_sim.synthesizer.training import model_of, rows_of, tokenizer_of, trainer_of

_GIB = 1 << 30
_SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1}


class Sizes(NamedTuple):
    """Parameters in all, those that are trained, those of the largest layer, and those of the embedding."""

    parameters: int
    trained: int
    layer: int
    embedding: int


class DryRun(NamedTuple):
    """What a run would take: memory in bytes for each device, estimated; steps; the first batch as it was collated."""

    recipe: str
    sizes: Sizes
    devices: int
    memory: dict[str, int]
    rows: int
    tokens: int
    longest: int
    batch: tuple[int, int]
    counting: int
    steps: int
    launch: str

    def gib(self, part: str | None = None) -> float:
        """Return a part of the memory, or all of it, in GiB."""
        return (sum(self.memory.values()) if part is None else self.memory[part]) / _GIB


def dry_run(data: Path, recipe: Recipe, *, devices: int = 1, tokenizer: str | None = None) -> DryRun:
    """Return what training a recipe on a data set would take on that many devices; nothing is trained.

    The rows go through TRL's own preparation and collation, under a model that is small but for its vocabulary.

    Raises:
        InputError: If the data or the tokenizer cannot be used, or the batch cannot be divided among the devices.
    """
    rows = rows_of(data, "train")
    accumulation = recipe.accumulation(devices)
    spoken = tokenizer_of(recipe, rows, tokenizer, None)
    sizes = sizes_of(model_of(recipe, spoken, device="meta"))
    batch, lengths, counting = _collated(recipe, spoken, rows)
    batches = math.ceil(len(rows) / (devices * recipe.batch_per_device))
    steps = math.ceil(recipe.epochs * max(1, math.ceil(batches / accumulation)))
    launch = str(FOLDER / recipe.launch) if recipe.launch else ""
    memory = memory_of(recipe, sizes, devices)
    return DryRun(recipe.about, sizes, devices, memory, len(rows), sum(lengths), max(lengths), batch, counting, steps,
                  launch)  # fmt: skip


def sizes_of(model: Any) -> Sizes:
    """Return the sizes of a model; it may be on the meta device."""
    layers: dict[str, int] = {}
    total = trained = embedding = 0
    for name, parameter in model.named_parameters():
        number = int(parameter.numel())
        total += number
        trained += number if parameter.requires_grad else 0
        _, found, after = name.partition("layers.")
        if found:
            layer = after.partition(".")[0]
            layers[layer] = layers.get(layer, 0) + number
        elif "embed" in name:
            embedding += number
    return Sizes(total, trained, max(layers.values(), default=0), embedding)


def memory_of(recipe: Recipe, sizes: Sizes, devices: int) -> dict[str, int]:
    """Return how many bytes a device holds of each kind, for rows as long as the recipe allows.

    Sharded runs (ZeRO-3) hold bfloat16 weights and gradients and float32 weights and moments, all divided; others hold
    gradients and two moments in the type of the weights. Adapters are float32. Activations are those kept for the
    backward pass, with checkpoints one hidden state a layer and the inside of one layer.
    """
    sharded = "zero3" in recipe.launch
    share = devices if sharded else 1
    weight = 2 if recipe.model and recipe.bf16 else 4
    trained = 4 if recipe.adapter is not None else weight
    frozen = sizes.parameters - sizes.trained
    memory = {
        "weights": (frozen * weight + sizes.trained * trained) // share,
        "gradients": sizes.trained * trained // share,
        "optimizer": sizes.trained * (12 if sharded else 2 * trained) // share,
        "activations": _activations(recipe),
        "logits": _logits(recipe, sizes),
    }
    if sharded:
        # Two layers, or the embedding, are whole while they are used.
        memory["gathered"] = 2 * max(2 * sizes.layer, sizes.embedding)
    return memory


def _activations(recipe: Recipe) -> int:
    sizes = recipe.architecture
    tokens = recipe.batch_per_device * recipe.most_tokens
    hidden, layers = int(sizes["hidden_size"]), int(sizes["num_hidden_layers"])
    heads = int(sizes["num_attention_heads"]) * 2 + int(sizes["num_key_value_heads"]) * 2
    inside = 6 * hidden + heads * int(sizes["head_dim"]) + 4 * int(sizes["intermediate_size"])
    kept = layers * hidden + inside if recipe.checkpointing else layers * (hidden + inside)
    return tokens * kept * (2 if recipe.bf16 else 4)


def _logits(recipe: Recipe, sizes: Sizes) -> int:
    tokens = recipe.batch_per_device * recipe.most_tokens
    hidden = int(recipe.architecture["hidden_size"])
    if recipe.fused_loss:
        # Worked out in pieces, each about as large as the hidden states.
        return tokens * hidden * 8
    vocabulary = sizes.embedding // hidden
    return tokens * vocabulary * 10


def _collated(recipe: Recipe, tokenizer: Any, rows: Sequence[JsonObject]) -> tuple[tuple[int, int], list[int], int]:
    """Return the shape of the first batch, the length of each row in tokens, and how many of the batch's count."""
    small = {**recipe.architecture, **_SMALL, "num_key_value_heads": 1, "head_dim": 32}
    plain = recipe.model_copy(update={"model": "", "architecture": small, "adapter": None})
    with TemporaryDirectory() as folder:
        model = model_of(plain, tokenizer)
        trainer = trainer_of(model, tokenizer, plain, rows, [], Path(folder), None, None, 0)
        lengths = [len(ids) for ids in trainer.train_dataset["input_ids"]]
        batch = next(iter(trainer.get_train_dataloader()))
    shape = batch["input_ids"].shape
    return (int(shape[0]), int(shape[1])), lengths, int((batch["labels"] != -100).sum())
