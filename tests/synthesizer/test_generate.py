"""Generation through an endpoint: best of n by verification, nothing asked twice, what fails counted by reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gem_sim.cli import run
from gem_sim.formats import read_trajectories
from gem_sim.pipeline import llm
from gem_sim.pipeline.ledger import Ledger
from gem_sim.simulator import load_environment, replay
from gem_sim.synthesizer.howtos import Howto, howtos
from gem_sim.verifier import verify
from tests.pipeline.endpoint import serving
from tests.synthesizer.writer import Endpoint, Fault

TEXTS = list(howtos(4, seed=11))
KINDS = ("unparsed", "not compiled", "replay differs", "cut off")


def never(_place: int, _draw: int) -> str | None:
    return None


def by_place(place: int, draw: int) -> str | None:
    """The first text passes at once, the second at the second draw, the third at the third, the fourth never."""
    return KINDS[(place + draw) % 4] if draw < place or place == 3 else None


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(text._asdict()) + "\n" for text in TEXTS))
    return path


@pytest.fixture
def generated(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[dict[str, Any], Endpoint]]:
    """Generate with a fault into a workspace; return what is printed, and the endpoint."""

    def call(fault: Fault, name: str, *more: object, refuses: tuple[str, ...] = ()) -> tuple[dict[str, Any], Endpoint]:
        with serving(endpoint=Endpoint(TEXTS, fault, refuses)) as endpoint:  # type: ignore[arg-type]
            given = [
                "synthesizer",
                "generate",
                texts,
                "--out",
                tmp_path / name,
                "--model",
                "fake",
                "--trusted",
                "--json",
            ]
            given += ["--base-url", endpoint.base_url, "--prices", "1,2", "--precision", "0", *more]
            status = run([str(argument) for argument in given])
        out = capsys.readouterr().out
        return {"status": status, **json.loads(out)}, endpoint  # type: ignore[return-value]

    return call


def files(workspace: Path) -> dict[str, bytes]:
    found = (path for folder in ("environments", "generated_tools") for path in (workspace / folder).rglob("*"))
    return {str(path.relative_to(workspace)): path.read_bytes() for path in found if path.is_file()}


def test_what_passes_is_a_workspace_that_verifies(generated: Any, tmp_path: Path) -> None:
    done, _ = generated(never, "out")
    assert (done["status"], done["texts"], done["passed_by_draws"]) == (0, 4, [4])
    folders = sorted((tmp_path / "out" / "environments").iterdir())
    assert len(folders) == 4
    for folder in folders:
        environment = load_environment(folder, trusted=True)
        (trajectory,) = read_trajectories(folder / "trajectories.jsonl")
        assert verify(replay(trajectory, environment)).verdict == "pass"
    assert done["stages"]["write"]["tokens_out"] == 4000
    assert done["stages"]["write"]["cost"] == pytest.approx(4 * (100 + 2 * 1000) / 1e6)


def test_the_best_of_n_is_more_than_one_draw_gives(generated: Any, tmp_path: Path) -> None:
    once, _ = generated(by_place, "once")
    assert once["passed_by_draws"] == [1]
    assert once["stages"]["trajectory"]["reasons"] == {"not compiled": 1, "replay differs": 1, "cut off": 1}
    best, endpoint = generated(by_place, "best", "--n", 4)
    assert best["passed_by_draws"] == [1, 2, 3, 3]
    # A passage is written about no more once a text has passed.
    assert sum(endpoint.answered.values()) == 1 + 2 + 3 + 4
    assert [body["temperature"] for body in endpoint.bodies if "seed" not in body] == [0.0] * 4
    assert {body["temperature"] for body in endpoint.bodies if "seed" in body} == {0.8}
    with Ledger(tmp_path / "best") as ledger:
        reasons = {item: reason for item, stage, _, reason in ledger.outcomes() if stage == "write" and reason}
    assert list(reasons) == [TEXTS[3].id]
    assert len(files(tmp_path / "best")) == 3 * 6


def test_an_interrupted_run_goes_on_and_asks_nothing_twice(generated: Any, tmp_path: Path) -> None:
    whole, _ = generated(by_place, "whole", "--n", 3)
    assert whole["passed_by_draws"] == [1, 2, 3]

    def broken(place: int, draw: int) -> str | None:
        return "server error" if place == 2 and draw == 1 else by_place(place, draw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llm.Limits.__new__, "__defaults__", (8, None, 1, 300.0, 0.0, None))
        first, endpoint = generated(broken, "parts", "--n", 3)
    assert first["status"] == 1
    assert first["stages"]["write"]["outcomes"]["failed"] == 1
    second, after = generated(by_place, "parts", "--n", 3)
    assert second["status"] == 0
    assert second["passed_by_draws"] == whole["passed_by_draws"]
    assert not endpoint.answered.keys() & after.answered.keys()
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    third, unused = generated(by_place, "parts", "--n", 3)
    assert (third["worked"], sum(unused.answered.values())) == (0, 0)


@pytest.mark.parametrize(
    "refuses, told",
    [((), "structured_outputs"), (("structured_outputs",), "guided_grammar"),
     (("structured_outputs", "guided_grammar"), None)],
)  # fmt: skip
def test_the_grammar_is_offered_as_the_endpoint_takes_it(
    generated: Any, refuses: tuple[str, ...], told: str | None
) -> None:
    done, endpoint = generated(never, "out", refuses=refuses)
    assert done["passed_by_draws"] == [4]
    for body in endpoint.bodies:
        assert (told in body) if told else not {"structured_outputs", "guided_grammar"} & body.keys()
        assert "response_format" not in body


def test_pipeline_and_synthesizer_side_by_side(
    generated: Any, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generated(by_place, "synthesizer")
    pipeline = tmp_path / "pipeline"
    assert run(["synthesize", str(texts), "--out", str(pipeline), "--precision", "0", "--no-refine"]) == 0
    capsys.readouterr()
    assert run(["synthesizer", "compare", str(pipeline), str(tmp_path / "synthesizer"), "--json"]) == 0
    left, right = json.loads(capsys.readouterr().out)
    assert (left["texts"], left["passed"], right["texts"], right["passed"]) == (4, 4, 4, 1)
    assert (left["tokens"], right["tokens"]) == (0, 4 * 1100)
    assert right["accepted"] == 1 < left["accepted"]
    assert right["calls"] >= right["tools"] >= 4
    assert run(["synthesizer", "compare", str(pipeline), str(tmp_path / "synthesizer")]) == 0
    assert "1 (25%)" in capsys.readouterr().out
    assert run(["synthesizer", "compare", str(pipeline), str(tmp_path)]) == 2


def test_a_model_that_is_not_there_is_said_so(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["synthesizer", "generate", texts, "--out", tmp_path / "out", "--model", tmp_path / "none"]
    assert run([str(argument) for argument in given]) == 2
    assert "give the folder of a model, or --base-url" in capsys.readouterr().err


def test_howtos_pass_the_filter_only_where_it_lets_them() -> None:
    assert all(isinstance(text, Howto) and len(text.text.split()) >= 30 for text in TEXTS)
