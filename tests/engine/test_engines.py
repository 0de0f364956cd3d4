"""Engines: the same verdicts wherever they run, a dead worker costs a retry, a poisoned item costs itself."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest

from gem_sim import load_environment
from gem_sim.engine import Engine, local
from gem_sim.engine.run import passing_parts
from gem_sim.engine.run import run as run_work
from gem_sim.engine.verdicts import Judging, judge_all, judge_into, verdict_line
from gem_sim.engine.work import Done
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


@pytest.fixture(scope="module")
def alone(two_hundred: list[str]) -> list[str]:
    """The verdicts of this process."""
    return verdicts(two_hundred, HERE)


def test_a_pool_gives_the_lines_of_this_process_in_their_order(two_hundred: list[str], alone: list[str]) -> None:
    assert len(alone) == 200
    assert {json.loads(line)["verdict"] for line in alone} == {"pass", "fail"}
    assert verdicts(two_hundred, POOL) == alone


@pytest.mark.parametrize("rows", [1, 1_000])
def test_the_size_of_shards_has_no_say(rows: int, two_hundred: list[str], alone: list[str]) -> None:
    assert verdicts(two_hundred, HERE, rows=rows) == alone


def test_workers_killed_at_any_moment_change_nothing(
    two_hundred: list[str], alone: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first three workers are killed, each as soon as it has done something."""
    out, killed = tmp_path / "out", set[int]()
    take = local._Slot.take

    def take_and_kill(slot: local._Slot) -> Done | None:
        done = take(slot)
        if done is not None and len(killed) < 3:
            assert done.pid not in (None, os.getpid(), *killed)
            os.kill(done.pid, signal.SIGKILL)
            killed.add(done.pid)
        return done

    monkeypatch.setattr(local._Slot, "take", take_and_kill)
    assert sum(number for _, number in judge_into(out, two_hundred, bell(), POOL, rows=16)) == 200
    assert len(killed) == 3
    assert lines_in(out) == alone
    assert not list((out / "_shards").glob("*.mark"))
    assert not list(out.glob(".*"))


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


def test_an_item_that_takes_all_memory_is_undecided(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [ring("a", 1), ring("b", STARVING), ring("c", 2)])
    found = [json.loads(line) for line in verdicts([path], HERE)]
    assert [one["verdict"] for one in found] == ["pass", "undecided", "pass"]
    assert "memory" in found[1]["findings"][0]["message"]


def test_what_an_earlier_run_finished_is_kept_and_the_rest_is_done(two_hundred: list[str], tmp_path: Path) -> None:
    whole, broken_off = tmp_path / "whole", tmp_path / "broken_off"
    totals, again = left_in(whole, two_hundred, HERE)
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

    ahead: list[int] = []

    def counting(*arguments: object, **options: object) -> object:
        for shard in original(*arguments, **options):  # type: ignore[arg-type]
            ahead.append(shard.number + 1 - len(list(folder.glob("_shards/*.json"))))
            yield shard

    original = module.plan
    monkeypatch.setattr(module, "plan", counting)
    path = write(tmp_path / "t.jsonl", rings(160))
    with passing_parts() as parts:
        folder = parts.folder
        work = Judging(str(CASES / "environments" / "deadly"), True, "jsonl")
        assert len(list(run_work(work, [path], parts, POOL, 4))) == 40
    assert len(ahead) == 40
    assert max(ahead) <= POOL.workers


def test_untrusted_bodies_run_behind_their_walls_and_leave_no_process(two_hundred: list[str]) -> None:
    untrusted = load_environment(CASES / "environments" / "deadly", trusted=False)
    first = two_hundred[:1]
    seen = set[int]()
    lines = []
    for _, _, judged in judge_all(first, untrusted, POOL, rows=8):
        lines.append(verdict_line(judged.verdict))
        seen |= {pid for pid, above in sandboxes().items() if above == os.getpid()}
    assert len(seen) == 2
    # They read that the other side is gone, and end.
    for _ in range(200):
        if not seen & sandboxes().keys():
            break
        sleep(0.05)
    assert not seen & sandboxes().keys()
    assert lines == verdicts(first, HERE, environment=untrusted)
    passed = [json.loads(line) for line in lines if json.loads(line)["verdict"] == "pass"]
    assert len(passed) > 50
    assert {code["code"] for one in passed for code in one["findings"]} == {"replay.checks_not_run"}


def sandboxes() -> dict[int, int | None]:
    """Return the processes for untrusted bodies → the process above the one that has them, None where that is gone."""
    parents, found = {}, set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if b"gem_sim.sandbox.worker" in (path / "cmdline").read_bytes():
                found.add(int(path.name))
    return {pid: parents.get(parents[pid]) for pid in found}
