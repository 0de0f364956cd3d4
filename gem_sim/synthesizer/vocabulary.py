"""A tokenizer made of the pairs themselves, for models that learn nothing but pairs.

Words and numbers that not every text has are pieces of their own, with the space, underscore or hyphen before them, so
that a model can copy them whole; what all texts share between them is merged into pieces as long as the vocabulary
allows. Nothing is lost: what no piece covers is spelt in bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from gem_sim.synthesizer.stack import wanted

PAD: Final = "<|pad|>"
END: Final = "<|end|>"
_ROLES: Final = ("<|system|>", "<|user|>", "<|assistant|>")
_TEMPLATE: Final = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
_SHARED = 0.5
_WORD = re.compile(r"[A-Za-z]{2,}")
_LEAST_SEEN = 2


def train_tokenizer(texts: Sequence[str], size: int) -> Any:
    """Return a tokenizer of that size, with the roles of a conversation as tokens and a chat template."""
    library = wanted("tokenizers")
    before = library.pre_tokenizers
    tokenizer = library.Tokenizer(library.models.BPE())
    pattern = _apart(texts)
    tokenizer.pre_tokenizer = before.Sequence(
        [
            before.Split(library.Regex(pattern), "isolated"),
            before.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = library.decoders.ByteLevel()
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, END, *_ROLES],
        initial_alphabet=sorted(before.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = wanted("transformers").PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END)
    fast.chat_template = _TEMPLATE
    return fast


def _apart(texts: Sequence[str]) -> str:
    """Return the pattern of what is a piece of its own: numbers, and words that fewer than half of the texts have."""
    having: Counter[str] = Counter()
    for text in texts:
        having.update(set(_WORD.findall(text)))
    rare = [word for word, number in having.items() if _LEAST_SEEN <= number < _SHARED * len(texts)]
    words = "|".join(sorted(rare, key=lambda word: (-len(word), word)))
    numbers = r"-?\d+"
    return rf"[ _-]?(?<![A-Za-z])(?:{words})(?![A-Za-z])|{numbers}" if words else numbers
