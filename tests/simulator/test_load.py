"""Loading an environment: each broken file ends in one line that names file, line and cure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gem_sim import CompileError, EnvironmentFault, InputError, load_environment
from gem_sim.compiler.module import render_module
from gem_sim.simulator import bundled_environments
from gem_sim.simulator.places import line_of
from tests.conftest import CASES, ROOT, environment

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CASES / "environments" / "desk", tmp_path / "environments" / "desk"))


def change(folder: Path, edit: Change, name: str = "environment.json") -> None:
    value = json.loads((folder / name).read_text())
    edit(value)
    (folder / name).write_text(json.dumps(value, indent=1))


def _set(*path: Any) -> Change:
    *keys, last, value = path

    def edit(content: dict[str, Any]) -> None:
        target: Any = content
        for key in keys:
            target = target[key]
        target[last] = value

    return edit


FAULTS: list[tuple[Change, str]] = [
    (_set("colour", "red"), "unknown key 'colour'"),
    (_set("tools", 0, "boddy", []), "unknown key 'boddy'"),
    (_set("rules", "R1", "kind", "wish"), "rules.R1.kind"),
    (_set("rules", "R1", "quote", "Books are free."), "does not occur in source.md"),
    (_set("clock", "2026-03-02T09:00:00"), "no time zone"),
    (_set("tools", 1, "name", "find_member"), "occurs twice"),
    (_set("tools", 0, "parameters", {"type": "objekt"}), "no JSON Schema"),
    (_set("workflow", 0, "steps", 0, "tool", "fly"), "'fly', which the environment lacks"),
    (_set("workflow", 0, "steps", 2, "after", ["nowhere"]), "no step"),
    (_set("workflow", 0, "steps", 0, "after", ["lend"]), "wait for each other"),
    (_set("workflow", 0, "steps", 2, "takes", {"book_id": "search..[]"}), "not of the form"),
    (_set("workflow", 0, "steps", 2, "rule", "R9"), "rule 'R9', which the environment lacks"),
    (_set("workflow", 0, "steps", 2, "per", ["shelf"]), "the argument 'shelf' in `per`"),
    (_set("workflow", 0, "steps", 2, "takes", {"isbn": "search.books[].isbn"}), "the argument 'isbn' in `takes`"),
    (_set("workflow", 0, "steps", 2, "takes", {"member_id": "find.member"}), "have no field 'member'"),
    (_set("workflow", 0, "steps", 2, "takes", {"member_id": "find.age[]"}), "are no list"),
    (_set("workflow", 0, "steps", 4, "when", "FILM_AGE > 20 and MAX_LOANS > 1"), "can never come about"),
    (_set("workflow", 0, "steps", 2, "after", [["find", "lend"], "pack", []]), "empty list of alternatives"),
]


@pytest.mark.parametrize(("edit", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_a_fault_names_file_line_and_key(desk: Path, edit: Change, words: str) -> None:
    change(desk, edit)
    with pytest.raises(EnvironmentFault, match=words.replace("[", r"\[")) as caught:
        load_environment(desk)
    assert caught.value.file == str(desk / "environment.json")
    assert (caught.value.line or 0) > 1
    assert "\n" not in str(caught.value)


def test_a_quote_without_a_source_names_the_file_that_is_missing(desk: Path) -> None:
    (desk / "source.md").unlink()
    with pytest.raises(EnvironmentFault, match=r"quotes source\.md, and there is none") as caught:
        load_environment(desk)
    assert str(desk / "source.md") in str(caught.value.cure)


def test_a_fault_of_a_step_names_the_line_of_that_step(desk: Path) -> None:
    change(desk, _set("workflow", 0, "steps", 0, "after", ["lend"]))
    with pytest.raises(EnvironmentFault, match="wait for each other") as caught:
        load_environment(desk)
    lines = (desk / "environment.json").read_text().splitlines()
    around = "".join(lines[(caught.value.line or 0) - 1 : (caught.value.line or 0) + 2])
    assert '"id": "find"' in around or '"id": "lend"' in around


BODIES = [
    (["import os", "return {}"], "os"),
    (["return ().__class__"], "__class__"),
    (["return open('/etc/passwd').read()"], "open"),
    (["return state.cellar"], "no table 'cellar'"),
    (["require(False, 'R77')"], "no rule 'R77'"),
    (["return {'a': "], "line 1"),
    ([], "empty"),
]


@pytest.mark.parametrize(("body", "words"), BODIES, ids=[words for _, words in BODIES])
def test_a_body_outside_the_dialect_is_refused_with_line_column_and_cure(
    desk: Path, body: list[str], words: str
) -> None:
    change(desk, _set("tools", 0, "body", body))
    with pytest.raises(CompileError, match=words) as caught:
        load_environment(desk)
    fault = caught.value.faults[0]
    assert fault.tool == "find_member"
    assert fault.line >= 1
    assert fault.column >= 1
    assert fault.cure


def test_all_faults_of_all_bodies_are_told_at_once(desk: Path) -> None:
    change(desk, _set("tools", 0, "body", ["import os", "x = eval('1')", "return x.__class__"]))
    change(desk, _set("tools", 3, "body", ["return open('x')"]))
    with pytest.raises(CompileError) as caught:
        load_environment(desk)
    assert {(fault.tool, fault.line) for fault in caught.value.faults} >= {
        ("find_member", 1),
        ("find_member", 2),
        ("find_member", 3),
        ("return_book", 1),
    }


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("environment.json", b'{"name": "desk",\n "tools": [', "environment.json:2"),
        ("environment.json", b"\xff\xfe{}", "UTF-8"),
        ("state.json", b'{"members": []}', "members is not a mapping"),
        ("state.json", b'{"members": {"M1": {"member_id": "M2", "name": "x", "age": 1}}}', "'M2', not the key"),
        ("state.json", b'{"members": {"M1": {"member_id": "M1", "name": "x"}}}', "age"),
        ("tasks.jsonl", b'{"id": "a"}\n{"id": "a"}\n', "tasks.jsonl:2"),
        ("tasks.jsonl", b'{"id": "a"}\n{"id": "b", "goal": 1}\n', "unknown key 'goal'"),
        ("tasks.jsonl", b'{"id": "a", "expect": [{"where": {}}]}\n', "either `table`"),
        ("tasks.jsonl", b'{"id": \n', "tasks.jsonl:1"),
    ],
)
def test_broken_files_end_in_one_line(desk: Path, name: str, content: bytes, words: str) -> None:
    (desk / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_environment(desk)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_environments_are_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no environment 'nowhere'.*frame_shop"):
        load_environment("nowhere")


def test_a_folder_without_an_environment_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no environment\.json"):
        load_environment(tmp_path)


@pytest.mark.parametrize("name", bundled_environments())
def test_generated_tools_are_what_compiling_gives(name: str) -> None:
    path = ROOT / "generated_tools" / f"{name}.py"
    assert path.read_text() == render_module(environment(name))
    compile(path.read_text(), str(path), "exec")


def test_inferred_bodies_do_what_names_say(desk: Path) -> None:
    def strip(content: dict[str, Any]) -> None:
        key = {"type": "object", "properties": {"book_id": {"type": "string"}}, "required": ["book_id"]}
        fields = {"type": "object", "properties": {"title": {"type": "string"}}}
        content["tools"] = [
            {"name": "get_book", "parameters": key},
            {"name": "list_books", "parameters": {"type": "object"}},
            {"name": "search_books", "parameters": fields},
            {"name": "create_book", "parameters": fields},
            {"name": "update_book", "parameters": {"type": "object", "properties": {"book_id": {}, "title": {}}}},
            {"name": "delete_book", "parameters": key},
            {"name": "bless_book", "parameters": key},
        ]
        content["workflow"] = []

    change(desk, strip)
    loaded = load_environment(desk)
    assert all(stub.inferred for stub in loaded.stubs.values())
    effects = {name: tool.effect for name, tool in loaded.tools.items()}
    assert effects["get_book"] == effects["search_books"] == "read"
    assert effects["create_book"] == effects["delete_book"] == "write"

    from gem_sim import Session, ToolCall

    def ask(tool: str, **arguments: Any) -> Any:
        return session.call(ToolCall(id="c", tool=tool, arguments=arguments))

    session = Session(loaded)
    assert ask("get_book", book_id="B1").content["title"] == "A Field Guide"
    assert ask("get_book", book_id="B9").is_error
    assert len(ask("list_books").content) == 3
    assert [book["book_id"] for book in ask("search_books", title="field").content] == ["B1", "B2"]
    made = ask("create_book", title="Ferns").content
    assert made["shelf"] == {"$unspecified": "nothing says the shelf of a new row"}
    assert ask("update_book", book_id=made["book_id"], title="Mosses").content["title"] == "Mosses"
    assert ask("delete_book", book_id="B1").content["book_id"] == "B1"
    assert ask("get_book", book_id="B1").is_error
    assert "$unspecified" in ask("bless_book", book_id="B2").content


TEXT = '{\n "a": {\n  "b": [\n   1,\n   {"c": "x: {"}\n  ]\n },\n "d": "a"\n}'


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("a",), 2), (("a", "b"), 3), (("a", "b", 0), 4), (("a", "b", 1, "c"), 5), (("d",), 8), (("a", "z"), 2)],
)
def test_places_are_lines_of_keys(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line
