"""Data sets without executable tools: everything that can be checked without running anything, grouped by cause."""

from gem_sim.audit.audit import Audit, Cause, audit

__all__ = ["Audit", "Cause", "audit"]
