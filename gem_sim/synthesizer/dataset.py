"""Verified pairs → a data set to train on: split by source document, counted, with a card."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

from gem_sim import __version__
from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.formats.rows import JsonObject, write_rows
from gem_sim.synthesizer.pairs import Written, written_pairs
from gem_sim.synthesizer.prompting import answered, instruction

SPLITS = ("train", "valid", "test")
# A text's tokens where no tokenizer is named; see docs/synthesizer.md for what it is worth.
_CHARACTERS_A_TOKEN = 4
Count = Callable[[str], int]


class Exported(NamedTuple):
    """What was written: rows of each split, what was left out by reason, tokens in all, and the files."""

    rows: dict[str, int]
    documents: dict[str, int]
    dropped: dict[str, int]
    tokens: int
    files: tuple[Path, ...]


def export_pairs(
    workspaces: Sequence[Path],
    out: Path,
    *,
    tokenizer: str | None = None,
    most_tokens: int = 32_768,
    valid: float = 0.05,
    test: float = 0.05,
    rows: int | None = None,
    per_text: int | None = None,
    bare: bool = False,
    trusted: bool = False,
) -> Exported:
    """Write the verified pairs of workspaces as `train.jsonl`, `valid.jsonl` and `test.jsonl`, with a card.

    Args:
        workspaces: Folders that `gem-sim synthesize` wrote.
        out: The folder to write.
        tokenizer: Path or name of the tokenizer that counts; None: four characters are taken for a token.
        most_tokens: Rows that are longer, prompt and answer together, are left out.
        valid: The share of documents held out to watch training.
        test: The share of documents held out to the end.
        rows: See `written_pairs`.
        per_text: See `written_pairs`.
        bare: Whether rows leave the instruction out.
        trusted: Whether bodies may run in this process.

    Raises:
        InputError: If nothing passes, or the tokenizer cannot be loaded.
    """
    dropped: Counter[str] = Counter()
    found = list(written_pairs(workspaces, dropped, rows=rows, per_text=per_text, trusted=trusted))
    if not found:
        cure = "see what was left out: " + (", ".join(f"{name} ({n})" for name, n in dropped.items()) or "nothing")
        raise InputError("the workspaces have no pair to export", file=str(workspaces[0]), cure=cure)
    return write_dataset(
        found, out, dropped, tokenizer=tokenizer, most_tokens=most_tokens, valid=valid, test=test, bare=bare
    )


def write_dataset(
    found: Sequence[Written],
    out: Path,
    dropped: Counter[str],
    *,
    tokenizer: str | None = None,
    most_tokens: int = 32_768,
    valid: float = 0.05,
    test: float = 0.05,
    bare: bool = False,
) -> Exported:
    """Write verified pairs as a data set; see `export_pairs`."""
    count = _counter(tokenizer)
    keys = _document_keys(found)
    made: dict[str, list[JsonObject]] = {split: [] for split in SPLITS}
    for written in found:
        row = _row(written, count, bare)
        if int(row["tokens"]) > most_tokens:  # type: ignore[arg-type]
            dropped[f"longer than {most_tokens} tokens"] += 1
            continue
        made[split_of(keys[written.document], valid, test)].append(row)
    if not any(made.values()):
        cure = "allow longer rows"
        raise InputError(f"every pair is longer than {most_tokens} tokens", file=str(out), cure=cure)
    out.mkdir(parents=True, exist_ok=True)
    for split, lines in made.items():
        write_rows(out / f"{split}.jsonl", lines)
    with atomic_text(out / "dataset_info.json") as file:
        file.write(json.dumps(_llama_factory(made), indent=1) + "\n")
    with atomic_text(out / "README.md") as file:
        file.write(_card(made, dropped, tokenizer, most_tokens))
    names = [*(f"{split}.jsonl" for split in SPLITS), "dataset_info.json", "README.md"]
    documents = {split: len({row["document"] for row in lines}) for split, lines in made.items()}
    total = sum(n for lines in made.values() for n in _lengths(lines))
    counts = {split: len(lines) for split, lines in made.items()}
    return Exported(counts, documents, dict(sorted(dropped.items())), total, tuple(out / name for name in names))


def split_of(key: str, valid: float, test: float) -> str:
    """Return the split that a document belongs to: the same for the same key and shares, whatever else there is."""
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return "test" if place < test else "valid" if place < test + valid else "train"


def _document_keys(found: Iterable[Written]) -> dict[str, str]:
    """Return one key for all documents that share a passage, so that no passage is in two splits."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    documents = set()
    for written in found:
        passage = hashlib.sha256(written.pair.passage.encode()).hexdigest()
        left, right = sorted((root(f"passage {passage}"), root(f"document {written.document}")))
        parent[left] = right
        documents.add(written.document)
    members: dict[str, list[str]] = {}
    for name in parent:
        if name.startswith("passage "):
            members.setdefault(root(name), []).append(name)
    return {name: min(members[root(f"document {name}")]) for name in documents}


