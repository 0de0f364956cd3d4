"""The real path on a CPU: pairs exported, a tiny random Qwen3 trained by TRL and resumed; it writes and is executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.synthesizer.howtos import howtos

pytest.importorskip("trl", reason="needs the extra train, in an environment of its own")
pytest.importorskip("peft", reason="needs the extra train, in an environment of its own")

RECIPE = """
about = "a test"
model = ""
vocabulary = 900
bare = true
learning_rate = 5e-3
schedule = "constant"
warmup = 0.0
weight_decay = 0.0
epochs = 1
batch = 4
batch_per_device = 2
most_tokens = 900
bf16 = false
checkpointing = false
fused_loss = false
launch = ""
[architecture]
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 2
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 16
max_position_embeddings = 1024
rope_theta = 10000.0
tie_word_embeddings = true
"""


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Run `gem-sim synthesizer` and return the JSON that it prints."""
    assert run(["synthesizer", *map(str, arguments), "--json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of fourteen how-tos, by way of a workspace of the offline teacher."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = "".join(json.dumps(text._asdict()) + "\n" for text in howtos(14, seed=21))
    (folder / "texts.jsonl").write_text(rows)
    given = ["synthesize", folder / "texts.jsonl", "--out", folder / "work", "--precision", "0", "--no-refine"]
    assert run([str(argument) for argument in given]) == 0
    wanted = ["--rows", "1", "--per-text", "1", "--bare", "--trusted", "--valid", "0.2", "--test", "0"]
    assert run(["synthesizer", "export", str(folder / "work"), "--out", str(folder / "data"), *wanted]) == 0
    return folder / "data"


def test_the_loss_falls_a_checkpoint_is_resumed_and_what_is_written_is_executed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    given = ["train", data, "--recipe", tmp_path / "recipe.toml", "--out", tmp_path / "model", "--save-every", 12]
    first = call(capsys, *given, "--steps", 12, "--evaluate-on", 0)
    assert (first["steps"], first["executed"]) == (12, [])
    more = call(capsys, *given, "--steps", 18, "--evaluate-every", 18, "--evaluate-on", 2, "--resume")
    assert more["steps"] == 18
    assert [step for step, _ in more["losses"]][:12] == [step for step, _ in first["losses"]]
    assert more["losses"][:12] == first["losses"]
    assert more["loss_last"] < 0.8 * first["loss_first"]
    (executed,) = more["executed"]
    assert (executed["step"], executed["texts"]) == (18, 2)
    assert sum(executed["reasons"].values()) == 2 - executed["passed"]

    stopped = call(capsys, *given, "--steps", 30, "--seconds", 0, "--evaluate-on", 0, "--resume")
    assert (stopped["steps"], stopped["executed"]) == (19, more["executed"])

    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps(text._asdict()) + "\n" for text in howtos(2, seed=22)))
    out = tmp_path / "out"
    wanted = ["generate", texts, "--out", out, "--model", tmp_path / "model", "--n", 2, "--most-tokens", 60]
    done = call(capsys, *wanted, "--precision", "0")
    assert (done["texts"], len(done["passed_by_draws"])) == (2, 2)
    outcomes = done["stages"]["trajectory"]["outcomes"]
    assert sum(outcomes.values()) == 4 - 1 * done["passed_by_draws"][0]
    assert sum(done["stages"]["trajectory"]["reasons"].values()) == outcomes["rejected"]
    assert done["stages"]["write"]["tokens_out"] > 0
    again = call(capsys, *wanted, "--precision", "0")
    assert (again["worked"], again["stages"]) == (0, done["stages"])


@pytest.mark.parametrize("name, trained", [("qwen3-8b-full", 1.0), ("qwen3-8b-lora", 0.02)])
def test_a_recipe_is_tried_without_weights(
    name: str, trained: float, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["train", data, "--out", tmp_path, "--recipe", name, "--tokenizer", "train", "--dry-run"]
    told = call(capsys, *given, "--devices", 8 if trained == 1.0 else 1)
    # 8.19 billion parameters, as the model's card says.
    whole = 8_190_735_360
    sizes = told["sizes"]
    assert sizes["parameters"] == whole if trained == 1.0 else whole < sizes["parameters"] < whole * 1.02
    assert sizes["trained"] <= trained * sizes["parameters"]
    assert told["batch"][0] == 1 and 0 < told["counting"] < told["batch"][1]
    rows = told["rows"]
    assert 0 < rows <= 14
    assert told["steps"] == 2
    assert told["tokens"] >= told["longest"] >= told["batch"][1] - 64
    # Eight GPUs of 80 GiB hold all parameters, one holds the adapters.
    assert 15 < told["memory_gib"] < 80
    assert list(tmp_path.iterdir()) == []
