"""The doors to transformers, tokenizers and TRL: imported when they are needed, and only through here."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from gem_sim.errors import InputError


def wanted(module: str) -> Any:
    """Return a module of the training stack.

    Raises:
        InputError: If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        cure = "pip install 'gem-sim[train]'"
        raise InputError(f"the package {module.partition('.')[0]} cannot be used ({error})", cure=cure) from None


def load_tokenizer(name: str) -> Any:
    """Return a tokenizer by name or path.

    Raises:
        InputError: If there is none.
    """
    return _loaded(wanted("transformers").AutoTokenizer, name, "tokenizer")


def load_model(name: str, **options: Any) -> Any:
    """Return a causal language model by name or path.

    Raises:
        InputError: If there is none.
    """
    return _loaded(wanted("transformers").AutoModelForCausalLM, name, "model", **options)


def _loaded(kind: Any, name: str, what: str, **options: Any) -> Any:
    # A folder that is there needs no hub, and must not wait for one.
    local = {"local_files_only": True} if Path(name).is_dir() or os.environ.get("HF_HUB_OFFLINE") else {}
    try:
        return kind.from_pretrained(name, **local, **options)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        cure = "give the path of a folder with its files"
        raise InputError(f"the {what} {name!r} cannot be loaded: {reason}", cure=cure) from None
