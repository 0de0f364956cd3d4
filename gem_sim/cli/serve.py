"""`gem-sim serve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gem_sim.errors import InputError

if TYPE_CHECKING:
    from gem_sim.environment import Environment


def command(
    env: Annotated[str, typer.Argument(help="Folder of an environment, or the name of a bundled one.")],
    mcp: Annotated[
        bool, typer.Option("--mcp", help="MCP on standard input and output; with --http over HTTP.")
    ] = False,
    http: Annotated[bool, typer.Option("--http", help="The session server over HTTP.")] = False,
    openenv: Annotated[bool, typer.Option("--openenv", help="OpenEnv's server, for its clients.")] = False,
    host: Annotated[str, typer.Option(help="Interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="GEM_SIM_TOKEN", help="What clients must bring; default: a new one, none on the loopback interface."
        ),
    ] = None,
    task: Annotated[str | None, typer.Option(help="With --mcp: the task whose start the sessions start from.")] = None,
    seed: Annotated[int, typer.Option(help="With --mcp: decides generated ids.")] = 0,
    sessions: Annotated[int, typer.Option(min=1, help="At most so many sessions at a time.")] = 10_000,
    calls: Annotated[int, typer.Option(min=1, help="At most so many calls and messages in a session.")] = 1_000,
    idle: Annotated[float, typer.Option(min=1.0, help="Seconds until an unused session is gone.")] = 900.0,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Run the environment's bodies in this process: for your own only.")
    ] = False,
) -> int:
    """Serve tools to agents (--mcp), sessions to programs (--http), or episodes (--openenv)."""
    from gem_sim.simulator import load_environment

    if not (mcp or http or openenv) or (openenv and (mcp or http)):
        raise InputError("serve: how is not clear", cure="give --mcp, --http, both of these, or --openenv")
    environment = load_environment(env, trusted=trusted or None)
    environment.task_of(task)
    if openenv:
        _needs("openenv")
        from gem_sim.adapters.openenv import serve

        serve(environment, host=host, port=port, sessions=sessions, ready=lambda url: _announce(environment, url))
    elif http:
        _over_http(environment, mcp, (host, port), token, task, seed, (sessions, calls, idle))
    else:
        _needs("mcp")
        from gem_sim.adapters.mcp import serve_stdio

        serve_stdio(environment, task=task, seed=seed)
    return 0


def _over_http(
    environment: Environment,
    mcp: bool,
    address: tuple[str, int],
    token: str | None,
    task: str | None,
    seed: int,
    bounded: tuple[int, int, float],
) -> None:
    _needs("http")
    from gem_sim.adapters.listen import is_loopback, listen, new_token
    from gem_sim.adapters.sessions import Bounds

    # An empty token, as of a variable that is not set, would let everybody in.
    token = token or None
    most, calls, idle = bounded
    bounds = Bounds(sessions=most, calls=calls, idle_seconds=idle)
    if token is None and not is_loopback(address[0]):
        token = new_token()
        print(f"gem-sim: token {token}", file=sys.stderr, flush=True)
    if mcp:
        _needs("mcp")
        from gem_sim.adapters.mcp import mcp_app

        app, path = mcp_app(environment, bounds, task=task, seed=seed), "/mcp"
    else:
        from gem_sim.adapters.http import http_app

        app, path = http_app(environment, bounds), ""
    listen(app, host=address[0], port=address[1], token=token, ready=lambda url: _announce(environment, url + path))


def _announce(environment: Environment, url: str) -> None:
    print(f"gem-sim: {environment.name} on {url}", file=sys.stderr, flush=True)


def _needs(extra: str) -> None:
    from importlib.util import find_spec

    needed = {"http": ("starlette", "uvicorn", "httptools"), "mcp": ("mcp",), "openenv": ("openenv",)}[extra]
    if not all(map(find_spec, needed)):
        raise InputError(f"serve: the extra {extra!r} is not installed", cure=f"pip install 'gem-sim[{extra}]'")
