"""How long to look: seconds of work, which a busy machine does not cut short."""

from __future__ import annotations

from time import monotonic, process_time
from typing import Final

# A worker's time is not ours to count, and nobody waits for ever.
_PATIENCE: Final = 4.0


class Budget:
    """Seconds of this process's own work, and at most four times as many on the wall clock."""

    def __init__(self, seconds: float) -> None:
        self._work = process_time() + seconds
        self._wall = monotonic() + _PATIENCE * seconds

    def left(self) -> float:
        """Return the seconds that are left; negative if they are used up."""
        return min(self._work - process_time(), self._wall - monotonic())

    def spent(self) -> bool:
        """Tell whether nothing is left."""
        return self.left() <= 0
