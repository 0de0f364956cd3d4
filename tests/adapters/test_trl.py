"""TRL's own trainer trains a tiny random model in a bundled environment; the class is also tried without it."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from docs.making.blocks import blocks
from gem_sim.adapters.trl import environment_class, training_rows
from gem_sim.errors import InputError
from tests.conftest import ROOT, environment
from tests.docs.page import checked


def test_the_methods_are_the_tools() -> None:
    made = environment_class(environment("frame_shop"))
    public = {name for name, _ in inspect.getmembers(made, inspect.isfunction) if not name.startswith("_")}
    assert public == {*environment("frame_shop").tools, "reset", "get_reward"}
    signature = inspect.signature(made.get_custom_pricing)
    assert list(signature.parameters)[:4] == ["self", "frame_width", "frame_height", "glass_type"]
    assert signature.parameters["with_mount"].default is None


def test_an_episode_is_played_and_rewarded() -> None:
    episode = environment_class(environment("frame_shop"))()
    for _ in range(2):
        episode.reset(task="order-status", prompt="ignored")
        assert episode.get_reward() == 0.0
        found = json.loads(episode.authenticate_user(name="Ines Marchetti", zip_code="02139"))
        assert found["user_id"] == "USR_552871"
        assert "error" in json.loads(episode.get_order_status("ORD_0"))
        assert json.loads(episode.get_order_status("ORD_1202"))["status"] == "in production"
        assert 0.9 < episode.get_reward() < 1.0


def test_episodes_do_not_share_anything() -> None:
    made = environment_class(environment("library"))
    first, second = made(), made()
    first.reset(task="walls-and-soup")
    second.reset(task="walls-and-soup")
    first.pay_charge("F702", 240)
    assert "F702" in second.list_charges("M1003")
    assert "F702" not in first.list_charges("M1003")


def test_rows_have_a_prompt_and_a_task_and_not_the_end() -> None:
    rows = training_rows(environment("library"))
    assert [row["task"] for row in rows] == list(environment("library").tasks)
    assert all(set(row) == {"prompt", "task"} for row in rows)
    assert [message["role"] for message in rows[0]["prompt"]] == ["system", "user"]


def test_a_name_that_is_no_method_is_refused() -> None:
    shop = environment("frame_shop")
    tool = shop.tools["get_order_status"].model_copy(update={"name": "reset"})
    with pytest.raises(InputError, match="cannot be a method"):
        environment_class(replace(shop, tools={"reset": tool}))


def tokenizer(folder: Path) -> object:
    """Make a tokenizer of single bytes with the chat template that TRL knows."""
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<think>", "</think>"]
    made = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(marks)
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    fast = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = template.read_text()
    return fast


def tiny(words: Any) -> Any:
    """Make a random model of one small layer for the vocabulary of a tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = Qwen3Config(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=32768,
    )
    return Qwen3ForCausalLM(config)


def test_the_trainer_of_trl_takes_two_steps(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="the extra `trl` is not installed")
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    words = tokenizer(tmp_path)
    made = environment_class(environment("frame_shop"))
    resets = []

    class Watched(made):  # type: ignore[misc, valid-type]
        def reset(self, **row: object) -> None:
            resets.append(row["task"])
            super().reset(**row)

    settings = GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=12,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
    )
    trainer = GRPOTrainer(
        model=tiny(words),
        args=settings,
        processing_class=words,
        train_dataset=Dataset.from_list(training_rows(environment("frame_shop"))),
        environment_factory=Watched,
    )
    trainer.train()
    assert trainer.state.global_step == 2
    assert set(resets) <= set(environment("frame_shop").tasks)
    assert len(resets) == 4
    offered = {tool.__name__ for tool in trainer.tools}
    assert offered == set(environment("frame_shop").tools)
    assert [entry["rewards/Watched/mean"] for entry in trainer.state.log_history if "loss" in entry] == [0.0, 0.0]


def test_the_page_on_training_runs(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="the extra `trl` is not installed")
    assert "trl" not in checked("docs/train.md", tmp_path, "python").missing


def test_the_tutorial_ends_in_a_trained_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trl = pytest.importorskip("trl", reason="the extra `trl` is not installed")
    page = "docs/guides/tutorial.md"
    space = checked(page, tmp_path).space
    words = tokenizer(tmp_path)
    last = [block for block in blocks((ROOT / page).read_text()) if block.language == "python"][-1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("trl.SFTConfig", partial(trl.SFTConfig, use_cpu=True, bf16=False, max_steps=2))
    after = {**space, "model": tiny(words), "tokenizer": words}
    exec(compile(last.text, page, "exec"), after)
    assert after["trainer"].state.global_step == 2
    assert len(after["trainer"].train_dataset) == len(after["made"])
