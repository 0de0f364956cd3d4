"""Host a toolkit whose data are tables of rows, each a pydantic model or a dict: `self.db.orders[order_id]`.

The State is the truth, and a call works on what it touches. First it sees rows that all runs share and that refuse to
be changed; if it tries to change one, it is started again on rows of its own. So a call costs what it touches, a run
forks and rolls back at no cost, and every state is at hand. The toolkit's own code runs as it is, trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from types import SimpleNamespace, new_class
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter

from gem_sim.adapters.hosted import About, Method, Raised, assemble, methods_of, public_methods, refused
from gem_sim.adapters.plain import as_json
from gem_sim.adapters.toolkits import Ways
from gem_sim.canonical import Json, copy_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.sandbox import Limits
from gem_sim.state import Row, SharedDict, SharedList, SharedValueChanged, State, Table, plain
from gem_sim.task import Task
from gem_sim.tool import ToolCall, ToolResult


def host_tables(
    toolkit: type,
    *,
    name: str,
    tables: Mapping[str, Any],
    state: State,
    attribute: str = "db",
    ways: Ways | None = None,
    about: About | None = None,
) -> Environment:
    """Return an Environment whose tools are the public methods of a class, and whose state are its tables.

    Args:
        toolkit: The class; made anew for every call, without `__init__`, with nothing but its tables.
        name: The environment's name.
        tables: Table → the type of its rows (a model, a union of models), None for plain dicts.
        state: The rows every run starts from; a task may change them.
        attribute: Under which name the methods find the tables, as attributes of one object.
        ways: What answers mean; its `cells` is not used.
        about: Tasks, policy and the like.

    Raises:
        InputError: If a method cannot be a tool.
    """
    about = About() if about is None else about
    functions = {tool: getattr(_bare(toolkit), tool) for tool in public_methods(toolkit)}
    methods = methods_of(functions, about)
    kinds = {table: _kind_of(row) for table, row in tables.items()}
    opener = _Opener(toolkit, attribute, kinds, methods, Ways() if ways is None else ways)
    return assemble(name, about, methods, state, opener, (toolkit,))


def _bare(toolkit: type) -> object:
    """Return an instance of a class without calling its `__init__`."""
    return object.__new__(toolkit)


class _Kind(NamedTuple):
    """How the rows of a table become what methods work on: own ones, and ones that all runs share."""

    own: Callable[[Row], Any]
    shared: Callable[[Row], Any]


def _kind_of(row: Any) -> _Kind:
    if row is None:
        return _Kind(plain, lambda value: value)
    adapter: TypeAdapter[Any] = TypeAdapter(row)
    return _Kind(
        lambda value: adapter.validate_python(plain(value)), lambda value: guarded(adapter.validate_python(value))
    )


def guarded(value: Any) -> Any:
    """Return a model, made of rows, as one that refuses to be changed; so do the models, lists and dicts in it."""
    if isinstance(value, BaseModel):
        parts = value.__dict__
        for name, part in parts.items():
            parts[name] = guarded(part)
        object.__setattr__(value, "__class__", _guarded_kind(type(value)))
    elif type(value) is dict:
        value = SharedDict({key: guarded(part) for key, part in value.items()})
        value.flat = False
    elif type(value) is list:
        value = SharedList(map(guarded, value))
    return value


@lru_cache(maxsize=1024)
def _guarded_kind(kind: type[BaseModel]) -> type[BaseModel]:
    """Return a subclass of a model whose instances refuse to be changed, and equal those of the model."""

    def refuse(*_: object) -> None:
        raise SharedValueChanged

    def equal(self: BaseModel, other: object) -> bool:
        return isinstance(other, kind) and self.__dict__ == other.__dict__

    body = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__eq__": equal, "__hash__": None}
    refusals = {"__setattr__": refuse, "__delattr__": refuse}
    made: type[BaseModel] = new_class(kind.__name__, (kind,), exec_body=lambda space: space.update(body, **refusals))
    return made


class _Pool:
    """The shared objects of a table's first rows, made when first looked at."""

    def __init__(self, table: Table, kind: _Kind) -> None:
        self.table = table
        self.kind = kind
        self._made: dict[str, Any] = {}
        self._whole: dict[str, Any] | None = None

    def look(self, key: str, row: Row) -> Any:
        """Return the shared object of a row."""
        if self.table.get(key) is not row:
            return self.kind.shared(row)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self.kind.shared(row)
        return made

    def whole(self) -> dict[str, Any]:
        """Return key → shared object for the whole table."""
        if self._whole is None:
            self._whole = {key: self.look(key, row) for key, row in self.table.items()}
        return self._whole


