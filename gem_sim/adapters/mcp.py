"""MCP: an environment's tools for any agent that speaks the protocol, over standard streams or streamable HTTP.

Every session of the protocol has a state of its own. The protocol of 2026-07-28 has no sessions over HTTP: there the
client names its episode, any text, in the address (`/mcp?episode=e1`) or in the header `Gem-Sim-Episode`; a new
name is a new start. Arguments are checked here, and a refusal is a tool's error for the agent to read; a broken stub is
an error of the protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterator
from functools import partial
from types import CodeType
from typing import Any, Final

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette

from gem_sim import __version__
from gem_sim.adapters.episode import Episode, call
from gem_sim.adapters.sessions import Bounds, NoSession, Sessions
from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import GemSimError, StubError
from gem_sim.formats.rows import dump_json
from gem_sim.tool import Tool, ToolCall, ToolResult

EPISODE_HEADER: Final = "gem-sim-episode"
_SESSION_HEADER: Final = "mcp-session-id"
_LONGEST_NAME: Final = 200
_ALONE: Final = "stdio"


class ToolServer:
    """The tools of an environment as an MCP server.

    Args:
        environment: What to serve.
        bounds: What clients may use.
        task: The task whose start the sessions start from; None takes the environment's own.
        seed: Decides generated ids.

    Raises:
        InputError: If there is no such task.
    """

    def __init__(
        self, environment: Environment, bounds: Bounds | None = None, *, task: str | None = None, seed: int = 0
    ) -> None:
        environment.task_of(task)
        self.sessions = Sessions(environment, bounds)
        self._task, self._seed = task, seed
        self._creating = asyncio.Lock()
        self._tools = [tool_of(environment, tool) for tool in environment.tools.values()]
        with_schema = [told.name for told in self._tools if told.output_schema is not None]
        self._wrapped = {name for name in with_schema if _is_wrapped(environment.tools[name].returns)}
        self.server: Server[dict[str, Any]] = Server(
            f"gem-sim/{environment.name}",
            version=__version__,
            title=environment.title,
            instructions="\n".join(environment.policy) or None,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(
        self, _context: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=self._tools)

    async def _call(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        id_ = _session_of(context)
        try:
            await self._start(id_)
            self.sessions.may_grow(id_)
            result = await self.sessions.run(id_, partial(_called, params), quick=True)
        except StubError as error:
            self.sessions.counts.calls["broken"] += 1
            raise MCPError(types.INTERNAL_ERROR, str(error)) from None
        except GemSimError as error:
            raise MCPError(types.INVALID_REQUEST, str(error)) from None
        self.sessions.counts.calls["refused" if result.is_error else "ok"] += 1
        text = dump_json(result.content)
        self.sessions.grown(id_, len(text) + len(dump_json(params.arguments)))
        return _told(result, text, wrapped=params.name in self._wrapped)

    async def _start(self, id_: str) -> None:
        async with self._creating:
            try:
                self.sessions.look(id_)
            except NoSession:
                await self.sessions.create(task=self._task, seed=self._seed, id_=id_)


def serve_stdio(environment: Environment, *, task: str | None = None, seed: int = 0) -> None:
    """Serve one client on standard input and output until it closes them.

    Raises:
        InputError: If there is no such task.
    """
    bounds = Bounds(sessions=1, calls=100_000, bytes=1 << 30, idle_seconds=math.inf, lanes=1)

    async def serve() -> None:
        tools = ToolServer(environment, bounds, task=task, seed=seed)
        try:
            async with stdio_server() as (reading, writing):
                await tools.server.run(reading, writing, tools.server.create_initialization_options())
        finally:
            tools.sessions.close()

    anyio.run(serve)


def mcp_app(
    environment: Environment,
    bounds: Bounds | None = None,
    *,
    task: str | None = None,
    seed: int = 0,
    body_bytes: int = 1 << 20,
) -> Starlette:
    """Return the MCP server over streamable HTTP at `/mcp` as an ASGI application, without a token; see `listen`.

    Raises:
        InputError: If there is no such task.
    """
    tools = ToolServer(environment, bounds, task=task, seed=seed)
    most = tools.sessions.bounds
    app = tools.server.streamable_http_app(
        json_response=True,
        max_request_body_size=body_bytes,
        session_idle_timeout=most.idle_seconds,
        max_sessions=most.sessions,
        # Hosts and origins are looked at by `listen`, which knows whether there is a token.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(inside: Starlette) -> AsyncIterator[Any]:
        async with inner(inside) as state, tools.sessions.sweeping():
            yield state

    app.router.lifespan_context = lifespan
    return app


def tool_of(environment: Environment, tool: Tool) -> types.Tool:
    """Return a tool as MCP tells it.

    A tool that only reads is marked so; of one that writes it is not known that it destroys nothing. The schema of the
    result is left out where the body may leave a value unspecified, since no client could check that.
    """
    reads = tool.effect == "read"
    stub = environment.stubs.get(tool.name)
    checkable = stub is None or not (stub.inferred or "unspecified" in _names(stub.code))
    returns = tool.returns if checkable else None
    if _is_wrapped(returns):
        returns = {"type": "object", "properties": {"result": returns}, "required": ["result"]}
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema={"type": "object", **(tool.parameters or {})},
        output_schema=returns,
        annotations=types.ToolAnnotations(
            read_only_hint=reads, destructive_hint=not reads, idempotent_hint=reads, open_world_hint=False
        ),
    )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _is_wrapped(returns: dict[str, Json] | None) -> bool:
    """Tell whether a result is told as `{"result": ...}`: the protocol once took objects only."""
    return returns is not None and returns.get("type") != "object"


def _called(params: types.CallToolRequestParams, episode: Episode) -> tuple[Episode, ToolResult]:
    asked = ToolCall(id=f"call_{episode.calls + 1}", tool=params.name, arguments=params.arguments or {})
    return call(episode, asked)


def _told(result: ToolResult, text: str, *, wrapped: bool) -> types.CallToolResult:
    content: Any = result.content
    structured: Json = content if isinstance(content, dict) and not wrapped else {"result": content}
    return types.CallToolResult(
        content=[types.TextContent(text=text)],
        structured_content=None if result.is_error else structured,
        is_error=result.is_error,
    )


def _session_of(context: ServerRequestContext[Any]) -> str:
    """Return the id of the session a request belongs to.

    Raises:
        MCPError: If it belongs to none.
    """
    request = context.request
    if request is None:
        return _ALONE
    episode = request.query_params.get("episode") or request.headers.get(EPISODE_HEADER)
    if episode:
        if len(episode) > _LONGEST_NAME:
            raise MCPError(types.INVALID_REQUEST, f"the name of an episode has at most {_LONGEST_NAME} characters")
        return f"episode {episode}"
    session = request.headers.get(_SESSION_HEADER)
    if session:
        return f"session {session}"
    reason = f"the request belongs to no session: name an episode, /mcp?episode=NAME or the header {EPISODE_HEADER}"
    raise MCPError(types.INVALID_REQUEST, reason)
