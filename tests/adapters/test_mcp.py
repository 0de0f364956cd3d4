"""MCP: a real client over standard streams and over streamable HTTP, in both eras of the protocol."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp import Client, MCPError, StdioServerParameters

import gem_sim
from gem_sim.adapters.mcp import tool_of
from gem_sim.errors import InputError
from gem_sim.tool import Tool
from tests.adapters.serving import Connection, Served, served
from tests.conftest import CASES, ROOT, environment

SIGN_IN = {"email": "sarah.jenkins@email.com"}
ORDER = {"user_id": "USR_789456", "frame_style": "modern", "frame_width": 50, "frame_height": 70}
ORDER["glass_type"] = "non-glare"
LOOPS = str(CASES / "environments" / "loops")

Use = Callable[[Client], Awaitable[Any]]


def stdio(*arguments: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "gem_sim", "serve", *arguments, "--mcp"], cwd=str(ROOT)
    )


def using(server: Any, use: Use, **options: Any) -> Any:
    async def run() -> Any:
        async with Client(server, **options) as client:
            return await use(client)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def over_http() -> Iterator[Served]:
    pytest.importorskip("uvicorn", reason="the extra `http` is not installed")
    with served("frame_shop", "--mcp", "--http") as one:
        yield one


async def order(client: Client) -> list[Any]:
    """Place an order twice and look at what there is."""
    await client.call_tool("authenticate_user", SIGN_IN)
    await client.call_tool("check_size_constraints", {key: ORDER[key] for key in list(ORDER)[2:]})
    await client.call_tool("place_custom_order", ORDER)
    profile = await client.call_tool("get_user_profile", {"user_id": "USR_789456"})
    return list(profile.structured_content["orders"])


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_client_over_standard_streams_has_one_session(mode: str) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == environment("frame_shop").tools.keys()
        assert len(await order(client)) == 1

    using(stdio("frame_shop"), use, mode=mode)


def test_sessions_of_the_handshake_era_are_apart(over_http: Served) -> None:
    assert [len(using(over_http.url, order, mode="legacy")) for _ in range(2)] == [1, 1]


def test_episodes_of_the_sessionless_era_are_named_by_address(over_http: Served) -> None:
    def orders(name: str) -> int:
        return len(using(f"{over_http.url}?episode={name}", order, mode="2026-07-28"))

    # The second client of the same name goes on where the first one ended.
    assert [orders("a"), orders("b"), orders("a")] == [1, 1, 2]


def test_a_request_without_any_session_is_told_how_to_name_one(over_http: Served) -> None:
    async def use(client: Client) -> None:
        with pytest.raises(MCPError, match="name an episode"):
            await client.call_tool("authenticate_user", SIGN_IN)

    using(over_http.url, use, mode="2026-07-28")


def test_over_http_a_token_is_needed_where_there_is_one() -> None:
    pytest.importorskip("uvicorn", reason="the extra `http` is not installed")
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    with served("frame_shop", "--mcp", "--http", "--token", "secret") as server:
        with Connection(server.port, "wrong") as stranger:
            assert stranger.ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}).status == 401

        async def run() -> int:
            async with httpx2.AsyncClient(headers={"authorization": "Bearer secret"}) as bearer:
                transport = streamable_http_client(server.url, http_client=bearer)
                async with Client(transport, mode="legacy") as client:
                    return len(await order(client))

        assert asyncio.run(run()) == 1


def test_an_oversized_request_changes_nothing_for_others(over_http: Served) -> None:
    async def use(client: Client) -> None:
        await client.call_tool("place_custom_order", ORDER)
        with Connection(over_http.port) as hostile:
            hostile.send("POST", "/mcp", b"[" * (2 << 20), accept="application/json, text/event-stream")
            assert hostile.answer().status == 413
        assert len(await order(client)) == 2

    using(over_http.url, use, mode="legacy")


def test_results_are_structured_and_checked_by_the_client(over_http: Served) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["authenticate_user"].output_schema == environment("frame_shop").tools["authenticate_user"].returns
        told = await client.call_tool("authenticate_user", SIGN_IN)
        assert not told.is_error
        assert told.structured_content["user_id"] == "USR_789456"
        assert json.loads(told.content[0].text) == told.structured_content

    using(over_http.url, use, mode="legacy")


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("authenticate_user", {"email": 5}, "invalid at $.email"),
        ("authenticate_user", {"mail": "x"}, "no argument 'mail'"),
        ("place_custom_order", {**ORDER, "frame_height": 200}, "must not be larger"),
        ("nothing", {}, "no tool 'nothing'"),
    ],
)
def test_a_refusal_is_an_error_of_the_tool_for_the_agent(
    over_http: Served, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    async def use(client: Client) -> None:
        told = await client.call_tool(tool, arguments)
        assert told.is_error
        assert reason in told.content[0].text

    using(f"{over_http.url}?episode=refused", use)


def test_a_broken_stub_is_an_error_of_the_protocol_and_the_session_goes_on() -> None:
    async def use(client: Client) -> None:
        for arguments in ({"turns": -1}, {"turns": -1}):
            with pytest.raises(MCPError, match="tool 'spin'"):
                await client.call_tool("spin", arguments)
        told = await client.call_tool("spin", {"turns": 3})
        assert told.structured_content == {"turns": 0}

    using(stdio(LOOPS), use)


def test_annotations_say_what_reads_and_what_may_destroy() -> None:
    shop = environment("frame_shop")
    for tool in shop.tools.values():
        told = tool_of(shop, tool).annotations
        assert told is not None
        assert told.read_only_hint is (tool.effect == "read")
        assert told.destructive_hint is (tool.effect != "read")
        assert told.open_world_hint is False
    assert {tool.effect for tool in shop.tools.values()} == {"read", "write"}


def test_a_result_that_is_no_object_is_wrapped_in_one() -> None:
    shop = environment("frame_shop")
    tool = Tool(name="names", returns={"type": "array", "items": {"type": "string"}})
    told = tool_of(shop, tool)
    assert told.output_schema == {"type": "object", "properties": {"result": tool.returns}, "required": ["result"]}
    assert told.input_schema == {"type": "object"}


def test_the_task_decides_the_start_and_must_exist() -> None:
    from gem_sim.adapters.mcp import ToolServer

    with pytest.raises(InputError, match="no task"):
        ToolServer(gem_sim.load_environment("frame_shop"), task="nope")


def inspector() -> list[str]:
    """The command of the MCP inspector; skips where node is too old or npm cannot fetch it."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("node is not on this machine")
    package = "--package=@modelcontextprotocol/inspector@2.12.0"
    # Where it lies, so that npm, which takes longer than the inspector, is started once.
    script = "command -v mcp-inspector && mcp-inspector --cli --help"
    tried = subprocess.run(
        [npx, "--yes", package, "-c", script], check=False, capture_output=True, text=True, timeout=300
    )
    if tried.returncode != 0:
        pytest.skip(f"npm cannot fetch or run the inspector: {tried.stderr.strip().splitlines()[-1:]}")
    return [tried.stdout.splitlines()[0], "--cli"]


def test_the_inspector_lists_and_calls() -> None:
    command = [*inspector(), sys.executable, "-m", "gem_sim", "serve", "frame_shop", "--mcp"]

    def ask(*arguments: str) -> Any:
        done = subprocess.run(
            [*command, *arguments], check=False, capture_output=True, text=True, cwd=ROOT, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert {tool["name"] for tool in ask("--method", "tools/list")["tools"]} == environment("frame_shop").tools.keys()
    told = ask("--method", "tools/call", "--tool-name", "authenticate_user", "--tool-arg", f"email={SIGN_IN['email']}")
    assert told["structuredContent"]["user_id"] == "USR_789456"
