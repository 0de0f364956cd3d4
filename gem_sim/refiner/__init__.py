"""Make verified trajectories harder, and verify them again after each rewrite."""

from gem_sim.refiner.complexity import Complexity, Target, complexity_of
from gem_sim.refiner.refine import REWRITES, Attempt, Refined, Rewrite, refine

__all__ = [
    "REWRITES",
    "Attempt",
    "Complexity",
    "Refined",
    "Rewrite",
    "Target",
    "complexity_of",
    "refine",
]
