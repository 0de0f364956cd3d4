"""Load an environment from its folder: read, check, compile, locate every quote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field, JsonValue, ValidationError, field_validator

from gem_sim.canonical import Json, digest, parse_json
from gem_sim.compiler.function import Surroundings, compile_tool, is_free
from gem_sim.compiler.infer import inferred_effect
from gem_sim.environment import Constant, Entity, Environment, Rule
from gem_sim.errors import CompileError, EnvironmentFault, Fault, FormatError, InputError
from gem_sim.formats.rows import read_rows
from gem_sim.frozen import Frozen
from gem_sim.simulator.condition import compile_condition, condition_key
from gem_sim.simulator.places import line_of
from gem_sim.simulator.schema import schema_problem
from gem_sim.simulator.workflow_faults import check_workflows
from gem_sim.source import Passage, Source, locate
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Effect, Stub, Tool
from gem_sim.workflow import Workflow, WorkflowFault

_Model = TypeVar("_Model", bound=BaseModel)

FILE = "environment.json"


class ToolFile(Frozen):
    """A tool as `environment.json` has it; see `gem_sim.tool.Tool`."""

    name: str = Field(min_length=1)
    description: str = ""
    effect: Effect | None = None
    parameters: dict[str, JsonValue] | None = None
    inputSchema: dict[str, JsonValue] | None = None  # noqa: N815 - the name MCP gives it
    returns: dict[str, JsonValue] | None = None
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None
    body: tuple[str, ...] | None = None


class EnvironmentFile(Frozen):
    """The file `environment.json`; `clock` is an ISO 8601 time with its zone."""

    name: str = Field(min_length=1)
    title: str = ""
    origin: str = ""
    licence: str = ""
    clock: str = "2026-01-01T00:00:00Z"
    policy: tuple[str, ...] = ()
    entities: dict[str, Entity] = Field(default_factory=dict)
    constants: dict[str, Constant] = Field(default_factory=dict)
    rules: dict[str, Rule] = Field(default_factory=dict)
    tools: tuple[ToolFile, ...]
    workflow: tuple[Workflow, ...] = ()

    @field_validator("workflow", mode="before")
    @classmethod
    def _one_or_many(cls, workflow: object) -> object:
        return [workflow] if isinstance(workflow, dict) else workflow

    @field_validator("clock")
    @classmethod
    def _clock_has_zone(cls, clock: str) -> str:
        if datetime.fromisoformat(clock).tzinfo is None:
            raise ValueError("the clock has no time zone; end it with Z")
        return clock


def workspace_roots() -> Iterator[Path]:
    """Yield the workspaces to look in by name: the current folder, then what came with the package."""
    yield Path()
    package = Path(__file__).resolve().parent.parent
    bundled = package / "_bundled"
    yield bundled if bundled.is_dir() else package.parent


def find_environment(name: str | Path) -> Path:
    """Return the folder of an environment given by path, or by the name of one in a workspace or the package.

    Raises:
        InputError: If there is none.
    """
    path = Path(name)
    if path.name == FILE and path.is_file():
        return path.parent
    if (path / FILE).is_file():
        return path
    if path.is_dir():
        raise InputError(f"the folder has no {FILE}", file=str(name), cure="name the folder of an environment")
    if len(path.parts) == 1:
        for root in workspace_roots():
            folder = root / "environments" / path
            if (folder / FILE).is_file():
                return folder
    known = ", ".join(bundled_environments())
    raise InputError(
        f"there is no environment {str(name)!r}", cure=f"give the path of an environment's folder, or one of: {known}"
    )


def bundled_environments() -> list[str]:
    """Return the names of the environments that come with the package."""
    *_, root = workspace_roots()
    return sorted(path.parent.name for path in (root / "environments").glob(f"*/{FILE}"))


def load_environment(name: str | Path, *, trusted: bool | None = None) -> Environment:
    """Load an environment by path or name, with every quote located and every body compiled.

    Args:
        name: Path of its folder, or the name of one in a workspace or the package.
        trusted: Whether its bodies may run in this process: faster, with the dialect and fuel as the only walls.
            False runs them in a locked-down worker. None trusts what came with the package, and nothing else.

    Raises:
        InputError: If there is none, or a file cannot be read.
        EnvironmentFault: If it contradicts itself or its source; names the file, the line and the cure.
        CompileError: With every fault of every body.
    """
    folder = find_environment(name)
    file = folder / FILE
    text = _read_text(file)
    content = _parse(EnvironmentFile, text, file)
    passage = Passage(name="source.md", text=_read_text(folder / "source.md", missing=""))
    _check_constants(content, text, file)
    sources = _locate_quotes(content, passage, text, file)
    tables = _read_state(folder / "state.json", content.entities)
    tools = _tools(content, text, file)
    workflows = content.workflow
    check_workflows(workflows, tools, content.constants, content.rules, text, file)
    names = {*tables, *content.entities, *(t for tool in tools.values() for t in (tool.reads or ()))}
    names |= {table for tool in tools.values() for table in (tool.writes or ())}
    known = Surroundings(content.constants, content.rules, content.entities, frozenset(names), sources)
    stubs, conditions = _compile(tools, workflows, known, file)
    state = State({name: tables.get(name, {}) for name in (*tables, *sorted(names - set(tables)))})
    return Environment(
        name=content.name,
        title=content.title or content.name,
        origin=content.origin,
        licence=content.licence,
        clock=content.clock,
        policy=content.policy,
        entities=content.entities,
        constants=content.constants,
        rules=content.rules,
        tools=tools,
        stubs=stubs,
        workflows=workflows,
        state=state,
        passage=passage,
        sources=sources,
        digest=_digest(content, stubs, state, passage),
        tasks=_read_tasks(folder / "tasks.jsonl"),
        conditions=conditions,
        folder=str(folder),
        trusted=_came_with_the_package(folder) if trusted is None else trusted,
    )


def _came_with_the_package(folder: Path) -> bool:
    *_, root = workspace_roots()
    return folder.resolve().parent == (root / "environments").resolve()


def _digest(content: EnvironmentFile, stubs: Mapping[str, Stub], state: State, passage: Passage) -> str:
    # Keys left out count as nothing, so that a new optional key changes no digest.
    parts = content.model_dump(mode="json", exclude_defaults=True)
    return digest([parts, [stub.digest for stub in stubs.values()], state.digest, passage.text])


def _read_text(path: Path, missing: str | None = None) -> str:
    if missing is not None and not path.exists():
        return missing
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start})"
        raise InputError(message, file=str(path), cure="save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=str(path)) from None


def _json(text: str, path: Path) -> Json:
    try:
        return parse_json(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        message = f"not JSON: {getattr(error, 'msg', error)}"
        raise EnvironmentFault(message, file=str(path), line=line, cure="mend the file") from None


def _parse(model: type[_Model], text: str, path: Path) -> _Model:
    value = _json(text, path)
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise _fault(error, value, text, path) from None


def _fault(error: ValidationError, value: Json, text: str, path: Path, first_line: int = 1) -> EnvironmentFault:
    """Turn pydantic's first complaint into one line that names file, line, key and cure."""
    first = error.errors()[0]
    place = _real_place(first["loc"], value)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, WorkflowFault) and cause.index is not None:
        place += ["steps", cause.index]
    name = ".".join(map(str, place)) or "the file"
    line = line_of(text, place) + first_line - 1
    if first["type"] == "extra_forbidden":
        cure = "remove it, or see docs/schemas for the keys there are"
        return EnvironmentFault(f"{name}: unknown key {place[-1]!r}", file=str(path), line=line, cure=cure)
    if first["type"] == "missing":
        return EnvironmentFault(f"{name} is missing", file=str(path), line=line, cure="add it")
    message = first["msg"].removeprefix("Value error, ")
    return EnvironmentFault(f"{name}: {message}", file=str(path), line=line)


