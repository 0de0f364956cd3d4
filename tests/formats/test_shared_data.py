"""Published data that nobody here wrote."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gem_sim.formats import FORMATS, Format, read_records, read_trajectories, write_trajectories
from gem_sim.trajectory import Trajectory

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the shared data file {path} is not there")
    return path


def test_the_papers_example():
    (trajectory,) = read_trajectories(shared("gem_appendix_f.json"))
    assert trajectory.id == "gem/appendix-f"
    assert len(trajectory.tools) == 8
    assert all(tool.parameters and tool.parameters["type"] == "object" for tool in trajectory.tools)
    roles = Counter(message.role for message in trajectory.messages)
    assert roles == {"system": 1, "user": 5, "assistant": 12, "tool": 7}
    calls = list(trajectory.calls())
    assert [(placed.turn, placed.number, placed.call.tool) for placed in calls] == [
        (2, 1, "authenticate_user"),
        (3, 2, "calculate_frame_size"),
        (3, 3, "check_size_constraints"),
        (4, 4, "calculate_frame_size"),
        (4, 5, "check_size_constraints"),
        (4, 6, "get_custom_pricing"),
        (5, 7, "place_custom_order"),
    ]
    assert all(placed.answer is not None and isinstance(placed.answer.value(), dict) for placed in calls)
    assert set(trajectory.extra) == {"licence", "source_text"}


@pytest.mark.parametrize(("name", "count", "calls"), [("tooltalk.jsonl", 78, 266), ("sgd.jsonl", 20, 49)])
def test_dialogues_with_calls(tmp_path, name, count, calls):
    trajectories = list(read_trajectories(shared(name)))
    assert len(trajectories) == count
    placed = [placed for trajectory in trajectories for placed in trajectory.calls()]
    assert len(placed) == calls
    assert all(item.answer is not None and item.call.unreadable is None for item in placed)
    assert all({"licence", "url", "meta"} <= trajectory.extra.keys() for trajectory in trajectories)
    path = tmp_path / "again.jsonl.gz"
    write_trajectories(path, trajectories)
    assert list(read_trajectories(path)) == trajectories


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("name", ["gem_appendix_f.json", "tooltalk.jsonl", "sgd.jsonl"])
def test_every_format_carries_them(tmp_path, name: str, known: Format):
    trajectories = list(read_trajectories(shared(name)))
    path = tmp_path / "out.jsonl"
    write_trajectories(path, trajectories, format=known.name)
    again = list(read_trajectories(path))
    assert [substance(item) for item in again] == [substance(item) for item in trajectories]


def substance(trajectory: Trajectory) -> tuple[object, ...]:
    """Return a trajectory without the ids of its calls and the names on answers, which tags cannot say."""
    calls = [
        (
            placed.turn,
            placed.number,
            placed.call.tool,
            placed.call.arguments,
            placed.answer and placed.answer.content,
        )
        for placed in trajectory.calls()
    ]
    spoken = [(message.role, message.content) for message in trajectory.messages]
    return trajectory.id, trajectory.tools, calls, spoken, trajectory.extra


def test_call_plans_are_no_trajectories():
    records = list(read_records(shared("nestful.jsonl")))
    assert len(records) == 150
    for number, record in enumerate(records, start=1):
        assert record.trajectory is None
        assert record.row is not None
        assert str(record.error).startswith(f"{DATA / 'nestful.jsonl'}:{number}: no trajectory: the keys are 'id'")
