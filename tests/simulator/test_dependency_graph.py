"""Edges between tools, each with the evidence that says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from gem_sim import Trajectory
from gem_sim.environment import Environment
from gem_sim.simulator.dataflow import Flow, flows, identifies, identifying
from gem_sim.simulator.dependency_graph import EVIDENCE, Declared, Stated, StateUse, dependency_graph
from gem_sim.simulator.returns import cannot_reach, leaves
from tests.conftest import CASES, ROOT, conversation, environment


def graph_of(name: str) -> Any:
    return dependency_graph(environment(name))


def pairs(name: str, kind: Any) -> set[tuple[str, str]]:
    return {(edge.before, edge.tool) for edge in graph_of(name).of([kind])}


def test_declared_edges_are_those_of_the_workflows() -> None:
    counter = environment("counter")
    declared = [edge.evidence for edge in graph_of("counter").of(["declared"])]
    assert all(isinstance(evidence, Declared) for evidence in declared)
    assert len(declared) == sum(len(workflow.dependencies()) for workflow in counter.workflows)
    assert ("check_order", "cancel_order") in pairs("counter", "declared")


def test_stated_edges_carry_rule_quote_and_place() -> None:
    stated = {(edge.before, edge.tool): edge.evidence for edge in graph_of("counter").of(["stated"])}
    evidence = stated["check_order", "cancel_order"]
    assert isinstance(evidence, Stated)
    assert (evidence.rule, evidence.place, evidence.step) == ("R1", "source.md:4", "cancel")
    assert evidence.quote in environment("counter").passage.text
    # Rules of other kinds state no order.
    assert {edge.evidence.rule for edge in graph_of("counter").of(["stated"])} == {"R1", "R3"}  # type: ignore[union-attr]


def test_a_body_that_refuses_by_a_rule_states_who_can_bring_about_what_it_requires() -> None:
    refund = [e for e in graph_of("counter").of(["stated"]) if e.tool == "pay_refund" and e.evidence.line is not None]
    # Cancelling changes the status that the refund requires; nothing else does.
    assert [(edge.before, edge.evidence.rule, edge.evidence.line) for edge in refund] == [("cancel_order", "R3", 1)]  # type: ignore[union-attr]


def test_where_no_tool_makes_the_rows_a_rule_points_to_who_shows_them() -> None:
    stated = [e for e in graph_of("frame_shop").of(["stated"]) if e.evidence.line is not None]
    assert [(edge.before, edge.tool) for edge in stated] == [("authenticate_user", "place_custom_order")]


def test_state_edges_say_table_and_lines() -> None:
    by_pair = {(edge.before, edge.tool): edge.evidence for edge in graph_of("counter").of(["state"])}
    assert by_pair["cancel_order", "pay_refund"] == StateUse("orders", "changes", ("status",), 3, "requires", 1)
    # A read of the whole table sees the change; the requirement that the order exists does not.
    assert by_pair["cancel_order", "check_order"] == StateUse("orders", "changes", ("status",), 3, "reads", 1)
    assert ("check_order", "cancel_order") not in by_pair
    assert pairs("desk", "state") == {("lend_book", "return_book"), ("return_book", "lend_book")}


def test_data_edges_by_schema_and_by_recordings() -> None:
    told = {
        (f.before, f.tool, f.argument, f.path): f for f in flows(environment("frame_shop"), recordings("frame_shop"))
    }
    flow = told["authenticate_user", "place_custom_order", "user_id", "user_id"]
    assert flow.by == ("schema", "recorded")
    assert flow.seen >= 1
    assert (flow.example or "").endswith("→ call 7")
    # A profile needs the very id it would be the source of.
    assert not any(before == "get_user_profile" for before, *_ in told)


def recordings(name: str) -> list[Trajectory]:
    from gem_sim.formats import read_trajectories

    return list(read_trajectories(ROOT / "environments" / name / "trajectories.jsonl"))


def notes(*calls: tuple[str, dict[str, Any], Any], said: str = "Please.") -> list[tuple[str, str, str, str]]:
    """Return the recorded flows of one conversation at the counter."""
    spoken = conversation(["user", said], *[["call", *call] for call in calls])
    found = flows(environment("counter"), [spoken])
    return [(f.before, f.tool, f.argument, f.path) for f in found if "recorded" in f.by]


CHECKED = ("check_order", {"order_id": "O1"}, {"order_id": "O1", "status": "open", "total_euros": 4711})
LISTED = ("list_orders", {"customer_id": "C-100"}, {"orders": [{"order_id": "O-777", "status": "open"}]})


def test_a_recorded_value_counts_where_it_first_came_up() -> None:
    paid = ("pay_refund", {"order_id": "O1", "total_euros": 4711}, {"refund_id": "F-900"})
    assert notes(CHECKED, paid) == [("check_order", "pay_refund", "total_euros", "total_euros")]
    # What the user said, and what the agent had used before the result showed it, came from elsewhere.
    assert notes(CHECKED, paid, said="Pay the 4711 euros back.") == []
    cancelled = ("cancel_order", {"order_id": "O-777", "reason": "late"}, {"order_id": "O-777", "status": "cancelled"})
    assert notes(LISTED, cancelled) == [("list_orders", "cancel_order", "order_id", "orders[].order_id")]
    checked = ("check_order", {"order_id": "O-777"}, {"order_id": "O-777", "status": "open", "total_euros": 4})
    assert notes(checked, cancelled) == []
    assert notes(LISTED, checked, cancelled) == [
        ("list_orders", "check_order", "order_id", "orders[].order_id"),
        ("list_orders", "cancel_order", "order_id", "orders[].order_id"),
    ]


def test_a_refusal_and_a_digit_feed_nothing() -> None:
    refused = ("check_order", {"order_id": "O9"}, {"error": "No such order.", "hint": "try O-777"})
    follow = ("cancel_order", {"order_id": "try O-777"}, {"order_id": "x"})
    assert notes(refused, follow) == []
    small = ("check_order", {"order_id": "O1"}, {"order_id": "O1", "status": "open", "total_euros": 4})
    assert notes(small, ("pay_refund", {"order_id": "O1", "total_euros": 4}, {})) == []


def with_tools(**tools: tuple[dict[str, Any], dict[str, Any]]) -> Environment:
    """Return the counter with tools of these parameters and results in place of its own."""
    counter = environment("counter")
    one = counter.tools["measure"]
    made = {}
    for name, (parameters, returns) in tools.items():
        schemas = {
            "parameters": {"type": "object", "properties": parameters, "required": list(parameters)},
            "returns": {"type": "object", "properties": returns},
        }
        made[name] = one.model_copy(update={"name": name, **schemas})
    return replace(counter, tools=made, workflows=(), stubs={})


TEXT, NUMBER, LIST = {"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "sku": TEXT}}}

FITS = [
    ({"order_id": TEXT}, {"order_id": TEXT}, True),
    ({"order_id": TEXT}, {"orders": ROWS}, True),  # orders[].id
    ({"order_ids": LIST}, {"order_id": TEXT}, True),
    ({"order_id": TEXT}, {"order_id": NUMBER}, False),
    ({"name": TEXT}, {"name": TEXT}, False),  # any two texts may be called name
    ({"width": NUMBER}, {"width": {"type": "integer"}}, True),
    ({"width": NUMBER}, {"height": NUMBER}, False),
    ({"kind_id": {"enum": ["a", "b"]}}, {"kind_id": TEXT}, False),
    ({"item": {"type": "object", "properties": {"order_id": TEXT}}}, {"order_id": TEXT}, True),
]


@pytest.mark.parametrize(("wanted", "offered", "fits"), FITS)
def test_which_schemas_fit(wanted: dict[str, Any], offered: dict[str, Any], fits: bool) -> None:
    where = with_tools(source=({}, offered), sink=(wanted, {}))
    assert bool([f for f in flows(where) if (f.before, f.tool) == ("source", "sink")]) is fits


def test_who_identifies() -> None:
    counter = environment("counter")
    assert identifying(counter.tools["cancel_order"], counter) == ("order_id",)
    assert identifies("glass_type", environment("frame_shop"))  # the key of its price list
    assert not identifies("frame_width", environment("frame_shop"))


def test_leaves_and_paths_of_schemas() -> None:
    schema: dict[str, Any] = {
        "$defs": {"row": {"type": "object", "properties": {"id": {"type": "string"}, "next": {"$ref": "#/$defs/row"}}}},
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
            "by_key": {
                "type": "object",
                "additionalProperties": {"type": "object", "properties": {"x": {"type": "number"}}},
            },
            "maybe": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"y": {"enum": [1]}}}]},
            "free": {"type": "object"},
        },
    }
    paths = {leaf.path: leaf for leaf in leaves(schema)}
    assert {"rows[].id", "by_key[].x", "maybe.y", "free"} <= paths.keys()
    assert paths["maybe.y"].closed
    assert not paths["rows[].id"].closed
    reachable = [
        "rows[].id",
        "rows[].next.next.id",
        "by_key[].x",
        "by_key.k1.x",
        "maybe.y",
        "free.anything[].at.all",
        "",
    ]
    assert [path for path in reachable if cannot_reach(schema, path)] == []
    lost = ["rows.id", "rows[].name", "by_key[].y", "maybe.z", "nothing", "rows[].id[]", "rows[].id.x"]
    assert [path for path in lost if not cannot_reach(schema, path)] == []
    assert cannot_reach(None, "a.b") is None
    assert cannot_reach({"type": "object", "additionalProperties": True}, "a.b") is None


def test_needs_follow_the_chosen_evidence() -> None:
    graph = graph_of("counter")
    assert graph.needs("pay_refund") == ("check_order", "cancel_order")
    assert graph.needs("list_orders", ["declared"]) == ("find_by_email", "find_by_name")
    assert graph.needs("pay_refund", ["stated"]) == ("check_order", "cancel_order")
    assert graph.needs("check_order") == ()
    network = graph.network()
    assert set(network) == set(environment("counter").tools)
    assert network.number_of_edges() == len(graph.edges)


def test_tools_without_bodies_and_an_environment_without_a_folder_have_a_graph() -> None:
    desk = environment("desk")
    bare = {name: tool.model_copy(update={"body": None}) for name, tool in desk.tools.items()}
    graph = dependency_graph(replace(desk, tools=bare, folder=None))
    assert {edge.kind for edge in graph.edges} >= {"declared", "stated"}
    assert all(isinstance(edge.evidence, Flow) for edge in graph.of(["data"]))


_DRAWN = """
import sys
from gem_sim.cli import run
for kind in (["--json"], ["--format", "svg"], ["--format", "mermaid"]):
    assert run(["graph", *sys.argv[1:], *kind]) == 0
    print("\\0", end="")
"""


def test_the_graph_and_its_drawing_are_the_same_in_every_process() -> None:
    arguments = [str(CASES / "environments" / "counter"), "--evidence", ",".join(EVIDENCE)]
    made = []
    for seed in ("1", "2"):
        variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", _DRAWN, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=variables, check=True)
        made.append(done.stdout.split("\0")[:-1])
    assert made[0] == made[1]
    graph, drawing, text = made[0]
    assert drawing.startswith("<svg") and text.startswith("flowchart")
    assert {edge["kind"] for edge in json.loads(graph)["edges"]} == set(EVIDENCE)