def _real_place(loc: tuple[str | int, ...], value: Json) -> list[str | int]:
    """Drop from pydantic's location what names a branch of a union and not a key of the file."""
    place: list[str | int] = []
    for index, part in enumerate(loc):
        if isinstance(value, dict) and part in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif index + 1 < len(loc):
            continue
        place.append(part)
    return place


def _locate_quotes(content: EnvironmentFile, passage: Passage, text: str, file: Path) -> dict[str, Source]:
    sources = {}
    quoted: list[tuple[str, str, Constant | Rule]] = [("constants", name, c) for name, c in content.constants.items()]
    quoted += [("rules", name, rule) for name, rule in content.rules.items()]
    for group, name, item in quoted:
        if item.quote is None:
            continue
        source = locate(item.quote, passage)
        if source is None and not (file.parent / passage.name).exists():
            raise EnvironmentFault(
                f"{group}.{name} quotes {passage.name}, and there is none beside it",
                file=str(file),
                line=line_of(text, (group, name, "quote")),
                cure=f"put the text that the rules come from into {file.parent / passage.name}",
            )
        if source is None:
            raise EnvironmentFault(
                f"{group}.{name}: the quote {item.quote!r} does not occur in {passage.name}",
                file=str(file),
                line=line_of(text, (group, name, "quote")),
                cure=f"quote {passage.name} word for word",
            )
        sources[f"{group}.{name}"] = source
    return sources


