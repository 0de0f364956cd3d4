"""How a replayed call of ToolTalk relates to its recording: one word per call, to be counted."""

from __future__ import annotations

from typing import Any

from gem_sim.simulator.replay import ReplayedCall
from gem_sim.verdict import Finding

SAME = "same"
OTHER_ORDER = "same up to list order"
FILTERED = "filtered by the annotator"
EDITED = "edited by the annotator"
ID_TWICE = "an id given twice"
OTHER_FIELD = "a field of another tool"

REPRODUCED = (SAME, OTHER_ORDER)

# What the assistant says against what it had seen: every finding of the family `claims` was looked at, by dialogue and
# value, and is a fault of the recording.
CLAIMS = {
    ("GetAccountInformation-easy", "VirgniaJGraham@gahoo.com"): "an address misspelt",
    ("Alarm-Calendar-Email-DeleteAlarm-1", "4:00 PM"): "another time than the calendar's",
    ("Calendar-Messages-Reminder-AddReminder-1", "Friday"): "the weekday of another date",
    ("Calendar-Reminder-Weather-ModifyEvent-0", "John"): "people of another conversation",
    ("Calendar-Reminder-Weather-ModifyEvent-0", "Mary"): "people of another conversation",
    ("Calendar-Reminder-Weather-ModifyEvent-0", "Sam"): "people of another conversation",
    ("Calendar-Reminder-Weather-QueryCalendar-0", "1 pm"): "another time than the calendar's",
    ("Calendar-Reminder-Weather-QueryCalendar-0", "3pm"): "another time than the calendar's",
    ("Email-Reminder-Weather-CompleteReminder-2", "67"): "another figure than the weather's",
    ("Email-Reminder-Weather-CompleteReminder-2", "52"): "another figure than the weather's",
    ("Email-Reminder-Weather-CompleteReminder-2", "78"): "another figure than the weather's",
    ("golden_conversation_1", "Lucy"): "people of another conversation",
    ("golden_conversation_1", "Jose"): "people of another conversation",
    ("golden_conversation_3", "650-555-7832"): "another telephone number",
    ("golden_conversation_3", "Jose"): "people of another conversation",
}
NOT_LOOKED_AT = "not looked at"


def class_of(call: ReplayedCall) -> str:
    """Return the class of a call; those of `REPRODUCED` are the ones whose record execution bears out."""
    recorded, executed = _entries(call.recorded), _entries(call.result.content)
    if not call.differences and call.recorded_error == call.executed_error:
        return SAME if recorded == executed else OTHER_ORDER
    if recorded is not None and executed is not None:
        return FILTERED if all(entry in executed for entry in recorded) else EDITED
    if any(difference.kind == "extra" for difference in call.differences):
        return OTHER_FIELD
    return ID_TWICE if all(d.path.endswith(("_id", "_token")) for d in call.differences) else EDITED


def _entries(content: Any) -> list[dict[str, Any]] | None:
    """Return the list that an answer holds, its entries without their ids; None where it holds none."""
    response = content.get("response") if isinstance(content, dict) else None
    lists = [value for value in (response or {}).values() if isinstance(value, list)]
    if len(lists) != 1:
        return None
    return [{name: value for name, value in entry.items() if not name.endswith("_id")} for entry in lists[0]]


def class_of_claim(dialogue: str, finding: Finding) -> str:
    """Return the class of a finding of the family `claims`, by who looked at it: we did, or nobody."""
    return CLAIMS.get((dialogue.rpartition("/")[2], str(finding.evidence.get("value"))), NOT_LOOKED_AT)
