"""Where many items run: in this process or in a pool of processes."""

from gem_sim.engine.judge import Judged, judge, judge_all

__all__ = ["Judged", "judge", "judge_all"]
