"""Where many items run: in this process or in a pool of processes."""

from gem_sim.engine.judge import Divergence, Judged, divergence_of, judge, judge_all

__all__ = ["Divergence", "Judged", "divergence_of", "judge", "judge_all"]
