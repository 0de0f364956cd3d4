"""Workflows: what a step waits for, alternatives, and steps that can never come about."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gem_sim.workflow import Step, Workflow, WorkflowFault

_NAMES = ("a", "b", "c", "d")


def workflow(**after: Any) -> Workflow:
    return Workflow(steps=tuple(Step(id=name, tool=name, after=befores) for name, befores in after.items()))


def can_come_about(after: dict[str, Any]) -> bool:
    """Say by trying every order whether all steps can happen, each with one of every group before it."""
    return any(
        all(
            any(one in order[:place] for one in ([group] if isinstance(group, str) else group))
            for place, name in enumerate(order)
            for group in after[name]
        )
        for order in permutations(after)
    )


_GROUP = st.one_of(st.sampled_from(_NAMES), st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True))


@given(st.fixed_dictionaries({name: st.lists(_GROUP, max_size=2) for name in _NAMES}))
def test_a_workflow_is_refused_exactly_where_no_order_fulfils_it(after: dict[str, Any]) -> None:
    if can_come_about(after):
        order = workflow(**after).reachable()
        assert sorted(order) == sorted(_NAMES)
        for place, name in enumerate(order):
            for group in after[name]:
                assert set(order[:place]) & ({group} if isinstance(group, str) else set(group))
        return
    with pytest.raises(ValidationError, match="wait for each other") as caught:
        workflow(**after)
    # The steps it names do wait for each other, one for the next.
    fault = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(fault, WorkflowFault)
    named = str(fault).removeprefix("the steps ").split(" wait ")[0].split(" → ")
    assert named[0] == named[-1]
    for before, name in pairwise(named):
        assert any(before == group or before in group for group in after[name])
    assert named[0] == list(after)[fault.index or 0]


def test_a_step_that_never_applies_takes_with_it_what_needs_it() -> None:
    flow = workflow(a=[], b=["a"], c=["b"], d=[["a", "c"]])
    assert flow.reachable(never=frozenset({"a"})) == []
    assert flow.reachable(never=frozenset({"b"})) == ["a", "d"]


def test_alternatives_share_a_group_and_single_names_have_their_own() -> None:
    step = Step(id="x", tool="x", after=("a", ("b", "c")), takes={"v": ("b.v", "c.w[].v"), "u": "a.u"})
    groups = [[(edge.before, edge.kind, edge.argument, edge.path) for edge in group] for group in step.groups]
    assert groups == [
        [("a", "after", None, None)],
        [("b", "after", None, None), ("c", "after", None, None)],
        [("b", "data", "v", "v"), ("c", "data", "v", "w[].v")],
        [("a", "data", "u", "u")],
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"once": True, "at_most": 2}, "keep one"),
        ({"at_most": 0}, "at_most"),
        ({"after": ("a", ())}, "empty list of alternatives"),
        ({"takes": {"v": ()}}, "empty list of alternatives"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Step(id="x", tool="x", **fields)


def test_how_often_a_step_may_happen() -> None:
    assert Step(id="x", tool="x").most is None
    assert Step(id="x", tool="x", once=True).most == 1
    assert Step(id="x", tool="x", at_most=3).most == 3
