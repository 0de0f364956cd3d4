"""Checks of a replay, and the verdict they add up to."""

from gem_sim.verifier.codes import CODES
from gem_sim.verifier.provenance import DataEdge, SourcedValue, data_edges, explain
from gem_sim.verifier.verify import CHECKS, Check, checks_for, verify

__all__ = ["CHECKS", "CODES", "Check", "DataEdge", "SourcedValue", "checks_for", "data_edges", "explain", "verify"]
