"""Who writes: a model at an OpenAI-compatible endpoint, or a local one; both remember in the ledger what they wrote."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from gem_sim.canonical import Json, digest
from gem_sim.errors import InputError
from gem_sim.pipeline.ledger import Attempt, Ledger
from gem_sim.pipeline.llm import Client, Sampling
from gem_sim.pipeline.teaching import ModelFault
from gem_sim.synthesizer.generating import Drawn
from gem_sim.synthesizer.prompting import asked, instruction
from gem_sim.synthesizer.stack import load_model, load_tokenizer
from gem_sim.synthesizer.training import CARD
from gem_sim.synthesizer.writing import Wrote, bare_text, write


def grammar() -> str:
    """Return the grammar of the texts, for endpoints that can be bound to one (GBNF)."""
    return resources.files("gem_sim.synthesizer").joinpath("grammar.gbnf").read_text(encoding="utf-8")


class Endpoint(NamedTuple):
    """A model behind a `Client`; `most_tokens` bounds a text, `bound` says whether the grammar is offered."""

    client: Client
    temperature: float = 0.8
    most_tokens: int = 16_384
    bare: bool = False
    bound: bool = True
    batch: int = 1

    def settings(self) -> str:
        """Return the model, the prompt's version and the way of drawing."""
        ways = f"t={self.temperature} tokens={self.most_tokens}{' bare' if self.bare else ''}"
        return f"{self.client.model} {instruction().label} {ways}{' bound' if self.bound else ''}"

    async def write(self, passages: Sequence[str], draw: int) -> list[Drawn | ModelFault]:
        """Return what the model writes; the first draw at temperature 0."""
        return list(await asyncio.gather(*(self._one(passage, draw) for passage in passages)))

    async def _one(self, passage: str, draw: int) -> Drawn | ModelFault:
        log: list[Attempt] = []
        temperature = self.temperature if draw else 0.0
        sampling = Sampling(temperature, draw, self.most_tokens, grammar() if self.bound else None)
        try:
            text = await self.client.write(instruction(), asked(passage, bare=self.bare), log, sampling)
        except ModelFault as fault:
            return fault.with_attempts(log)
        return Drawn(bare_text(text.text), text.ended, tuple(log))


class Local:
    """A model in a folder, run by transformers.

    Args:
        folder: The folder that training wrote, or any with weights and a tokenizer.
        ledger: Where texts are kept and looked up.
        temperature: That of the draws after the first.
        batch: How many texts are written at once.
        most_tokens: What a text may have at most; None: what the model was trained for, else 16384.
        bare: Whether the instruction is left out; None: as the model was trained, else no.

    Raises:
        InputError: If the folder holds no model.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        *,
        temperature: float = 0.8,
        batch: int = 16,
        most_tokens: int | None = None,
        bare: bool | None = None,
    ) -> None:
        if not folder.is_dir():
            cure = "give the folder of a model, or --base-url for one that is served"
            raise InputError("there is no such folder", file=str(folder), cure=cure)
        # A checkpoint lies in the folder of its run.
        cards = [path for path in (folder / CARD, folder.parent / CARD) if path.is_file()]
        card = json.loads(cards[0].read_text()) if cards else {}
        self.folder = folder
        self.batch = batch
        self.temperature = temperature
        self.most_tokens = int(card.get("most_tokens", 16_384)) if most_tokens is None else most_tokens
        self.bare = bool(card.get("bare", False)) if bare is None else bare
        self._ledger = ledger

    @cached_property
    def _model(self) -> Any:
        model = load_model(str(self.folder))
        model.eval()
        return model

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(str(self.folder))

    @cached_property
    def _weights(self) -> str:
        """A name for the weights: sizes and times of the files, as reading them all may take minutes."""
        files = sorted(self.folder.glob("*.safetensors"))
        return digest([[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files])[:12]

    def settings(self) -> str:
        """Return the folder's name and its weights', and the way of drawing."""
        ways = f"t={self.temperature} tokens={self.most_tokens}{' bare' if self.bare else ''}"
        return f"{self.folder.name}:{self._weights} {instruction().label} {ways}"

    async def write(self, passages: Sequence[str], draw: int) -> list[Drawn | ModelFault]:
        """Return what the model writes; the first draw takes the likeliest token."""
        known = {passage: self._ledger.response(self._request(passage, draw)) for passage in passages}
        missing = [passage for passage, response in known.items() if response is None]
        if missing:
            begun = time.monotonic()
            wrote = write(
                self._model,
                self._tokenizer,
                missing,
                bare=self.bare,
                most_tokens=self.most_tokens,
                temperature=self.temperature if draw else 0.0,
                seed=draw,
            )
            seconds = round((time.monotonic() - begun) / len(missing), 4)
            for passage, one in zip(missing, wrote, strict=True):
                kept = json.dumps([*one, seconds])
                self._ledger.remember(self._request(passage, draw), kept)
                known[passage] = kept
        return [self._drawn(passage, draw, str(known[passage])) for passage in passages]

    def _request(self, passage: str, draw: int) -> str:
        asked_for: Json = {"settings": self.settings(), "passage": passage, "draw": draw}
        return digest(asked_for)

    def _drawn(self, passage: str, draw: int, kept: str) -> Drawn:
        *fields, seconds = json.loads(kept)
        one = Wrote(*fields)
        request = self._request(passage, draw)
        attempt = Attempt(instruction().label, self.folder.name, one.tokens_in, one.tokens_out, 0.0, seconds,
                          request=request)  # fmt: skip
        return Drawn(one.text, one.ended, (attempt,))
