"""Where values come from: what has been seen in a conversation, and what follows from it."""

from gem_sim.verifier.sources.origin import Origin, Sources
from gem_sim.verifier.sources.schemas import Leaf, is_free

__all__ = ["Leaf", "Origin", "Sources", "is_free"]
