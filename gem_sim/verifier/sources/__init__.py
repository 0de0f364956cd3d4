"""Where values come from: what has been seen in a conversation, and what follows from it."""

from gem_sim.verifier.sources.origin import Origin, Sources
from gem_sim.verifier.sources.schemas import Leaf, declared_choice

__all__ = ["Leaf", "Origin", "Sources", "declared_choice"]
