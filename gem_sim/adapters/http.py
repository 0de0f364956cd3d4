"""HTTP: sessions of one environment for programs in any language, described at `/openapi.json`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gem_sim import __version__
from gem_sim.adapters.api import Api, Body
from gem_sim.adapters.openapi import OPERATIONS, Operation, described
from gem_sim.adapters.sessions import Bounds, Full, NoSession, Spent
from gem_sim.canonical import Json, parse_json
from gem_sim.environment import Environment
from gem_sim.errors import GemSimError, InputError, LimitError, StubError
from gem_sim.formats.rows import dump_json

_BODY_SECONDS: Final = 10.0
_STATUS: Final = {NoSession: 404, Spent: 409, InputError: 422, Full: 503}


def http_app(environment: Environment, bounds: Bounds | None = None, *, body_bytes: int = 1 << 20) -> Starlette:
    """Return the session server as an ASGI application, without a token; see `listen`.

    Args:
        environment: What to serve.
        bounds: What clients may use.
        body_bytes: The most bytes of a request's body.
    """
    api = Api(environment, bounds)
    routes = [Route(one.path, _endpoint(api, one, body_bytes), methods=[one.method]) for one in OPERATIONS]
    description = _json(described(f"gem-sim: {environment.title}", __version__), 200)

    async def openapi(_request: Request) -> Response:
        return description

    async def metrics(_request: Request) -> Response:
        return Response(api.metrics(), media_type="text/plain; version=0.0.4")

    routes += [Route("/openapi.json", openapi), Route("/metrics", metrics)]

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with api.sessions.sweeping():
            yield

    return Starlette(routes=routes, lifespan=lifespan)


def _endpoint(api: Api, one: Operation, body_bytes: int) -> Callable[[Request], Awaitable[Response]]:
    operate: Callable[..., Awaitable[Json]] = getattr(api, one.name)

    async def answer(request: Request) -> Response:
        id_: str = request.path_params.get("id", "")
        try:
            if one.body is None:
                content = await operate(id_)
            else:
                read = await _read(request, one.body, body_bytes)
                if isinstance(read, Response):
                    return read
                content = await operate(id_, read)
        except GemSimError as error:
            return _failure(error)
        return Response(status_code=204) if one.answer is None else _json(content, one.status)

    return answer


async def _read(request: Request, model: type[Body], body_bytes: int) -> Body | Response:
    """Return a request's body, else why it is none; what is too large is not read to its end."""
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > body_bytes:
                    return _error(413, f"the body has more than {body_bytes} bytes", last=True)
    except TimeoutError:
        return _error(408, f"the body did not arrive within {_BODY_SECONDS:g} seconds", last=True)
    except ClientDisconnect:
        return _error(400, "the body ends early", last=True)
    try:
        value = parse_json(body) if body else {}
    except ValueError as error:
        return _error(400, f"the body is not JSON: {error}")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        return _error(422, f"{place}: {first['msg']}")


def _failure(error: GemSimError) -> Response:
    if isinstance(error, StubError):
        return _json({"error": str(error), "kind": "limit" if isinstance(error, LimitError) else "stub"}, 500)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    return _error(status, str(error))


def _error(status: int, reason: str, *, last: bool = False) -> Response:
    headers = {"connection": "close"} if last else None
    return _json({"error": reason}, status, headers)


def _json(content: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(dump_json(content), status, headers, media_type="application/json")
