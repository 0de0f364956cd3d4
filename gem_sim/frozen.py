"""The base of the nouns; apart from JSON values, so that what runs stubs need not load pydantic."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of the nouns: a value that cannot be changed and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
