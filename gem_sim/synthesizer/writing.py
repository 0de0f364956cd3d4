"""A local model that writes: prompts in, texts out, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gem_sim.synthesizer.prompting import asked
from gem_sim.synthesizer.stack import wanted

_THOUGHT = "</think>"


class Wrote(NamedTuple):
    """What a model wrote, the tokens it read and wrote, and whether it came to an end by itself."""

    text: str
    tokens_in: int
    tokens_out: int
    ended: bool


def write(
    model: Any,
    tokenizer: Any,
    passages: Sequence[str],
    *,
    bare: bool,
    most_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[Wrote]:
    """Return what a model writes about each of some passages, in one batch; temperature 0 takes the likeliest token."""
    torch = wanted("torch")
    prompts = [
        tokenizer.apply_chat_template(asked(passage, bare=bare), tokenize=False, add_generation_prompt=True)
        for passage in passages
    ]
    encoded = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
    encoded.pop("token_type_ids", None)
    encoded = encoded.to(model.device)
    torch.manual_seed(seed)
    sampling = {"do_sample": True, "temperature": temperature, "top_p": 1.0, "top_k": 0} if temperature > 0 else {}
    with torch.no_grad():
        made = model.generate(
            **encoded,
            max_new_tokens=most_tokens,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            **({"do_sample": False} | sampling),
        )
    begin = encoded["input_ids"].shape[1]
    return [
        _wrote(tokenizer, row[begin:].tolist(), int(mask.sum()))
        for row, mask in zip(made, encoded["attention_mask"], strict=True)
    ]


def _wrote(tokenizer: Any, ids: list[int], tokens_in: int) -> Wrote:
    ended = tokenizer.eos_token_id in ids
    ids = ids[: ids.index(tokenizer.eos_token_id)] if ended else ids
    return Wrote(bare_text(tokenizer.decode(ids, skip_special_tokens=True)), tokens_in, len(ids) + ended, ended)


def bare_text(text: str) -> str:
    """Return an answer without the thoughts that a reasoning model sets before it."""
    return text.rpartition(_THOUGHT)[2].strip() if _THOUGHT in text else text.strip()
