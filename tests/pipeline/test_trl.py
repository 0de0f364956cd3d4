"""What `gem-sim export` writes is loaded by `datasets`, and prepared by TRL's own trainer, without losing anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import gem_sim
from gem_sim.formats import write_rows
from gem_sim.pipeline.export import FORMAT_NAMES, export
from gem_sim.pipeline.parquet import write_parquet
from gem_sim.pipeline.trainers import TRAINERS, shown_tools
from tests.pipeline.exported import calls_of, made_workspace, rows_of, unlike
from tests.tokens import byte_tokenizer

datasets = pytest.importorskip("datasets", reason="the extra `trl` is not installed")
trl = pytest.importorskip("trl", reason="the extra `trl` is not installed")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def loaded(folder: Path, kind: str) -> Any:
    """Load a file of an export as a user of `datasets` would."""
    file = folder / ("train.jsonl" if kind == "json" else "train.parquet")
    return datasets.load_dataset(kind, data_files=str(file), split="train", cache_dir=str(folder / "cache"))


def without_columns_of_null(value: Any) -> Any:
    """Return messages without keys that are null, which Parquet has for all rows alike; arguments stay as they are."""
    if isinstance(value, dict):
        return {
            key: item if key == "arguments" else without_columns_of_null(item)
            for key, item in value.items()
            if item is not None
        }
    return [without_columns_of_null(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_datasets_loads_every_row_as_it_was_written(name: str, workspace: Path, tmp_path: Path) -> None:
    exported = export(workspace, tmp_path, format=name, parquet=True)
    written = rows_of(tmp_path)
    assert exported.rows == len(written) > 4
    assert not exported.rejected
    assert list(loaded(tmp_path, "json")) == written
    found = [without_columns_of_null(row) for row in loaded(tmp_path, "parquet")]
    assert found == [without_columns_of_null(row) for row in written]


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_arguments_that_differ_are_neither_filled_nor_changed(kind: str, tmp_path: Path) -> None:
    rows = [{**TRAINERS["trl"].write(one), "tools": json.dumps(shown_tools(one))} for one in unlike()]
    write_rows(tmp_path / "train.jsonl", rows)
    write_parquet(tmp_path / "train.parquet", rows, "trl")
    found = list(loaded(tmp_path, kind))
    assert len(found) == len(rows)
    for row, wanted in zip(found, unlike(), strict=True):
        calls = [call["function"] for message in row["messages"] for call in message.get("tool_calls") or ()]
        assert [(call["name"], call["arguments"]) for call in calls] == calls_of(wanted)
        assert json.loads(row["tools"]) == shown_tools(wanted)


@pytest.fixture(scope="module")
def words() -> Any:
    return byte_tokenizer((Path(trl.__file__).parent / "chat_templates" / "qwen2_5.jinja").read_text())


def prepared(words: Any, rows: Any, folder: Path) -> Any:
    """Return the rows as TRL's trainer for supervised fine-tuning prepares them."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM
    from trl import SFTConfig, SFTTrainer

    torch.manual_seed(0)
    torch.set_num_threads(1)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "head_dim": 8}
    config = Qwen3Config(vocab_size=len(words), num_attention_heads=2, num_key_value_heads=1, **sizes)
    settings = SFTConfig(
        output_dir=str(folder),
        max_length=None,
        assistant_only_loss=True,
        use_cpu=True,
        bf16=False,
        report_to=[],
        disable_tqdm=True,
    )
    trainer = SFTTrainer(model=Qwen3ForCausalLM(config), args=settings, processing_class=words, train_dataset=rows)
    return trainer.train_dataset


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_the_trainer_of_trl_keeps_every_row_with_its_calls(
    kind: str, words: Any, workspace: Path, tmp_path: Path
) -> None:
    export(workspace, tmp_path, format="trl", parquet=True)
    trajectories = list(gem_sim.read_trajectories(tmp_path / "train.jsonl"))
    found = prepared(words, loaded(tmp_path, kind), tmp_path)
    assert len(found) == len(trajectories)
    for row, trajectory in zip(found, trajectories, strict=True):
        text = words.decode(row["input_ids"])
        assert called(text) == calls_of(trajectory)
        assert offered(text) == shown_tools(trajectory)
        trained = words.decode([token for token in row["labels"] if token >= 0])
        assert trained.count("<tool_call>") == len(calls_of(trajectory))
        for message in trajectory.messages:
            assert (message.content or "") in text
            assert message.role != "tool" or (message.content or "?") not in trained


def called(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls that a text in the template of Qwen 2.5 makes, after what it tells about tools."""
    talk = text.partition("\n</tools>")[2].partition("<|im_end|>")[2]
    values = [json.loads(part.partition("</tool_call>")[0]) for part in talk.split("<tool_call>")[1:]]
    return [(value["name"], value["arguments"]) for value in values]


def offered(text: str) -> list[Any]:
    """Return the tools that such a text tells."""
    told = text.partition("<tools>\n")[2].partition("\n</tools>")[0]
    return [json.loads(line) for line in told.splitlines()]
