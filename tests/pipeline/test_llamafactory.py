"""LLaMA-Factory's own loader reads what `gem-sim export` writes for it, without dropping or altering anything."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import gem_sim
from gem_sim.formats import write_rows
from gem_sim.pipeline.export import export
from gem_sim.pipeline.trainers import DATASET_INFO, TRAINERS, shown_tools
from tests.pipeline.exported import calls_of, made_workspace, said_by, unlike
from tests.tokens import byte_tokenizer

pytest.importorskip("llamafactory", reason="the extra `llamafactory` is not installed")
if importlib.util.find_spec("torchaudio") is None:
    # The one in the registry wants CUDA, and LLaMA-Factory imports it before it knows whether there is any sound.
    sys.modules["torchaudio"] = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("torchaudio", None))
loader = importlib.import_module("llamafactory.data.loader")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def arguments_of(folder: Path) -> tuple[Any, Any, Any]:
    """Return model, data and training arguments as a training run on the folder has them."""
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import Seq2SeqTrainingArguments

    data = DataArguments(dataset="gem_sim", dataset_dir=str(folder), template="qwen", cutoff_len=100_000)
    model = ModelArguments(model_name_or_path="none", cache_dir=str(folder / "cache"))
    return model, data, Seq2SeqTrainingArguments(output_dir=str(folder / "out"), use_cpu=True, report_to=[])


def aligned(folder: Path) -> list[dict[str, Any]]:
    """Return the rows as LLaMA-Factory's converter aligns them; a row it does not take has an empty prompt."""
    model, data, training = arguments_of(folder)
    return list(loader._get_merged_dataset(["gem_sim"], model, data, training, "sft"))


def prepared(folder: Path) -> tuple[list[dict[str, Any]], Any]:
    """Return the rows ready to train on, and the tokenizer that made them."""
    from llamafactory.data.template import get_template_and_fix_tokenizer

    model, data, training = arguments_of(folder)
    words = byte_tokenizer(None)
    template = get_template_and_fix_tokenizer(words, data)
    found = loader.get_dataset(template, model, data, training, "sft", tokenizer=words)
    return list(found["train_dataset"]), words


def called(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls between tags in a text."""
    values = [json.loads(body) for body in re.findall(r"<tool_call>\n(.*?)\n</tool_call>", text, re.DOTALL)]
    return [(value["name"], value["arguments"]) for value in values]


def test_every_row_of_an_export_is_taken_with_its_calls(tmp_path: Path) -> None:
    exported = export(made_workspace(tmp_path / "workspace"), tmp_path / "out", format="llamafactory")
    assert not exported.rejected
    trajectories = list(gem_sim.read_trajectories(tmp_path / "out" / "train.jsonl"))
    rows = aligned(tmp_path / "out")
    assert len(rows) == exported.rows == len(trajectories)
    for row, trajectory in zip(rows, trajectories, strict=True):
        messages = row["_prompt"] + row["_response"]
        assert [message["role"] for message in messages[1::2]] == [
            "function" if message.tool_calls else "assistant"
            for message in trajectory.messages
            if message.role == "assistant"
        ]
        assert [message["content"] for message in messages[::2]] == said_by(trajectory, "user", "tool")
        assert row["_system"] == said_by(trajectory, "system")[0]
        assert json.loads(row["_tools"]) == shown_tools(trajectory)
    ready, words = prepared(tmp_path / "out")
    assert len(ready) == exported.rows
    for row, trajectory in zip(ready, trajectories, strict=True):
        trained = words.decode([token for token in row["labels"] if token >= 0])
        assert called(trained) == calls_of(trajectory)
        for text in said_by(trajectory, "assistant"):
            assert text in trained


def test_what_differs_from_call_to_call_is_taken_as_it_is(tmp_path: Path) -> None:
    trainer = TRAINERS["llamafactory"]
    rows = [{**trainer.write(trainer.shape(one)), "tools": json.dumps(shown_tools(one))} for one in unlike()]
    write_rows(tmp_path / "train.jsonl", rows)
    (tmp_path / "dataset_info.json").write_text(json.dumps(DATASET_INFO))
    ready, words = prepared(tmp_path)
    texts = [words.decode([token for token in row["labels"] if token >= 0]) for row in ready]
    assert [called(text) for text in texts] == [calls_of(one) for one in unlike()]


def test_openai_messages_would_be_altered_there(tmp_path: Path) -> None:
    """Why there is a format of its own: arguments come out as strings, and what is said beside a call is lost."""
    from gem_sim.formats.openai import OPENAI

    (one,) = (one for one in unlike() if len(calls_of(one)) == 2)
    row = OPENAI.write(one)
    write_rows(tmp_path / "train.jsonl", [{"messages": row["messages"], "tools": json.dumps(shown_tools(one))}])
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    tags |= {"observation_tag": "tool", "function_tag": "function", "system_tag": "system"}
    info = {"file_name": "train.jsonl", "formatting": "openai", "tags": tags}
    info["columns"] = {"messages": "messages", "tools": "tools"}
    (tmp_path / "dataset_info.json").write_text(json.dumps({"gem_sim": info}))
    ready, words = prepared(tmp_path)
    text = words.decode([token for token in ready[0]["labels"] if token >= 0])
    assert [arguments for _, arguments in called(text)] != [arguments for _, arguments in calls_of(one)]
    assert "Let me look." in said_by(one, "assistant")
    assert "Let me look." not in text
