"""Injected faults: tools that fail, time out, or answer in part or from a stale state, at a seeded rate.

A recording declares a fault on the message that answers the call, `"fault": {"kind": "timeout"}`. A replay then expects
just what that fault makes of the answer: a call that failed or timed out is not run, and has left the state as it was;
a partial or stale answer, of a tool that reads, is worked out from the true one. A fault that nobody declared, or that
is declared and is not what was recorded, is a mismatch like any other.
"""

from __future__ import annotations

from random import Random
from typing import Final, Literal, get_args

from gem_sim.canonical import Json, same_json
from gem_sim.environment import Environment
from gem_sim.errors import InputError
from gem_sim.message import Message
from gem_sim.simulator.session import LiveRun
from gem_sim.state import State
from gem_sim.task import Task
from gem_sim.tool import Tool, ToolCall, ToolResult

Kind = Literal["error", "timeout", "partial", "stale"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
KEY: Final = "fault"

_REASONS: Final = {
    "error": "The service failed. Nothing was done; the call may be made again.",
    "timeout": "The call timed out. Nothing was done; the call may be made again.",
}


def declaration(kind: Kind) -> dict[str, Json]:
    """Return what a message that answers a call says of the fault in its answer."""
    return {"kind": kind}


def declared_kind(answer: Message | None, tool: Tool | None) -> Kind | None:
    """Return the kind of fault that an answer declares, None where it declares none that the tool can have.

    Only tools that read can answer in part or from a stale state: a write that did would hide what it did.
    """
    declared = None if answer is None else answer.extra.get(KEY)
    kind = declared.get("kind") if isinstance(declared, dict) else None
    found = next((known for known in KINDS if known == kind), None)
    return found if found in _REASONS or (tool is not None and tool.effect == "read") else None


def declaration_in(answer: Message | None) -> Json:
    """Return what an answer says of a fault in it where that has a kind; None where it says nothing like that."""
    declared = None if answer is None else answer.extra.get(KEY)
    return declared if isinstance(declared, dict) and isinstance(declared.get("kind"), str) else None


def faulty_result(kind: Kind, tool_call: ToolCall, session: LiveRun, start: LiveRun) -> ToolResult:
    """Return what a call answers under a fault; `start` is the run before its first call, for what is stale.

    A call that fails or times out does not reach the session.

    Raises:
        StubError: If the stub is broken.
    """
    if kind in _REASONS:
        return ToolResult(call_id=tool_call.id, content={"error": _REASONS[kind]}, is_error=True)
    return _wrong(kind, tool_call, session.call(tool_call), start)


def _wrong(kind: Kind, tool_call: ToolCall, true: ToolResult, start: LiveRun) -> ToolResult:
    """Return what a partial or stale answer makes of a true one; a refusal stays as it is."""
    if true.is_error:
        return true
    if kind == "partial":
        return ToolResult(call_id=tool_call.id, content=part_of(true.content))
    return start.fork().call(tool_call)


def part_of(content: Json) -> Json:
    """Return an answer cut short: the first half of each list; where none is longer than 1, without its last field.

    Texts and numbers are as they were; an answer that is neither a list nor an object has no part.
    """
    if isinstance(content, list):
        return content[: (len(content) + 1) // 2]
    if not isinstance(content, dict):
        return content
    halves = {name: part_of(value) if isinstance(value, list) else value for name, value in content.items()}
    return halves if halves != content else dict(list(content.items())[:-1])


class FaultyRun:
    """A session whose calls go wrong at a seeded rate; `fault` is the kind of the last call's, None if it had none.

    Args:
        session: The session to run the calls in.
        rate: How often a call goes wrong, from 0 (never) to 1.
        seed: Decides, with the task, which calls do, and how; the calls themselves do not change it.
        kinds: The kinds of faults to draw from.

    Raises:
        InputError: If the rate is not from 0 to 1, or there is no kind.
    """

    def __init__(self, session: LiveRun, *, rate: float, seed: int = 0, kinds: tuple[Kind, ...] = KINDS) -> None:
        if not 0 <= rate <= 1 or not kinds:
            raise InputError(f"faults at a rate of {rate}", cure="give a rate from 0 to 1 and at least one kind")
        self._session = session
        self._start = session.fork()
        self._rate = rate
        self._seed = seed
        self._kinds = kinds
        # Of each call, whether it reached the session.
        self._reached: tuple[bool, ...] = ()
        self.fault: Kind | None = None
        self.made_ids: tuple[str, ...] = ()
        self.read_clock = False

    @property
    def environment(self) -> Environment:
        """The environment of the session."""
        return self._session.environment

    @property
    def task(self) -> Task | None:
        """The task of the session."""
        return self._session.task

    @property
    def state(self) -> State:
        """The current state."""
        return self._session.state

    @property
    def clock(self) -> str:
        """What `now()` answers."""
        return self._session.clock

    def call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, or let it go wrong.

        Raises:
            StubError: If the stub is broken.
        """
        result = self._attempt(tool_call)
        reached = self.fault not in _REASONS
        self._reached = (*self._reached, reached)
        self.made_ids = self._session.made_ids if reached else ()
        self.read_clock = reached and self._session.read_clock
        return result

    def _attempt(self, tool_call: ToolCall) -> ToolResult:
        # One generator a call: how much a fault draws has no effect on the next call.
        task = "" if self.task is None else self.task.id
        random = Random(f"{self._seed}/{task}/{len(self._reached) + 1}")
        self.fault = None
        if random.random() >= self._rate:
            return self._session.call(tool_call)
        kind = random.choice(self._kinds)
        tool = self.environment.tools.get(tool_call.tool)
        if kind in _REASONS:
            self.fault = kind
            return faulty_result(kind, tool_call, self._session, self._start)
        if tool is None or tool.effect != "read":
            return self._session.call(tool_call)
        true = self._session.call(tool_call)
        wrong = _wrong(kind, tool_call, true, self._start)
        if true.is_error or wrong.is_error or same_json(true.content, wrong.content):
            return true
        self.fault = kind
        return wrong

    def rollback(self, calls: int = 1) -> None:
        """Go back to the moment before the last `calls` calls; those that follow go wrong as they did.

        Raises:
            InputError: If fewer calls were made.
        """
        if not 0 <= calls <= len(self._reached):
            raise InputError(f"there are no {calls} calls to roll back", cure="roll back at most the calls made")
        kept = len(self._reached) - calls
        self._session.rollback(sum(self._reached[kept:]))
        self._reached = self._reached[:kept]
        self.fault, self.made_ids, self.read_clock = None, (), False

    def fork(self) -> FaultyRun:
        """Return an independent run at the same moment, whose next calls go wrong alike."""
        twin = FaultyRun.__new__(FaultyRun)
        twin.__dict__.update(self.__dict__)
        twin._session = self._session.fork()
        return twin