class _Rows(MutableMapping[str, Any]):
    """One table during one call.

    While it `shares`, methods get shared objects and every change raises SharedValueChanged. Else what is asked for
    by key is the call's own; what is only passed over is so too where the call also `owns_all`.
    """

    __slots__ = ("_gone", "_kind", "_own", "_owns_all", "_pool", "_shares", "_shown", "_table")

    def __init__(self, table: Table, pool: _Pool, shares: bool, owns_all: bool) -> None:
        self._table = table
        self._pool = pool
        self._kind = pool.kind
        self._shares = shares
        self._owns_all = owns_all
        self._shown = False
        self._own: dict[str, Any] = {}
        self._gone: dict[str, None] = {}

    def __getitem__(self, key: str) -> Any:
        if self._shares:
            return self._pool.look(key, self._table[key])
        if key not in self._own:
            if key in self._gone:
                raise KeyError(key)
            row = self._table[key]
            # What was passed over and is asked for now would be two objects where the method knows of one.
            if self._shown:
                raise SharedValueChanged
            self._own[key] = self._kind.own(row)
        return self._own[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if self._shares:
            raise SharedValueChanged
        self._own[key] = value
        self._gone.pop(key, None)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        if self._shares:
            raise SharedValueChanged
        self._own.pop(key, None)
        self._gone[key] = None

    def __contains__(self, key: object) -> bool:
        return key in self._own or (key in self._table and key not in self._gone)

    def __iter__(self) -> Iterator[str]:
        yield from [key for key in self._table if key not in self._gone]
        yield from [key for key in self._own if key not in self._table]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def values(self) -> Any:
        """Return the rows in order."""
        return self._passed_over().values()

    def items(self) -> Any:
        """Return pairs of key and row in order."""
        return self._passed_over().items()

    def _passed_over(self) -> dict[str, Any]:
        if self._owns_all:
            return {key: self[key] for key in self}
        self._shown = True
        if not self._own and not self._gone and self._table is self._pool.table:
            return self._pool.whole()
        own, table, pool = self._own, self._table, self._pool
        return {key: own[key] if key in own else pool.look(key, table[key]) for key in self}

    def changes(self) -> dict[str, Row | None]:
        """Return the rows that the call changed, None for those that are gone.

        Raises:
            ValueError: If a row cannot be said in JSON.
        """
        changed: dict[str, Row | None] = {}
        for key, value in self._own.items():
            row = value.model_dump(mode="json") if isinstance(value, BaseModel) else as_json(value)
            if not isinstance(row, dict):
                raise ValueError(f"the row {key!r} is no mapping of fields")
            if row != self._table.get(key):
                changed[key] = as_json(row)  # type: ignore[assignment]
        changed.update({key: None for key in self._gone if key in self._table})
        return changed


class _Opener:
    def __init__(
        self, toolkit: type, attribute: str, kinds: Mapping[str, _Kind], methods: Mapping[str, Method], ways: Ways
    ) -> None:
        self.toolkit = toolkit
        self.attribute = attribute
        self.kinds = kinds
        self.methods = methods
        self.ways = ways
        # Tools that were seen to write start on rows of their own.
        self.writers: set[str] = set()
        self._pools: dict[str, _Pool] = {}

    def __call__(
        self,
        environment: Environment,
        *,
        seed: int = 0,  # noqa: ARG002 - the toolkits draw nothing
        task: str | Task | None = None,
        limits: Limits | None = None,  # noqa: ARG002 - trusted code runs without limits
    ) -> TableRun:
        goal = environment.task_of(task)
        return TableRun(environment, goal, environment.initial_state(goal), self)

    def rows(self, state: State, environment: Environment, shares: bool, owns_all: bool) -> dict[str, _Rows]:
        """Return the tables of a state for one call."""
        for name in self.kinds.keys() - self._pools.keys():
            self._pools[name] = _Pool(environment.state.get(name, _NO_ROWS), self.kinds[name])
        pools = self._pools
        return {name: _Rows(state.get(name, _NO_ROWS), pools[name], shares, owns_all) for name in self.kinds}


_NO_ROWS = Table({})


class TableRun:
    """One live run of a toolkit on tables; what `Session` is for stubs.

    A method that raises refuses: nothing it did is kept, the result is `{"error": message}`.
    """

    made_ids: tuple[str, ...] = ()
    read_clock = False

    def __init__(self, environment: Environment, task: Task | None, state: State, opener: _Opener) -> None:
        self.environment = environment
        self.task = task
        self._opener = opener
        self._state = state
        self._past: list[State] = []

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    @property
    def digest(self) -> str:
        """The digest of the current state."""
        return self._state.digest

    @property
    def clock(self) -> str:
        """The task's clock, else the environment's; it stands still."""
        return self.environment.clock_of(self.task)

    def call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, wholly or not at all.

        Raises:
            StubError: If the result or a row cannot be said in JSON.
        """
        before = self._state
        method = self._opener.methods.get(tool_call.tool)
        reason = f"There is no tool {tool_call.tool!r}." if method is None else method.complaint(tool_call)
        if reason is None:
            try:
                content = self._run(tool_call)
            except Raised as refusal:
                reason = refusal.message
        self._past.append(before)
        if reason is not None:
            return refused(tool_call, reason)
        return ToolResult.unchecked(tool_call.id, content, self._opener.ways.refuses(content))

    def _run(self, tool_call: ToolCall) -> Json:
        """Run a call on shared rows; on own rows where it writes; on own rows throughout where it writes in passing."""
        opener = self._opener
        if tool_call.tool not in opener.writers:
            try:
                return self._tried(tool_call, shares=True, owns_all=False)
            except SharedValueChanged:
                opener.writers.add(tool_call.tool)
        try:
            return self._tried(tool_call, shares=False, owns_all=False)
        except SharedValueChanged:
            return self._tried(tool_call, shares=False, owns_all=True)

    def _tried(self, tool_call: ToolCall, *, shares: bool, owns_all: bool) -> Json:
        opener = self._opener
        rows = opener.rows(self._state, self.environment, shares, owns_all)
        toolkit = _bare(opener.toolkit)
        setattr(toolkit, opener.attribute, SimpleNamespace(**rows))
        arguments = {name: copy_json(value) for name, value in tool_call.arguments.items()}
        try:
            answer = getattr(toolkit, tool_call.tool)(**arguments)
        except Exception as error:
            raise Raised(str(error) or type(error).__name__) from error
        try:
            content = opener.ways.answer(answer)
            changes = {} if shares else {name: table.changes() for name, table in rows.items()}
        except ValueError as error:
            raise StubError(tool_call.tool, f"the result or a row is no JSON value: {error}") from None
        self._state = self._state.with_changes(changes)
        return content

    def fork(self) -> TableRun:
        """Return an independent run at the same moment; costs the same whatever the state's size."""
        twin = TableRun(self.environment, self.task, self._state, self._opener)
        twin._past = list(self._past)
        return twin

    def rollback(self, calls: int = 1) -> None:
        """Go back to the moment before the last `calls` calls.

        Raises:
            InputError: If fewer calls were made.
        """
        if not 0 <= calls <= len(self._past):
            raise InputError(f"there are no {calls} calls to roll back", cure="roll back at most the calls made")
        if calls:
            self._state = self._past[-calls]
            del self._past[-calls:]
