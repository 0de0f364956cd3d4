"""Reports for people: one HTML page, drawings, and the distributions of a data set."""

from gem_sim.report.distributions import Distributions, distributions

__all__ = ["Distributions", "distributions"]
