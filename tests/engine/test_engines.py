"""Engines: the same verdicts wherever they run, a dead worker costs a retry, a poisoned item costs itself."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from gem_sim.engine import Engine
from gem_sim.engine.run import passing_parts
from gem_sim.engine.run import run as run_work
from gem_sim.engine.verdicts import Judging, judge_into
from gem_sim.errors import InputError
from tests.conftest import CASES
from tests.engine.rings import FATAL, STARVING, bell, left_in, lines_in, ring, rings, verdicts, write

HERE, POOL = Engine("local", 1), Engine("local", 2)


@pytest.fixture(scope="module")
def two_hundred(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two files, as trajectories come."""
    folder = tmp_path_factory.mktemp("rings")
    lines = rings(200)
    return [write(folder / "a.jsonl", lines[:90]), write(folder / "b.jsonl", lines[90:])]


def test_a_pool_gives_the_lines_of_this_process_in_their_order(two_hundred: list[str]) -> None:
    alone = verdicts(two_hundred, HERE)
    assert len(alone) == 200
    assert {json.loads(line)["verdict"] for line in alone} == {"pass", "fail"}
    assert verdicts(two_hundred, POOL) == alone


def test_the_size_of_shards_has_no_say(two_hundred: list[str]) -> None:
    assert verdicts(two_hundred, HERE, rows=1) == verdicts(two_hundred, HERE, rows=1_000)


def test_workers_killed_at_any_moment_change_nothing(two_hundred: list[str], tmp_path: Path) -> None:
    alone = verdicts(two_hundred, HERE)
    out, killed = tmp_path / "out", []
    for done, _ in judge_into(out, two_hundred, bell(), POOL, rows=16):
        assert done.pid not in (None, os.getpid())
        if len(killed) < 3 and done.pid not in killed:
            assert done.pid is not None
            os.kill(done.pid, signal.SIGKILL)
            killed.append(done.pid)
    assert len(killed) == 3
    assert lines_in(out) == alone
    assert not list((out / "_shards").glob("*.mark"))


def test_an_item_that_kills_its_worker_is_undecided_and_the_others_are_judged(tmp_path: Path) -> None:
    lines = rings(60)
    alone = verdicts([write(tmp_path / "well.jsonl", lines)], HERE)
    lines[20] = ring("r20", FATAL)
    found = verdicts([write(tmp_path / "well.jsonl", lines)], POOL)
    poisoned = json.loads(found[20])
    assert (poisoned["id"], poisoned["verdict"]) == ("r20", "undecided")
    assert [finding["code"] for finding in poisoned["findings"]] == ["replay.worker_lost"]
    assert "died of it 2 times" in poisoned["findings"][0]["message"]
    assert found[:20] + found[21:] == alone[:20] + alone[21:]


@pytest.mark.parametrize("engine", [HERE, POOL], ids=["here", "pool"])
def test_an_item_that_takes_all_memory_is_undecided(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [ring("a", 1), ring("b", STARVING), ring("c", 2)])
    found = [json.loads(line) for line in verdicts([path], engine)]
    assert [one["verdict"] for one in found] == ["pass", "undecided", "pass"]
    assert "memory" in found[1]["findings"][0]["message"]


def test_what_an_earlier_run_finished_is_kept_and_the_rest_is_done(two_hundred: list[str], tmp_path: Path) -> None:
    whole, broken_off = tmp_path / "whole", tmp_path / "broken_off"
    totals, again = left_in(whole, two_hundred, POOL)
    assert again == 0
    shards = iter(judge_into(broken_off, two_hundred, bell(), HERE, rows=16))
    for _ in range(4):
        next(shards)
    shards.close()  # type: ignore[attr-defined]
    before = {path: path.stat().st_mtime_ns for path in broken_off.glob("part-*")}
    assert len(before) == 4
    assert left_in(broken_off, two_hundred, POOL) == (totals, 4)
    assert lines_in(broken_off) == lines_in(whole)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert left_in(broken_off, two_hundred, HERE) == (totals, len(list(whole.glob("part-*"))))


def test_a_half_written_shard_is_done_again(two_hundred: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    left_in(out, two_hundred, HERE)
    whole = lines_in(out)
    (out / "_shards" / "000002.json").write_text('{"key": "half')
    (out / "part-000003.jsonl").unlink()
    _, again = left_in(out, two_hundred, HERE)
    assert again == len(list(out.glob("part-*"))) - 2
    assert lines_in(out) == whole


def test_a_shard_of_other_input_is_not_used(tmp_path: Path) -> None:
    out, lines = tmp_path / "out", rings(64)
    path = write(tmp_path / "t.jsonl", lines)
    left_in(out, [path], HERE)
    lines[20] = ring("another", 3)
    write(tmp_path / "t.jsonl", lines)
    _, again = left_in(out, [path], HERE)
    assert again == 3
    assert json.loads(lines_in(out)[20])["id"] == "another"
    write(tmp_path / "t.jsonl", lines[:32])
    _, again = left_in(out, [path], HERE)
    assert (again, len(lines_in(out))) == (2, 32)


def test_a_shard_of_another_environment_is_not_used(tmp_path: Path) -> None:
    from gem_sim import load_environment

    path = write(tmp_path / "t.jsonl", rings(32))
    left_in(tmp_path / "out", [path], HERE)
    untrusted = load_environment(CASES / "environments" / "deadly", trusted=False)
    done = [done for done, _ in judge_into(tmp_path / "out", [path], untrusted, HERE, rows=16)]
    assert [one.pid is None for one in done] == [False, False]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        left_in(tmp_path, [write(tmp_path / "t.jsonl", rings(3))], HERE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "t.jsonl"]


def test_only_the_shards_under_way_are_taken_from_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: the input is not read ahead of the workers."""
    import gem_sim.engine.run as module

    planned: list[int] = []

    def counting(*arguments: object) -> object:
        for shard in original(*arguments):  # type: ignore[arg-type]
            planned.append(shard.number)
            yield shard

    original = module.plan
    monkeypatch.setattr(module, "plan", counting)
    path = write(tmp_path / "t.jsonl", rings(160))
    with passing_parts() as parts:
        work = Judging(str(CASES / "environments" / "deadly"), True, "jsonl")
        for count, _ in enumerate(run_work(work, [path], parts, POOL, 4), start=1):
            assert len(planned) <= count + 2 * POOL.workers + 1
    assert len(planned) == 40


@pytest.mark.parametrize("engine", [POOL])
def test_untrusted_bodies_run_behind_their_walls_and_leave_no_process(engine: Engine, two_hundred: list[str]) -> None:
    from gem_sim import load_environment

    untrusted = load_environment(CASES / "environments" / "deadly", trusted=False)
    before = processes()
    lines = verdicts(two_hundred, engine, environment=untrusted)
    assert lines == verdicts(two_hundred, HERE, environment=untrusted)
    passed = [json.loads(line) for line in lines if json.loads(line)["verdict"] == "pass"]
    assert len(passed) > 100
    assert {code["code"] for one in passed for code in one["findings"]} == {"replay.checks_not_run"}
    untrusted = None  # type: ignore[assignment]
    assert processes() - before <= own_sandboxes()


def processes() -> set[int]:
    """Return the sandbox workers that run on this machine as children of this process or of nobody."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if b"gem_sim.sandbox.worker" in command and parent in (1, os.getpid()):
            found.add(int(path.name))
    return found


def own_sandboxes() -> set[int]:
    """Return those that this process itself uses, for as long as it lives."""
    found = set()
    for pid in processes():
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if parent == os.getpid():
            found.add(pid)
    return found
