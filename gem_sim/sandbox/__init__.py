"""Run checked stubs: few builtins, fuel, bounded values, nothing that outlives a call."""

from gem_sim.sandbox.host import Moment
from gem_sim.sandbox.meter import Limits
from gem_sim.sandbox.runner import Code, Outcome, Program, Runner

__all__ = ["Code", "Limits", "Moment", "Outcome", "Program", "Runner"]
