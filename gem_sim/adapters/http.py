"""HTTP: sessions of one environment for programs in any language, described at `/openapi.json`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
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

    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _nothing_there, 405: _nothing_there})


async def _nothing_there(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _error(status, "there is nothing like that here; see /openapi.json")


def _endpoint(api: Api, one: Operation, body_bytes: int) -> Callable[[Request], Awaitable[Response]]:
    operate: Callable[..., Awaitable[Json]] = getattr(api, one.name)

    async def answer(request: Request) -> Response:
        id_: str = request.path_params.get("id", "")
        try:
            if one.body is None:
                return _answer(await operate(id_), one)
            body = await _read(request, body_bytes)
            told = _answer(await operate(id_, _parsed(body, one.body)), one)
        except _Unreadable as error:
            return error.response
        except GemSimError as error:
            return _failure(error)
        if one.grows:
            api.sessions.grown(id_, len(body) + len(told.body))
        return told

    return answer


class _Unreadable(Exception):
    def __init__(self, status: int, reason: str, *, last: bool = False) -> None:
        self.response = _error(status, reason, last=last)


async def _read(request: Request, body_bytes: int) -> bytes:
    """Return a request's body; what is too large is not read to its end.

    Raises:
        _Unreadable: If it is too large, too slow, or ends early.
    """
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > body_bytes:
                    raise _Unreadable(413, f"the body has more than {body_bytes} bytes", last=True)
    except TimeoutError:
        raise _Unreadable(408, f"the body did not arrive within {_BODY_SECONDS:g} seconds", last=True) from None
    except ClientDisconnect:
        raise _Unreadable(400, "the body ends early", last=True) from None
    return body


def _parsed(body: bytes, model: type[Body]) -> Body:
    """Return what a body says.

    Raises:
        _Unreadable: If it is no JSON, or not what the model takes.
    """
    try:
        return model.model_validate(parse_json(body) if body else {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise _Unreadable(422, f"{place}: {first['msg']}") from None
    except ValueError as error:
        raise _Unreadable(400, f"the body is not JSON: {error}") from None


def _answer(content: Json, one: Operation) -> Response:
    return Response(status_code=204) if one.answer is None else _json(content, one.status)


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
