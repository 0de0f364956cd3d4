"""BFCL's multi-turn tasks as an Environment and trajectories, run by BFCL's own classes.

Needs the package `bfcl-eval` (see benchmarks/README.md). The gold calls are Python texts; they are read with `ast`
and never evaluated. Their recorded results come from BFCL's own executor.
"""

from __future__ import annotations

import ast
import copy
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any, NamedTuple

from gem_sim.adapters.hosted import About
from gem_sim.adapters.native import host
from gem_sim.adapters.plain import Cells, cells_of, changes_of, prints_of
from gem_sim.adapters.toolkits import Toolkits, Ways
from gem_sim.canonical import Json, copy_json, parse_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.message import Message, read_value
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall, declared_arguments
from gem_sim.trajectory import Trajectory

CLASSES = (
    "GorillaFileSystem",
    "MathAPI",
    "MessageAPI",
    "TwitterAPI",
    "TicketAPI",
    "TradingBot",
    "TravelAPI",
    "VehicleControlAPI",
)
CATEGORIES = ("base", "miss_func", "miss_param", "long_context")

# The hints say that ids of tickets are integers; in some of BFCL's own situations they are strings.
_TICKET: dict[str, dict[str, Json]] = {"ticket_id": {"type": ["integer", "string"]}}
_SCHEMAS = dict.fromkeys(("get_ticket", "close_ticket", "resolve_ticket", "edit_ticket"), _TICKET)

_NOT_INSTALLED = "install it with `pip install --no-deps bfcl-eval` and `pip install mpmath==1.3.0`"


class Entry(NamedTuple):
    """One task of BFCL as published: `row` its record, `gold` the calls of each turn as Python texts."""

    row: Mapping[str, Any]
    gold: tuple[tuple[str, ...], ...]

    @property
    def id(self) -> str:
        """The task's id."""
        return str(self.row["id"])

    @property
    def long_context(self) -> bool:
        """Whether the classes are filled with much more data than the task needs."""
        return "long_context" in self.id

    def toolkits(self) -> list[object]:
        """Return new instances of the classes involved, in the task's situation."""
        return [_instance(name, self.row["initial_config"], self.long_context) for name in self.row["involved_classes"]]


def entries(categories: Sequence[str] = CATEGORIES) -> list[Entry]:
    """Return the tasks of these categories, 200 each.

    Raises:
        InputError: If `bfcl-eval` is not installed.
    """
    return [entry for category in categories for entry in _entries(category)]


def _entries(category: str) -> Iterator[Entry]:
    try:
        data = files("bfcl_eval") / "data"
    except ModuleNotFoundError:
        raise InputError("the package bfcl-eval is not installed", cure=_NOT_INSTALLED) from None
    name = f"BFCL_v4_multi_turn_{category}.json"
    rows = (data / name).read_text(encoding="utf-8").splitlines()
    answers = (data / "possible_answer" / name).read_text(encoding="utf-8").splitlines()
    for line, answer in zip(rows, answers, strict=True):
        row, gold = json.loads(line), json.loads(answer)
        if row["id"] != gold["id"]:
            raise InputError(f"the gold calls of {row['id']!r} are missing", file=name)
        yield Entry(row, tuple(tuple(turn) for turn in gold["ground_truth"]))


def _instance(name: str, situation: Mapping[str, Any], long_context: bool) -> object:
    instance = _class(name)()
    if name != "MathAPI":
        instance._load_scenario(copy.deepcopy(situation.get(name, {})), long_context=long_context)
    return instance


def _class(name: str) -> Callable[[], Any]:
    try:
        config = importlib.import_module("bfcl_eval.constants.executable_backend_config")
        module = importlib.import_module(config.CLASS_FILE_PATH_MAPPING[name])
    except ModuleNotFoundError as error:
        raise InputError(f"the package {error.name} is not installed", cure=_NOT_INSTALLED) from None
    kind: Callable[[], Any] = getattr(module, name)
    return kind


def load(categories: Sequence[str] = CATEGORIES) -> tuple[Environment, list[Recording]]:
    """Return an Environment with a task for each entry, and the recordings of their gold calls.

    Raises:
        InputError: If `bfcl-eval` is not installed.
    """
    listed = entries(categories)
    bare = _environment(listed)
    recordings = [record(entry, bare.tools) for entry in listed]
    return replace(bare, tasks={recording.task.id: recording.task for recording in recordings}), recordings


def _environment(listed: Sequence[Entry]) -> Environment:
    """Return an Environment of all eight classes, in which a task starts from the situation of its entry."""
    by_id = {entry.id: entry for entry in listed}

    def start(task: Task | None, seed: int) -> Toolkits:  # noqa: ARG001 - BFCL's seeds are part of its situations
        if task is None:
            return [_instance(name, {}, False) for name in CLASSES]
        if task.id not in by_id:
            raise InputError(f"BFCL has no task {task.id!r}", cure="take one of the entries")
        return by_id[task.id].toolkits()

    ways = Ways(cells=_cells, answer=_answer, refuses=_refuses)
    about = About(title="BFCL multi-turn", schemas=_SCHEMAS)
    return host(*start(None, 0), name="bfcl", start=start, ways=ways, about=about)


