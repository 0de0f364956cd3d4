"""Checks of a replay, and the verdict they add up to."""

from gem_sim.verifier.codes import CODES
from gem_sim.verifier.provenance import SourcedValue, explain
from gem_sim.verifier.verify import CHECKS, Check, checks_for, verify

__all__ = ["CHECKS", "CODES", "Check", "SourcedValue", "checks_for", "explain", "verify"]
