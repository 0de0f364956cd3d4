"""Tests of trajectories and of the checks themselves."""

from gem_sim.testing.kills import Judgement, Tally, judgements
from gem_sim.testing.mutate import KINDS, MUTATIONS, mutants_of
from gem_sim.testing.scene import Mutant, Planted

__all__ = ["KINDS", "MUTATIONS", "Judgement", "Mutant", "Planted", "Tally", "judgements", "mutants_of"]
