"""The GEM paper's tags: calls as `<func>` in assistant texts, answers as `<tool>` in user messages."""

from __future__ import annotations

from gem_sim.formats import hermes
from gem_sim.formats.format import Format
from gem_sim.formats.rows import JsonObject
from gem_sim.formats.tagged import Tags, has_tags
from gem_sim.trajectory import Trajectory

TAGS = Tags(call="func", answer="tool", answer_role="user")


def recognise(row: JsonObject) -> bool:
    """Tell whether a row's messages hold the paper's tags and no `tool_calls`."""
    return has_tags(row, TAGS)


def write(trajectory: Trajectory) -> JsonObject:
    """Return a row of messages with the paper's tags; it says what `hermes.write` can say, answers as the user."""
    return hermes.write_tagged(trajectory, TAGS)


GEM = Format("gem", recognise, hermes.read, write)
