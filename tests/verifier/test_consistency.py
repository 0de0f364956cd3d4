"""Prompt, source and code are compared; what differs is named in all three, and nothing else is reported."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gem_sim
from gem_sim.environment import Constant, Environment, Rule
from gem_sim.verdict import Finding
from gem_sim.verifier import consistency
from gem_sim.verifier.consistency import differences, environment_consistency
from gem_sim.verifier.stated import Figure, clauses, same_figure
from tests.conftest import ROOT, conversation, environment, shared_data

SOUND = ("frame_shop", "library", "desk")


def published() -> list[Finding]:
    (trajectory,) = gem_sim.read_trajectories(shared_data("gem_appendix_f.json"))
    return list(consistency.prompt(gem_sim.replay(trajectory, environment("frame_shop"))))


def test_the_published_prompt_changed_three_constants_dropped_one_and_computes_otherwise() -> None:
    findings = published()
    changed = [
        (f.evidence["prompt"]["values"], f.evidence["source"]["values"], f.evidence["code"]["constant"])  # type: ignore[index,call-overload]
        for f in findings
        if f.code == "consistency.constant"
    ]
    assert changed == [
        (["150 cm"], ["160 cm"], "PLAIN_LONG"),
        (["60 cm"], ["80 cm"], "NON_GLARE_SHORT"),
        (["70 cm"], ["180 cm"], "NON_GLARE_LONG"),
    ]
    dropped = [f.evidence["source"]["values"] for f in findings if f.code == "consistency.rule"]  # type: ignore[index,call-overload]
    assert dropped == [["170cm"]]
    formula = next(f for f in findings if f.code == "consistency.formula" and f.severity == "error")
    assert "2x mount_width" in formula.message
    assert "the photo size - 1cm" in formula.message
    assert formula.evidence["code"]["constant"] == "MOUNT_SIDES"  # type: ignore[index,call-overload]


def test_a_difference_names_the_lines_and_quotes_what_stands_there() -> None:
    (trajectory,) = gem_sim.read_trajectories(shared_data("gem_appendix_f.json"))
    texts = {"prompt": trajectory.messages[0].content, "source": trajectory.extra["source_text"]}
    for finding in published():
        for name, text in texts.items():
            place: Any = finding.evidence[name]
            if place is not None:
                assert place["quote"] in " ".join(str(text).splitlines()[place["line"] - 1].split())


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_environment_is_consistent(name: str) -> None:
    assert [str(finding) for finding in environment_consistency(environment(name))] == []


@pytest.mark.parametrize("name", ["frame_shop", "library"])
def test_the_trajectories_of_a_sound_environment_are_consistent(name: str) -> None:
    for trajectory in gem_sim.read_trajectories(ROOT / "environments" / name / "trajectories.jsonl"):
        assert list(consistency.prompt(gem_sim.replay(trajectory, environment(name)))) == []


def with_policy(told: str) -> Environment:
    return replace(environment("desk"), policy=(told,))


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ("A member may have no more than two books at a time.", []),
        ("A member may have 2 books at a time at most.", []),
        ("A member may have no more than three books at a time.", ["consistency.constant"]),
        ("Films are lent to members of 16 and over.", ["consistency.constant"]),
        ("Films are lent to members of 18 and over, books to members of any age.", []),
        ("The desk has 3 chairs.", []),
    ],
)
def test_a_policy_is_compared_with_the_source(told: str, codes: list[str]) -> None:
    assert [finding.code for finding in environment_consistency(with_policy(told))] == codes


def test_a_constant_must_be_a_figure_of_its_quote() -> None:
    quote = "no more than two books at a time"
    three = replace(
        environment("desk"), policy=(), constants={"MAX_LOANS": Constant(value=3, unit="books", quote=quote)}
    )
    findings = [f for f in environment_consistency(three) if f.evidence["code"].get("constant")]  # type: ignore[union-attr]
    (finding,) = findings
    assert finding.code == "consistency.constant"
    assert finding.evidence["source"]["line"] == 3  # type: ignore[index,call-overload]
    assert finding.evidence["code"]["line"].startswith("lend_book:4: require(")  # type: ignore[index,call-overload,union-attr]


def test_a_rule_must_have_a_figure_of_the_line_that_enforces_it() -> None:
    rules = {**environment("desk").rules, "R2": Rule(text="At most five books.", kind="limit")}
    (finding,) = environment_consistency(replace(environment("desk"), policy=(), rules=rules))
    assert (finding.code, finding.tool) == ("consistency.rule", "lend_book")
    assert "the code requires 2 (lend_book:4: require(len(held) < MAX_LOANS, 'R2'))" in finding.message


@pytest.mark.parametrize("name", ["frame_shop", "library"])
def test_half_of_all_changed_figures_of_a_policy_are_noticed(name: str) -> None:
    """Where another figure of the source fits the changed one, nobody can tell; the rest has to be found."""
    base = environment(name)
    noticed = []
    for index, line in enumerate(base.policy):
        for match in re.finditer(r"\d+", line):
            told = list(base.policy)
            told[index] = line[: match.start()] + str(int(match.group()) + 11) + line[match.end() :]
            noticed.append(any(environment_consistency(replace(base, policy=tuple(told)))))
    assert sum(noticed) >= 0.5 * len(noticed)


def test_without_a_text_of_its_own_nothing_is_said_to_be_left_out() -> None:
    told = ["system", "You lend books."]
    replayed = gem_sim.replay(conversation(told, ["user", "Hello"], ["assistant", "Hello!"]), environment("desk"))
    assert list(consistency.prompt(replayed)) == []


SUBJECTS = st.lists(
    st.sampled_from(["glass", "mounts", "frames", "prints", "boxes", "covers"]), unique=True, max_size=5
)
NUMBERS = st.integers(2, 400)


@given(SUBJECTS, st.data())
def test_a_text_does_not_differ_from_itself_in_another_order(subjects: list[str], data: st.DataObject) -> None:
    lines = [f"The maximum width of {subject} is {data.draw(NUMBERS)} cm." for subject in subjects]
    turned = data.draw(st.permutations(lines))
    assert differences("\n".join(lines), "\n".join(turned)) == ()


@given(st.text(max_size=200))
def test_no_text_differs_from_itself(text: str) -> None:
    assert [d for d in differences(text, text) if d.left is not None] == []
    for clause in clauses(text):
        assert clause.figures


FIGURES = st.builds(
    Figure, st.integers(1, 50).map(float), st.sampled_from([None, "cm", "mm", "m", "day", "money"]), st.just("")
)


@given(FIGURES, FIGURES)
def test_being_the_same_figure_goes_both_ways(left: Figure, right: Figure) -> None:
    assert same_figure(left, right) == same_figure(right, left)
    assert same_figure(left, left)
