"""What a model replies to an extraction: read with goodwill, and told all that is wrong with it at once."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.pipeline.draft import Draft, load_draft
from gem_sim.pipeline.extraction import draft_of_reply, problems
from gem_sim.pipeline.ledger import Ledger
from gem_sim.pipeline.llm import Client, Limits
from gem_sim.pipeline.prompts import load_prompt
from gem_sim.pipeline.teaching import Item
from gem_sim.simulator.schema import schema_problem
from tests.pipeline.endpoint import serving

PASSAGE = """# Lending

First find the member’s card. A member may have no more than five books at a time.
Then lend the book — never one that is reserved.
"""


def reply() -> dict[str, Any]:
    """Return a reply that holds together."""
    books = {f"B{n}": {"book_id": f"B{n}", "reserved": n == 2, "member_id": "M1" if n < 4 else ""} for n in range(12)}
    row = {"type": "object", "properties": {"book_id": {"type": "string"}, "reserved": {"type": "boolean"}}}
    texts = {"type": "object", "properties": {"book_id": {"type": "string"}}, "required": ["book_id"]}
    member = {"type": "object", "properties": {"member_id": {"type": "string"}}, "required": ["member_id"]}
    found = {"type": "object", "properties": {"books": {"type": "integer"}}}
    return {
        "slug": "lending",
        "title": "Lending",
        "policy": ["A member may have no more than five books at a time."],
        "entities": {"books": {"key": "book_id", "row": row}},
        "state": {"books": books},
        "constants": {"MAX_BOOKS": {"value": 5, "unit": "books", "quote": "no more than five books"}},
        "rules": {
            "R1": {"text": "None that is reserved.", "kind": "conditional", "quote": "never one that is reserved"}
        },
        "tools": [
            {
                "name": "find_card",
                "description": "Finds a card.",
                "effect": "read",
                "parameters": member,
                "returns": found,
                "body": ["return {'books': len([b for b in state.books.values() if b['member_id'] == member_id])}"],
            },
            {
                "name": "lend_book",
                "description": "Lends a book.",
                "effect": "write",
                "parameters": texts,
                "returns": texts,
                "body": [
                    "book = state.books[book_id]",
                    "require(not book['reserved'], 'R1')",
                    "require(len(state.books) > MAX_BOOKS, 'too few')",
                    "book['member_id'] = 'M1'",
                    "return {'book_id': book_id}",
                ],
            },
        ],
        "workflow": {"steps": [{"id": "a", "tool": "find_card"}, {"id": "b", "tool": "lend_book", "after": ["a"]}]},
    }


def draft(value: dict[str, Any]) -> Draft:
    return draft_of_reply(value, Item("one", PASSAGE, "", ""), "12345678")


def found_in(value: dict[str, Any], folder: Path) -> str | None:
    def load(one: Draft) -> Environment:
        return load_draft(folder / one.name, one, trusted=True)

    return problems(draft(value), load)


def test_what_holds_together_has_no_problem_and_the_shape_asked_for(tmp_path: Path) -> None:
    assert schema_problem(load_prompt("extract").schema, reply()) is None
    assert found_in(reply(), tmp_path) is None


@pytest.mark.parametrize(
    ("quote", "verbatim"),
    [
        ("No more than FIVE books", "no more than five books"),
        ("the member's card", "the member’s card"),
        ("lend the book - never one", "lend the book — never one"),
        ("No more than five books.", "no more than five books"),
        ("books at a time. Then lend", "books at a time.\nThen lend"),
    ],
)
def test_a_quote_is_taken_as_the_passage_has_it(quote: str, verbatim: str, tmp_path: Path) -> None:
    value = reply()
    value["constants"]["MAX_BOOKS"]["quote"] = quote
    constants: Any = draft(value).environment["constants"]
    assert constants["MAX_BOOKS"]["quote"] == verbatim
    assert found_in(value, tmp_path) is None


def test_names_that_no_body_could_say_are_spelled_so_that_it_can(tmp_path: Path) -> None:
    value = json.loads(
        json.dumps(reply())
        .replace('"books": {"key"', '"lent-books": {"key"')
        .replace('"state": {"books"', '"state": {"lent-books"')
    )
    value["constants"] = {"max-books": value["constants"]["MAX_BOOKS"]}
    for tool in value["tools"]:
        tool["body"] = [
            line.replace("state.books", "state.lent_books").replace("MAX_BOOKS", "max_books") for line in tool["body"]
        ]
        tool["reads"] = ["lent-books"]
    value["tools"][1]["writes"] = ["lent-books"]
    assert found_in(value, tmp_path) is None
    assert list(draft(value).state) == ["lent_books"]


def broken() -> dict[str, Any]:
    value = reply()
    value["state"]["books"] = dict(list(value["state"]["books"].items())[:3])
    value["constants"]["MAX_BOOKS"]["quote"] = "A member may have no more than six books at a time"
    value["rules"]["R1"]["quote"] = "something else altogether, which nobody said"
    value["tools"][0]["body"] = ["import os", "return {}"]
    value["tools"][1]["body"].append("open('x')")
    return value


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    told = found_in(broken(), tmp_path)
    assert told is not None
    assert "the state has 3 rows; it needs at least 12" in told
    assert "'find_card', body line 1" in told
    assert "'lend_book', body line 6" in told
    assert "constants.MAX_BOOKS: the quote 'A member may have no more than six books at a time'" in told
    assert "the passage says 'A member may have no more than five books at a time.'" in told
    assert told.count("the passage says") == 1
    assert "rules.R1: the quote 'something else" in told


def test_what_is_told_is_the_same_in_every_folder(tmp_path: Path) -> None:
    told = found_in(broken(), tmp_path / "one")
    assert told == found_in(broken(), tmp_path / "two" / "deeper")
    assert str(tmp_path) not in str(told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tools": [{"name": "look-up"}]},
        {"tools": [{"parameters": {"id": "text"}}]},
        {"tools": [{"body": []}]},
        {"rules": {"R1": {"text": "x", "kind": "wish", "quote": "y"}}},
        {"state": {"books": []}},
        {"workflow": {"steps": []}},
    ],
)
def test_the_shape_of_a_reply_says_what_an_environment_needs(wrong: dict[str, Json]) -> None:
    value: dict[str, Any] = deepcopy(reply())
    for key, entry in wrong.items():
        value[key] = [{**value[key][0], **entry[0]}, value[key][1]] if isinstance(entry, list) else entry  # type: ignore[dict-item]
    assert schema_problem(load_prompt("extract").schema, value) is not None


def test_a_bound_on_tokens_reaches_the_endpoint_and_asks_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    bounds: list[Any] = []
    prompt = load_prompt("judge")
    turns = [{"role": "user", "content": prompt.fill(policy="p", conversation="c")}]
    with serving() as endpoint, Ledger(tmp_path) as ledger:
        honest = endpoint.answer
        endpoint.answer = lambda body: (bounds.append(body.get("max_tokens")), honest(body))[1]  # type: ignore[method-assign]
        for most in (None, 700, 700, 900):
            limits = Limits(max_tokens=most)
            client = Client("fake", ledger, base_url=endpoint.base_url, limits=limits)
            asyncio.run(client.ask(prompt, turns, []))
    assert bounds == [None, 700, 900]