def _answer(result: object) -> Json:
    """Return a result as the value that BFCL's executor shows: JSON where it can be, else its `str`."""
    if type(result) is dict or type(result) is list:
        try:
            return copy_json(result)
        except ValueError:
            return _shown(result)
    if result is None:
        return "None"
    return read_value(result if isinstance(result, str) else str(result))


def _shown(result: object) -> Json:
    try:
        return read_value(json.dumps(result))
    except (TypeError, ValueError):
        return str(result)


def _refuses(content: Json) -> bool:
    return isinstance(content, dict) and "error" in content


def _cells(toolkit: Any) -> Cells:
    if type(toolkit).__name__ != "GorillaFileSystem":
        return cells_of(toolkit)
    here = toolkit.pwd()["current_working_directory"]
    return {"files": dict(_nodes(toolkit.root, "/")), "GorillaFileSystem": {"here": here}}


def _nodes(directory: Any, path: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield path → what stands there, for a directory of BFCL's file system and all below it."""
    yield path, {"type": "directory"}
    for name, node in directory.contents.items():
        if hasattr(node, "contents"):
            yield from _nodes(node, f"{path}{name}/")
        else:
            yield path + name, {"type": "file", "content": node.content}


# What an assistant says before the user goes on; BFCL's gold data hold calls only.
_CLOSING = "Done."
_ADDED = "I have updated some more functions you can choose from. What about now?"


class Recording(NamedTuple):
    """The gold calls of an entry as a trajectory, with the results and the end that BFCL's own executor makes.

    `instances` are those of the executor after the last call.
    """

    entry: Entry
    trajectory: Trajectory
    task: Task
    instances: Mapping[str, object]


def record(entry: Entry, tools: Mapping[str, Tool], *, run: str = "recording") -> Recording:
    """Run the gold calls of an entry by BFCL's executor and write down what it answers.

    Args:
        entry: The task.
        tools: The environment's tools; those of the classes involved are the ones offered.
        run: Part of the name under which BFCL keeps its instances; a name used before goes on from there.
    """
    involved = entry.row["involved_classes"]
    execute = importlib.import_module("bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils")
    messages: list[Message] = []
    instances: Mapping[str, object] = {}
    for said, gold in zip(entry.row["question"], entry.gold, strict=True):
        answers, instances = execute.execute_multi_turn_func_call(
            list(gold), entry.row["initial_config"], involved, run, entry.id, entry.long_context
        )
        texts = [message["content"] for message in said if message["role"] == "user"]
        messages.append(Message(role="user", content="\n".join(texts) or _ADDED))
        for text, answer in zip(gold, answers, strict=True):
            call = read_call(text, tools, id=f"call_{len(messages)}")
            messages.append(Message(role="assistant", tool_calls=(call,)))
            # Lists and None are shown as Python writes them; a recording holds JSON.
            content = answer if answer.startswith("{") and _is_json(answer) else json.dumps(read_value(answer))
            messages.append(Message(role="tool", tool_call_id=call.id, name=call.tool, content=content))
        messages.append(Message(role="assistant", content=_CLOSING))
    offered = tuple(tool for tool in tools.values() if _is_offered(tool.name, entry))
    trajectory = Trajectory(id=entry.id, messages=tuple(messages), tools=offered, task=entry.id, source="bfcl-eval")
    end = {}
    for toolkit in entry.toolkits():
        first, last = _cells(toolkit), _cells(instances[type(toolkit).__name__])
        start = State(changes_of(first, State(), {}))  # type: ignore[arg-type]
        end.update(changes_of(last, start, prints_of(first)))
    instruction = next(message.content for message in messages if message.role == "user")
    return Recording(entry, trajectory, Task(id=entry.id, instruction=instruction or "", end=end), instances)


def _is_json(text: str) -> bool:
    """Tell whether a text is strict JSON."""
    try:
        parse_json(text)
    except ValueError:
        return False
    return True


def _is_offered(name: str, entry: Entry) -> bool:
    if name in entry.row.get("excluded_function", ()):
        return False
    return any(hasattr(_class(kind), name) for kind in entry.row["involved_classes"])


def read_call(text: str, tools: Mapping[str, Tool], *, id: str) -> ToolCall:  # noqa: A002 - the field's name
    """Return a call written as Python, `name(value, argument=value)`, positional values under their names.

    Raises:
        InputError: If it is anything but one call of a known tool with literal values.
    """
    cure = "write one call with literal values"
    try:
        node = ast.parse(text, mode="eval").body
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            raise InputError(f"{text!r} is no call", cure=cure)
        values = [ast.literal_eval(value) for value in node.args]
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{text!r} cannot be read: {error}", cure=cure) from None
    tool = tools.get(node.func.id)
    names = () if tool is None else declared_arguments(tool)
    if len(values) > len(names):
        raise InputError(f"{text!r} has more values than arguments", cure=cure)
    arguments = {**dict(zip(names, values, strict=False)), **named}
    return ToolCall(id=id, tool=node.func.id, arguments={name: copy_json(value) for name, value in arguments.items()})
