"""The HTTP interface: what the sidecar and the runner ask of this service."""

from __future__ import annotations

import json
import socket
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Optional

from log import log, to_json
from policies import Alert
from settings import Configuration
from sidecar import Sidecar

# The sidecar keeps idle connections for 90 s; closing earlier would break a request now and then.
IDLE_S = 100
# A batch is up to 100 events of up to 4 MiB, but a service of this size need not swallow that.
BODY_LIMIT = 64 * 1024 * 1024


class App(ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for the requests under way
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sidecar: Sidecar, alert: Alert, configuration: Configuration) -> None:
        self.sidecar = sidecar
        self.alert = alert
        self.configuration = configuration
        self.handled: Counter[str] = Counter()
        self._counting = Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(address, Handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def count(self, statuses: list[dict]) -> None:
        with self._counting:
            self.handled.update(status["status"] for status in statuses)

    def drain(self) -> None:
        """No new connection, no new request on the old ones; returns when the running ones are answered."""
        self.shutdown()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # closed by the other side meanwhile
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        log("debug", "A connection broke off")


class Handler(BaseHTTPRequestHandler):
    server: App
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_GET(self) -> None:
        if self._path == "/healthz":
            self._answer(204)
        elif self._path == "/readyz" and self.server.sidecar.is_ready():
            self._answer(204)
        elif self._path == "/readyz":
            self.send_error(503, "The sidecar does not answer")
        elif self._path == "/metrics":
            self._figures()
        elif self._path == "/dapr/subscribe":
            self.server.configuration.sidecar_started()  # it asks at no other time
            self._answer(200, [self.server.alert.subscription()])
        else:
            self.send_error(404, "Nothing answers here")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self._path == "/events":
            self._events(body)
        elif self._path.startswith("/configuration/"):
            self.server.configuration.wake()
            self._answer(200)
        else:
            self.send_error(404, "Nothing answers here")

    @property
    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _events(self, body: bytes) -> None:
        try:
            delivery = json.loads(body)
        except ValueError:
            delivery = None
        entries = delivery.get("entries") if isinstance(delivery, dict) else None
        statuses = self.server.alert.handle(entries if isinstance(entries, list) else [])
        self._answer(200, {"statuses": statuses})
        self.server.count(statuses)

    def _figures(self) -> None:
        """In the text format of Prometheus, under the names that the other services use."""
        lines = [f'madang_events_handled_total{{outcome="{outcome}"}} {n}\n' for outcome, n in self.server.handled.items()]
        content = "".join(["madang_ready 1\n", *lines]).encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> Optional[bytes]:
        length = self.headers.get("content-length", "")
        if not length.isdecimal():
            self.send_error(411, "Content-Length is needed")
        elif int(length) > BODY_LIMIT:
            self.send_error(413, "The body is too large")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self.close_connection = True  # broken off: nobody is left to be answered
        return None

    def _answer(self, status: int, body: Optional[object] = None, content_type: str = "application/json") -> None:
        content = b"" if body is None else to_json(body)
        self.send_response(status)
        if content:
            self.send_header("content-type", content_type)
        if status != 204:
            self.send_header("content-length", str(len(content)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def send_error(self, code: int, message: Optional[str] = None, explain: Optional[str] = None) -> None:
        """Problem details (RFC 9457), also for what the base class refuses without having read the body."""
        self.close_connection = True
        title = message or self.responses.get(code, ("Refused",))[0]
        self._answer(code, {"type": "about:blank", "title": title, "status": int(code)}, "application/problem+json")

    def log_message(self, format: str, *args: object) -> None:
        log("debug", "HTTP", request=format % args)
