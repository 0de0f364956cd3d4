"""The report on a model is what the ledger says, with an endpoint on loopback in the place of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest

from gem_sim.errors import InputError
from tests.conftest import CASES
from tests.pipeline.endpoint import Fault, serving

TEXTS = CASES / "pipeline" / "texts.jsonl"


def benchmark() -> ModuleType:
    return import_module("benchmarks.local-model.measure")


@contextmanager
def reported(folder: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Give the benchmark with one text and an endpoint for it."""
    module = benchmark()
    name = json.loads(TEXTS.read_text().splitlines()[0])["id"]
    with serving(fault) as endpoint:

        @contextmanager
        def served(_model: Path) -> Iterator[str]:
            yield endpoint.base_url

        monkeypatch.setattr(module, "TEXTS", TEXTS)
        monkeypatch.setattr(module, "PASSAGES", (name,))
        monkeypatch.setattr(module, "_model_file", lambda: folder / "model.gguf")
        monkeypatch.setattr(module, "_served", served)
        yield module


def test_what_passes_every_stage_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reported(tmp_path, lambda _name, _before, _text: None, monkeypatch) as module:
        measured = module.measure()
    assert measured["ended"] == "finished"
    assert measured["extractions"] == {"answered": 1, "parsed": 1, "compiled": 1, "verified": 1}
    assert measured["conversations"]["verified"] >= 1
    (passage,) = measured["passages"]
    assert passage["stages"]["validate"] == "kept"
    assert measured["tokens_in"] == 100 * len(passage["replies"])
    assert "1 led to verified conversations" in module.table(measured)


def test_a_model_goes_on_in_the_environments_of_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_name: str, _before: int, text: str) -> str | None:
        return "wrong quote" if text.startswith(("You turn", "The environment does not hold")) else None

    with reported(tmp_path, wrong, monkeypatch) as module:
        measured = module.measure()
    assert measured["extractions"] == {"answered": 1, "parsed": 1, "compiled": 0, "verified": 0}
    there = measured["by_rules"]
    assert there["ended"] == "finished"
    (passage,) = there["passages"]
    assert passage["stages"]["extract"] == "kept"
    assert "ground" in {reply["stage"] for reply in passage["replies"]}
    assert "extract" not in {reply["stage"] for reply in passage["replies"]}
    told = module.table(measured)
    assert "from the environments that rules made of the others, finished" in told
    assert f"{measured['tokens_in'] + there['tokens_in']} tokens in" in told


def test_the_first_reply_of_what_was_under_way_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_then_silent(_name: str, _before: int, text: str) -> str | None:
        if text.startswith("You turn"):
            return "wrong quote"
        reached.set()
        released.wait(30)
        return None

    reached, released = Event(), Event()
    with reported(tmp_path, wrong_then_silent, monkeypatch) as module:

        class Stopped(module.subprocess.Popen):  # type: ignore[misc, name-defined]
            """Runs until it waits for the second reply, instead of for a time."""

            def wait(self, timeout: float | None = None) -> int:
                if timeout is None:
                    return int(super().wait())
                assert reached.wait(60)
                raise module.subprocess.TimeoutExpired(self.args, timeout)

        monkeypatch.setattr(module.subprocess, "Popen", Stopped)
        measured = module.measure()
        released.set()
    assert measured["ended"].startswith("stopped")
    assert measured["extractions"] == {"answered": 1, "parsed": 1, "compiled": 0, "verified": 0}
    (reply,) = measured["passages"][0]["replies"]
    assert "never said at all" in reply["reason"]


def test_without_the_model_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEM_SIM_MODEL", raising=False)
    with pytest.raises(InputError, match=r"benchmarks/README\.md says how to make"):
        benchmark().measure()
