"""Recipes: how a Synthesizer is trained, one file each in `recipes/`, or a file of one's own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from gem_sim.errors import InputError
from gem_sim.frozen import Frozen

FOLDER = Path(__file__).resolve().parent / "recipes"


class Adapter(Frozen):
    """Low-rank adapters on every linear layer, instead of training all parameters."""

    rank: int = Field(gt=0)
    alpha: int = Field(gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Recipe(Frozen):
    """How a model is trained.

    `model` is a name or a local path, "" for one made from `architecture` (arguments of Qwen3Config), also
    for dry runs. `vocabulary` None: the model's tokenizer, else the size of one trained on the pairs. `bare`
    leaves the instruction out of what the model is asked. `batch` counts rows of all devices together. `warmup` is a
    share of the steps. `fused_loss` needs liger-kernel. `launch` names the accelerate configuration it is meant for.
    """

    about: str
    model: str
    architecture: dict[str, int | float | bool]
    vocabulary: int | None = Field(default=None, ge=300)
    bare: bool = False
    adapter: Adapter | None = None
    learning_rate: float = Field(gt=0)
    schedule: Literal["cosine", "linear", "constant"]
    warmup: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    beta2: float = Field(default=0.999, gt=0, lt=1)
    epochs: float = Field(gt=0)
    batch: int = Field(gt=0)
    batch_per_device: int = Field(gt=0)
    most_tokens: int = Field(gt=0)
    bf16: bool
    checkpointing: bool
    fused_loss: bool
    launch: str

    def accumulation(self, devices: int) -> int:
        """Return how many batches of a device make a step.

        Raises:
            InputError: If the batch cannot be divided so.
        """
        together = devices * self.batch_per_device
        if self.batch % together:
            cure = f"use a number of devices that divides {self.batch // self.batch_per_device}"
            raise InputError(f"a batch of {self.batch} cannot be divided among {devices} devices", cure=cure)
        return self.batch // together


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name: str) -> Recipe:
    """Return a recipe by name, or by the path of a file.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError:
        cure = f"name a .toml file, or one of: {', '.join(recipe_names())}"
        raise InputError(f"there is no recipe {name!r}", cure=cure) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", file=str(path), cure="mend the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}", file=str(path), cure="mend the recipe") from None
