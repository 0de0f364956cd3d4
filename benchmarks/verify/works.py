"""The sets of trajectories that verifying is measured on, and how it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path

import gem_sim
from gem_sim.errors import InputError
from gem_sim.formats import write_rows
from gem_sim.pipeline.documents import read_documents
from gem_sim.pipeline.offline.teacher import Offline
from gem_sim.pipeline.synthesize import synthesize
from gem_sim.verifier.verify import Check

TEXTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "texts.jsonl"
# Of the texts, every so many-th one is made into an environment with trajectories.
EACH = 8
NAMES = ("frame_shop", "library", "ToolTalk", "made")

# An environment and trajectories in it.
Work = tuple[gem_sim.Environment, list[gem_sim.Trajectory]]


def make(folder: Path) -> None:
    """Make environments and trajectories of some of the texts into `folder`, for the set `made`.

    Raises:
        InputError: If the texts are not there.
    """
    if not TEXTS.is_file():
        raise InputError("the passages are not there", file=str(TEXTS), cure="put texts.jsonl there")
    texts = folder / "texts.jsonl"
    write_rows(texts, [document.row for document in islice(read_documents([TEXTS]), None, None, EACH)])
    synthesize([texts], folder, Offline())


def works(name: str, folder: Path) -> Iterator[Work]:
    """Yield the environments of a set with their trajectories: bundled ones, ToolTalk, or what was made into `folder`.

    Raises:
        InputError: If ToolTalk's dialogues are not there.
    """
    if name == "ToolTalk":
        environment, dialogues = import_module("benchmarks.tooltalk.load").load()
        yield environment, list(dialogues)
        return
    places = sorted((folder / "environments").iterdir()) if name == "made" else [name]
    for place in places:
        environment = gem_sim.load_environment(str(place))
        yield environment, list(gem_sim.read_trajectories(Path(environment.folder or "") / "trajectories.jsonl"))


def in_turn(
    trajectories: Sequence[gem_sim.Trajectory], environment: gem_sim.Environment, checks: Sequence[Check]
) -> tuple[float, float, list[gem_sim.Replay]]:
    """Replay and judge trajectories one after the other; return the seconds of each, and the replays."""
    replaying = judging = 0.0
    replays = []
    for trajectory in trajectories:
        started = time.perf_counter()
        replays.append(gem_sim.replay(trajectory, environment))
        replayed = time.perf_counter()
        gem_sim.verify(replays[-1], checks)
        judging += time.perf_counter() - replayed
        replaying += replayed - started
    return replaying, judging, replays