def _row(written: Written, count: Count, bare: bool) -> JsonObject:
    messages = answered(written.pair.passage, written.text, bare=bare)
    return {
        "id": written.id,
        "document": written.document,
        "origin": written.origin,
        "licence": written.licence,
        "tokens": sum(count(turn["content"]) for turn in messages),
        "messages": [dict(turn) for turn in messages],
    }


def _counter(tokenizer: str | None) -> Count:
    if tokenizer is None:
        return lambda text: -(-len(text) // _CHARACTERS_A_TOKEN)
    from gem_sim.synthesizer.stack import load_tokenizer

    known = load_tokenizer(tokenizer)
    return lambda text: len(known(text)["input_ids"])


def _llama_factory(made: dict[str, list[JsonObject]]) -> dict[str, Any]:
    """Return the description that LLaMA-Factory wants of the files in a folder."""
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    described = {
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {**tags, "system_tag": "system"},
    }
    return {f"synthesizer_{split}": {"file_name": f"{split}.jsonl", **described} for split in made}


def _card(made: dict[str, list[JsonObject]], dropped: Counter[str], tokenizer: str | None, most_tokens: int) -> str:
    counted = "four characters taken for a token" if tokenizer is None else f"by the tokenizer `{Path(tokenizer).name}`"
    licences = Counter(str(row["licence"] or "unknown") for lines in made.values() for row in lines)
    lines = [
        "---",
        "language: en",
        "tags: [tool-use, agents, trajectories, synthesis]",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(f"  - {{split: {split}, path: {split}.jsonl}}" for split in SPLITS),
        "---",
        "",
        "# Passages and the verified trajectories made of them",
        "",
        f"Each row is a conversation of an instruction (version {instruction().version}), a passage, and one text with "
        "tools, environment, task and trajectory.",
        "Documents, not rows, were split: no document and no passage is in two splits.",
        "",
        f"| split | documents | rows | tokens ({counted}): mean | median | most |",
        "|---|---|---|---|---|---|",
        *(_counts(split, rows) for split, rows in made.items()),
        "",
        f"Left out, of what the workspaces hold (the longest row allowed has {most_tokens} tokens):",
        "",
        *([f"- {number} {reason}" for reason, number in sorted(dropped.items())] or ["- nothing"]),
        "",
        "## How each row was verified",
        "",
        f"gem-sim {__version__} read each text back, compiled its bodies, replayed every call in a sandbox and ran all",
        "checks when these files were written; only texts with the verdict *pass* are in them.",
        "",
        "## Licences of the source texts",
        "",
        "| licence, as the source has it | rows |",
        "|---|---|",
        *(f"| {name} | {number} |" for name, number in sorted(licences.items())),
    ]
    return "\n".join(lines) + "\n"


def _counts(split: str, rows: list[JsonObject]) -> str:
    tokens = _lengths(rows) or [0]
    documents = len({row["document"] for row in rows})
    return f"| {split} | {documents} | {len(rows)} | {mean(tokens):.0f} | {median(tokens):.0f} | {max(tokens)} |"


def _lengths(rows: Sequence[JsonObject]) -> list[int]:
    return [int(str(row["tokens"])) for row in rows]
