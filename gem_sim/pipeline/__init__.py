"""Text in, verified trajectories out: filter, extract, ground, validate, each stage recorded in a ledger."""
