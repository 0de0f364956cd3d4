"""Jobs in Ray Data, on this machine or a cluster: it starts workers, hands out jobs, and retries those of the dead."""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

from gem_sim.engine.work import Done, Job, Opened, Work
from gem_sim.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BLOCKS = 2_000
# What goes through the object store is a path and a few numbers for each shard.
_STORE_BYTES = 100 << 20


class _Doer:
    """An actor of Ray Data: opens the work once, does the jobs that come."""

    def __init__(self, work: bytes) -> None:
        self._opened = Opened(pickle.loads(work))

    def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, list[bytes]]:
        return {"done": [pickle.dumps(self._opened.do(pickle.loads(job))) for job in batch["job"]]}


def ray_data(work: Work, jobs: Iterable[Job], workers: int, address: str | None = None) -> Iterator[Done]:
    """Do jobs with Ray Data, and yield them as they are done.

    A worker that dies is replaced and its job done again, both by Ray. Its machines must see the folders of the jobs'
    paths under the same names.

    Args:
        work: What to do.
        jobs: All of them; each is small.
        workers: How many actors, of one CPU each.
        address: A cluster's; None starts Ray on this machine, for this run.

    Raises:
        InputError: If Ray is not installed.
    """
    given = [{"job": pickle.dumps(job)} for job in jobs]
    if not given:
        return
    with started(workers, address) as ray:
        blocks = min(len(given), _MOST_BLOCKS)
        dataset = ray.data.from_items(given, override_num_blocks=blocks).map_batches(
            _Doer,
            fn_constructor_args=(pickle.dumps(work),),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(given)), max_tasks_in_flight_per_actor=1),
            num_cpus=1,
        )
        try:
            yield from _quietly(dataset.iter_rows())
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from None


def _quietly(rows: Iterable[dict[str, bytes]]) -> Iterator[Done]:
    """Yield what is done; what Ray says of dead workers meanwhile goes to standard error, not among our output."""
    waiting = iter(rows)
    while True:
        with redirect_stdout(sys.stderr):
            row = next(waiting, None)
        if row is None:
            return
        yield pickle.loads(row["done"])


@contextmanager
def started(workers: int, address: str | None = None) -> Iterator[Any]:
    """Give the module `ray` with Ray running while the block runs; one that runs already is used, and left as it is.

    Raises:
        InputError: If Ray is not installed.
    """
    # Read by Ray when it is imported and started: a run tells nobody about itself.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError("the engine ray needs the package ray", cure="pip install 'gem-sim[ray]'") from None
    own = not ray.is_initialized()
    if own and address is not None:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    elif own:
        ray.init(
            num_cpus=max(workers, os.cpu_count() or 1),
            object_store_memory=_STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()
