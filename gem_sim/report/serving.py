"""A viewer's page over HTTP, for the browser of this machine's user only."""

from __future__ import annotations

import secrets
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gem_sim.errors import GemSimError, InputError
from gem_sim.formats.rows import dump_json
from gem_sim.report.viewer import Viewer, wanted_of

HOST = "127.0.0.1"


def open_server(viewer: Viewer, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """Return a server on the loopback interface and the address of the page; it answers nothing beside it.

    The address holds a token of this run, so other users and pages of this machine do not know it, and a request must
    name this very host, so no other name can be made to lead here.

    Raises:
        InputError: If the port cannot be taken.
    """
    token = secrets.token_urlsafe(16)
    try:
        server = ThreadingHTTPServer((HOST, port), _handler(viewer, token))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"port {port} cannot be taken: {reason}", cure="name another one, or 0 for a free one"
        ) from None
    server.daemon_threads = True
    return server, f"http://{HOST}:{server.server_port}/{token}/"


def _handler(viewer: Viewer, token: str) -> type[BaseHTTPRequestHandler]:
    page = viewer.page()

    def answer(path: str, query: str) -> tuple[str, str]:
        """Return a text and its media type."""
        if path == "":
            return page, "text/html"
        if path == "rows":
            return dump_json(viewer.rows(wanted_of(parse_qs(query)))), "application/json"
        if path.startswith("body/"):
            return viewer.body(int(path.removeprefix("body/"))), "text/plain"
        raise IndexError(path)

    class Handler(BaseHTTPRequestHandler):
        server_version = "gem-sim"
        sys_version = ""
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address: Any = self.server.server_address
            asked = urlsplit(self.path)
            start, _, path = asked.path.removeprefix("/").partition("/")
            hosts = (f"{HOST}:{address[1]}", f"localhost:{address[1]}")
            if self.headers.get("Host") not in hosts or not secrets.compare_digest(start.encode(), token.encode()):
                return self._send(HTTPStatus.FORBIDDEN, "this is not the address that was printed", "text/plain")
            try:
                return self._send(HTTPStatus.OK, *answer(path, asked.query))
            except (IndexError, ValueError):
                return self._send(HTTPStatus.NOT_FOUND, "there is nothing like that here", "text/plain")
            except GemSimError as error:
                return self._send(HTTPStatus.INTERNAL_SERVER_ERROR, str(error), "text/plain")

        def _send(self, status: HTTPStatus, text: str, kind: str) -> None:
            body = text.encode("utf-8", "backslashreplace")
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            # A browser that has gone on does not wait for this.
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Print nothing: requests are the page's own."""

    return Handler
