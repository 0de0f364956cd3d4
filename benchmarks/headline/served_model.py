"""A model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import NamedTuple


class Served(NamedTuple):
    """A model's name at its endpoint, the endpoint's address ending in /v1, and the key that it asks for."""

    model: str
    base_url: str
    key: str = "none"
