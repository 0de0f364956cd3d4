"""The offline teacher: extraction and grounding by rules, without any model. A baseline, and documented as one."""
