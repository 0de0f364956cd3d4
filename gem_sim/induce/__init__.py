"""Recorded trajectories → an environment that answers as they do, and says where they do not determine it."""

from gem_sim.induce.given import read_state
from gem_sim.induce.induce import FATES, Induced, contradictions, fate_of, induce, inferred_tools, states_time, task_of

__all__ = [
    "FATES",
    "Induced",
    "contradictions",
    "fate_of",
    "induce",
    "inferred_tools",
    "read_state",
    "states_time",
    "task_of",
]
