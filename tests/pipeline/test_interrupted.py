"""Killed at any moment and started again: the same files, and nothing asked twice that was answered and kept."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from gem_sim.errors import InputError
from gem_sim.pipeline.ledger import Attempt, Ledger, Outcome
from gem_sim.pipeline.llm import Client, Limits
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.pipeline.teacher import Model
from tests.conftest import CASES
from tests.pipeline.endpoint import serving
from tests.pipeline.test_offline import files

TEXTS = CASES / "pipeline" / "texts.jsonl"
KILLS = 20
KILLS_A_ROUND = 20
TEXTS_USED = 2
CONCURRENCY = 2


def work(texts: Path, workspace: Path, base_url: str) -> None:
    with Ledger(workspace) as ledger:
        client = Client("fake", ledger, base_url=base_url, limits=Limits(concurrency=CONCURRENCY))
        synthesize([texts], workspace, Model(client), concurrency=CONCURRENCY, ledger=ledger, harder=True)


def run_until(texts: Path, workspace: Path, base_url: str, dies: object) -> bool:
    """Run in a process of its own; kill it when `dies` says so. Return whether it was killed."""
    context = multiprocessing.get_context("forkserver")
    # What each process would import for `work` before it can be killed is imported once.
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=(texts, workspace, base_url))
    process.start()
    while process.is_alive():
        if callable(dies) and dies():
            process.kill()
            process.join()
            return True
        time.sleep(0.001)
    assert process.exitcode == 0
    return False


def test_killed_twenty_times_and_resumed_the_files_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(TEXTS.read_text().splitlines(keepends=True)[:TEXTS_USED]))
    with serving() as endpoint:
        assert not run_until(texts, tmp_path / "whole", endpoint.base_url, None)
        needed = endpoint.requests.total()
    wanted = files(tmp_path / "whole")
    assert len([name for name in wanted if name.endswith("trajectories.jsonl")]) == TEXTS_USED
    chance = random.Random(5)
    kills = rounds = 0
    while kills < KILLS:
        workspace = tmp_path / f"round{rounds}"
        rounds += 1
        killed_here = 0
        with serving(delay_seconds=0.002) as endpoint:
            while killed_here < KILLS_A_ROUND:
                # Some requests further on, and then at once or some moments later.
                at = endpoint.requests.total() + chance.randrange(0, max(2, needed // KILLS_A_ROUND))
                moment = chance.random() * 0.05
                reached: list[float] = []

                def dies(
                    endpoint: object = endpoint, at: int = at, moment: float = moment, reached: list[float] = reached
                ) -> bool:
                    if endpoint.requests.total() >= at:  # type: ignore[attr-defined]
                        reached.append(time.monotonic())
                    return bool(reached) and time.monotonic() - reached[0] >= moment

                if not run_until(texts, workspace, endpoint.base_url, dies):
                    break
                killed_here += 1
            kills += killed_here
            run_until(texts, workspace, endpoint.base_url, None)
            # What was under way at a kill is all that may be asked again.
            assert endpoint.requests.total() <= needed + killed_here * CONCURRENCY
            asked = endpoint.requests.total()
            run_until(texts, workspace, endpoint.base_url, None)
            assert endpoint.requests.total() == asked
        assert files(workspace) == wanted
        assert not (workspace / ".drafts").exists()
    assert kills >= KILLS


def test_a_stage_is_settled_wholly_or_not_at_all(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.enter("a", 1, "text", "", "", Outcome("kept"), "s")
        with pytest.raises(TypeError):
            ledger.settle("a", "extract", "s", Outcome("kept", "", object()), (Attempt(),))  # type: ignore[arg-type]
        assert ledger.attempts("a") == []
        assert ledger.outcome("a", "extract", "s") is None
        ledger.settle("a", "extract", "s", Outcome("kept", "", {"x": 1}))
        assert ledger.outcome("a", "extract", "s") == Outcome("kept", "", {"x": 1})
        assert ledger.outcome("a", "extract", "other settings") is None


def test_two_runs_do_not_work_in_one_workspace(tmp_path: Path) -> None:
    from gem_sim.pipeline.offline.teacher import Offline
    from gem_sim.pipeline.workspace import only_run

    with only_run(tmp_path), pytest.raises(InputError, match="another run"):
        synthesize([TEXTS], tmp_path, Offline())


def test_what_is_no_ledger_is_refused_with_its_name(tmp_path: Path) -> None:

    (tmp_path / "ledger.sqlite").write_text("this is no database, but it is long enough to look at" * 20)
    with pytest.raises(InputError, match=r"ledger\.sqlite: no ledger"):
        Ledger(tmp_path)


@pytest.mark.parametrize("table", ["outcomes(a)", "orders(id)"])
def test_a_database_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path, table: str) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"CREATE TABLE {table}")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"ledger\.sqlite: no ledger: .*(no such column|orders)"):
        Ledger(tmp_path)
    assert path.read_bytes() == before


def test_a_result_that_is_no_json_any_more_is_one_line(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.settle("a", "extract", "s", Outcome("kept", "", {"x": 1}))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as database:
        database.execute("UPDATE outcomes SET result = '{garbage'")
        database.commit()
    with Ledger(tmp_path) as ledger, pytest.raises(InputError, match="what extract made of 'a' is no JSON any more"):
        ledger.outcome("a", "extract", "s")


def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def execute(self, *_: object) -> None:
            raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: Closed())
    with pytest.raises(InputError, match=r"cannot be written: .*; let the folder be written to"):
        Ledger(tmp_path)
