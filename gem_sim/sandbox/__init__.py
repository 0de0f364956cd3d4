"""Run checked stubs: few builtins, fuel, bounded values, nothing that outlives a call."""

from gem_sim.sandbox.host import Moment
from gem_sim.sandbox.isolated import Isolated
from gem_sim.sandbox.meter import Limits
from gem_sim.sandbox.runner import Calls, Code, Outcome, Program, Runner

__all__ = ["Calls", "Code", "Isolated", "Limits", "Moment", "Outcome", "Program", "Runner"]