def _check_constants(content: EnvironmentFile, text: str, file: Path) -> None:
    for name in content.constants:
        if not is_free(name):
            message = f"a constant cannot be called {name!r}"
            cure = "give it a name like MAX_LOANS, of letters, digits and underscores, that is not one of the dialect"
            raise EnvironmentFault(message, file=str(file), line=line_of(text, ("constants", name)), cure=cure)


def _tools(content: EnvironmentFile, text: str, file: Path) -> dict[str, Tool]:
    tools: dict[str, Tool] = {}
    for index, item in enumerate(content.tools):
        if item.name in tools:
            line = line_of(text, ("tools", index, "name"))
            message = f"the tool {item.name!r} occurs twice"
            raise EnvironmentFault(message, file=str(file), line=line, cure="rename or remove one")
        values = item.model_dump(exclude={"inputSchema"}, exclude_unset=True)
        tool = Tool.model_validate({"parameters": item.inputSchema, **values})
        if tool.effect is None:
            tool = tool.model_copy(update={"effect": inferred_effect(tool, content.entities)})
        for key in ("parameters", "returns"):
            problem = schema_problem(getattr(tool, key))
            if problem is not None:
                line = line_of(text, ("tools", index, key))
                message = f"tools.{index}.{key} of {tool.name!r} is no JSON Schema: {problem}"
                raise EnvironmentFault(message, file=str(file), line=line, cure="mend the schema (draft 2020-12)")
        tools[tool.name] = tool
    return tools


def _compile(
    tools: Mapping[str, Tool], workflows: tuple[Workflow, ...], known: Surroundings, file: Path
) -> tuple[dict[str, Stub], dict[str, Stub]]:
    """Compile every body and every condition; all faults of all of them are raised together."""
    stubs: dict[str, Stub] = {}
    conditions: dict[str, Stub] = {}
    faults: list[Fault] = []
    for tool in tools.values():
        try:
            stubs[tool.name] = compile_tool(tool, known, file=str(file))
        except CompileError as error:
            faults.extend(error.faults)
    for step in (step for workflow in workflows for step in workflow.steps if step.when is not None):
        try:
            conditions[condition_key(step)] = compile_condition(step, tools[step.tool], known, file=str(file))
        except CompileError as error:
            faults.extend(error.faults)
    if faults:
        raise CompileError(faults, file=str(file))
    return stubs, conditions


def _read_state(path: Path, entities: Mapping[str, Entity]) -> dict[str, dict[str, dict[str, Json]]]:
    text = _read_text(path, missing="{}")
    value = _json(text, path)
    if not isinstance(value, dict):
        raise EnvironmentFault("not a mapping of tables", file=str(path), line=1, cure="write table → key → row")
    tables: dict[str, dict[str, dict[str, Json]]] = {}
    for table, rows in value.items():
        if not isinstance(rows, dict):
            line = line_of(text, (table,))
            raise EnvironmentFault(f"{table} is not a mapping", file=str(path), line=line, cure="write key → row")
        checked = tables.setdefault(table, {})
        for key, row in rows.items():
            problem = _row_problem(key, row, entities.get(table))
            if problem is not None or not isinstance(row, dict):
                line = line_of(text, (table, key))
                raise EnvironmentFault(f"{table}.{key}: {problem}", file=str(path), line=line, cure="mend the row")
            checked[key] = row
    return tables


def _row_problem(key: str, row: Json, entity: Entity | None) -> str | None:
    if not isinstance(row, dict):
        return "the row is not an object"
    if entity is None:
        return None
    if entity.key in row and row[entity.key] != key:
        return f"its {entity.key!r} is {row[entity.key]!r}, not the key it stands under"
    return schema_problem(entity.row, row) if entity.row else None


def _read_tasks(path: Path) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    if not path.exists():
        return tasks
    for line, row in read_rows(path):
        if isinstance(row, FormatError):
            raise EnvironmentFault(row.message, file=str(path), line=row.line, cure=row.cure)
        try:
            task = Task.model_validate(row)
        except ValidationError as error:
            raise _fault(error, row, "", path, line) from None
        if task.id in tasks:
            message = f"the task {task.id!r} occurs twice"
            raise EnvironmentFault(message, file=str(path), line=line, cure="rename or remove one")
        tasks[task.id] = task
    return tasks
