"""Load an environment, run sessions in it, replay trajectories."""

from gem_sim.simulator.load import bundled_environments, find_environment, load_environment
from gem_sim.simulator.replay import Replay, ReplayedCall, replay
from gem_sim.simulator.session import Session

__all__ = [
    "Replay",
    "ReplayedCall",
    "Session",
    "bundled_environments",
    "find_environment",
    "load_environment",
    "replay",
]
