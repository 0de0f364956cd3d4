"""Letters beyond English ones that a pattern which ignores case takes for English ones, and `lower` does not."""

from __future__ import annotations

_ALIKE = str.maketrans("ſıİ\u212a", "siIK")


def plain_letters(text: str) -> str:
    """Return a text with the English letters for them; it stays as long as it is."""
    return text if text.isascii() else text.translate(_ALIKE)


def folded(text: str) -> str:
    """Return what a pattern has found in lower case, as tables have it."""
    return plain_letters(text).lower()
