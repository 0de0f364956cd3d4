"""Where many items run: in this process, in a pool of processes, on Ray Data."""

from gem_sim.engine.judge import Divergence, Judged, divergence_of, judge
from gem_sim.engine.run import Engine

__all__ = ["Divergence", "Engine", "Judged", "divergence_of", "judge"]
