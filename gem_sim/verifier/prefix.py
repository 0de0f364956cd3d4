"""The fewest calls of a trajectory that still show a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gem_sim.errors import StubError
from gem_sim.message import Message
from gem_sim.simulator import Replay, replay

# A fault of a long trajectory is still told in time; what is found by then is short enough to read.
_MOST_REPLAYS = 120


def smallest_prefix(whole: Replay, index: int, shows: Callable[[Replay], bool]) -> tuple[int, ...]:
    """Return the numbers of the fewest calls, the one at `index` the last, whose replay alone still shows a fault.

    No single call can be left out of them (delta debugging); in an environment with tools of its own, which cannot
    be run again at will, they are all calls up to there.

    Args:
        whole: The replay with the fault.
        index: That of the call with the fault, from 0.
        shows: Whether a replay that ends with this call shows the fault.
    """
    everything = tuple(range(index + 1))
    kept = everything if whole.environment.opener is not None else _fewest(whole, everything, shows)
    return tuple(whole.calls[number].placed.number for number in kept)


def _fewest(whole: Replay, indexes: Sequence[int], shows: Callable[[Replay], bool]) -> tuple[int, ...]:
    *earlier, last = indexes
    left = _MOST_REPLAYS

    def still(kept: Sequence[int]) -> bool:
        nonlocal left
        left -= 1
        return _shows(whole, [*kept, last], shows)

    if still(()):
        return (last,)
    size = max(1, len(earlier) // 2)
    while left > 0:
        shorter = None
        for start in range(0, len(earlier), size):
            rest = earlier[:start] + earlier[start + size :]
            if left > 0 and len(rest) < len(earlier) and still(rest):
                shorter = rest
                break
        if shorter is not None:
            earlier = shorter
            size = max(1, min(size, len(earlier) // 2))
        elif size == 1:
            break
        else:
            size //= 2
    return (*earlier, last)


def _shows(whole: Replay, indexes: Sequence[int], shows: Callable[[Replay], bool]) -> bool:
    """Tell whether those calls alone show the fault; if one of them now breaks a stub, they do not."""
    messages: list[Message] = []
    for index in indexes:
        placed = whole.calls[index].placed
        asked = whole.trajectory.messages[placed.message]
        messages.append(asked.model_copy(update={"tool_calls": (placed.call,)}))
        messages += [placed.answer] if placed.answer is not None else []
    shorter = whole.trajectory.model_copy(update={"messages": tuple(messages)})
    try:
        return shows(replay(shorter, whole.environment, task=whole.task))
    except StubError:
        return False
