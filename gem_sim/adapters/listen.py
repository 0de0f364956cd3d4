"""Serve an ASGI application to clients that may be hostile: a token, patience with bounds, a calm end."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import resource
import secrets
import socket
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gem_sim.errors import InputError

_HEAD_SECONDS: Final = 10.0
_WRITE_SECONDS: Final = 30.0
_HEAD_BYTES: Final = 64 << 10
_KEEP_SECONDS: Final = 75
_END_SECONDS: Final = 10
_CONNECTIONS: Final = 10_000
# Files besides connections: standard streams, pipes to workers, the event loop's own.
_OTHER_FILES: Final = 100
_OPEN: Final = frozenset(("/health",))
_REFUSAL: Final = b'{"error": "%s"}'


class Guard:
    """Lets requests through that bring the token; without one, those that come from this machine's own programs.

    A page in a browser can reach a server on the loopback interface, so without a token the names in `Host` and
    `Origin` have to be those of this machine.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._expected = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or hand it on."""
        if scope["type"] == "http" and scope["path"] not in _OPEN:
            refusal = self._refusal(dict(scope["headers"]))
            if refusal is not None:
                await _refuse(send, *refusal)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: dict[bytes, bytes]) -> tuple[int, bytes] | None:
        if self._expected is not None:
            given = headers.get(b"authorization", b"")
            return None if hmac.compare_digest(given, self._expected) else (401, b"the token is missing or wrong")
        origin = headers.get(b"origin")
        if origin is not None and not is_loopback(urlsplit(origin.decode("latin-1")).hostname or ""):
            return 403, b"the request comes from a page of another machine"
        host = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname or ""
        return None if is_loopback(host) else (421, b"the Host header is not this machine's")


async def _refuse(send: Send, status: int, reason: bytes) -> None:
    body = _REFUSAL % reason
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # The body of the request is not read, so the connection is of no more use.
    headers += [(b"connection", b"close"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Gathering:
    """A transport that writes once in a turn of the loop: head and body of an answer go out, and wake up, together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write soon."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Write what there is, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data = b"".join(self._parts)
        self._parts.clear()
        if data and not self._transport.is_closing():
            self._transport.write(data)


class Impatient(HttpToolsProtocol):
    """HTTP that ends connections whose head does not arrive, has no end, or whose answer is not taken."""

    _head: asyncio.TimerHandle | None = None
    _write: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head."""
        if self._head is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head is not None and self._head_bytes > _HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._stop("_head")
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what there is."""
        super().pause_writing()
        self._write = self.loop.call_later(_WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no longer."""
        self._stop("_write")
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop("_head")
        self._stop("_write")
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head is None:
            self._head_bytes = 0
            self._head = self.loop.call_later(_HEAD_SECONDS, self.transport.abort)

    def _stop(self, name: str) -> None:
        timer = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)


def listen(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 8000, token: str | None = None, ready: Callable[[str], None]
) -> None:
    """Serve until a signal asks to stop; requests under way are answered first.

    Args:
        app: What to serve.
        host: Interface to listen on.
        port: Port; 0 takes a free one.
        token: What clients must bring as `Authorization: Bearer`; None needs none.
        ready: Called with the address once clients can connect.

    Raises:
        InputError: If the address cannot be used.
    """
    files = _raise_file_limit()
    config = uvicorn.Config(
        Guard(app, token),
        http=Impatient,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=min(_CONNECTIONS, files - _OTHER_FILES),
        timeout_keep_alive=_KEEP_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
    )
    with contextlib.closing(_bound(host, port)) as bound:
        shown = f"[{host}]" if ":" in host else host
        server = _Announcing(config, lambda: ready(f"http://{shown}:{bound.getsockname()[1]}"))
        server.run(sockets=[bound])


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own, reachable from nowhere else."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_token() -> str:
    """Return a token that cannot be guessed."""
    return secrets.token_urlsafe(32)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror or error}", cure="choose another") from None
    return bound


def _raise_file_limit() -> int:
    """Allow as many open files as the system does; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != soft:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return _CONNECTIONS + _OTHER_FILES if soft == resource.RLIM_INFINITY else soft
