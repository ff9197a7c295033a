"""An HTTP server that slow, many or large requests cannot take from the others."""

from __future__ import annotations

import io
import re
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Iterator, Optional

from log import log, to_json

# The sidecar keeps idle connections for 90 s; closing earlier would break a request now and then.
IDLE_S = 100
# A request that has begun must be complete, and an answer taken, within that time.
REQUEST_S = 20
ANSWER_S = 10
CONNECTIONS = 64
# What is read and thrown away after an early answer, so that the answer reaches clients that still send.
LINGER_S = 2
LINGER_BYTES = 16 * 1024 * 1024

PROBLEM = "application/problem+json"


class Server(ThreadingHTTPServer):
    """At most CONNECTIONS at a time. When all are taken, the one that has not sent a whole request for longest has to
    go: whoever only holds connections keeps nobody out."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        self._busy: dict[socket.socket, bool] = {}  # in the order of their last answer
        self._lock = Lock()
        host, port = address
        if host == "::":  # every address, of IPv6 and IPv4, as far as the machine has them
            host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, self.server_address[0] != "::")
        super().server_bind()

    def process_request(self, request: socket.socket, client_address: object) -> None:
        if self._admit(request):
            super().process_request(request, client_address)
        else:
            super().shutdown_request(request)

    def _admit(self, connection: socket.socket) -> bool:
        with self._lock:
            if len(self._busy) >= CONNECTIONS:
                oldest = next((each for each, busy in self._busy.items() if not busy), None)
                if oldest is None:
                    return False
                del self._busy[oldest]
                _close(oldest, socket.SHUT_RDWR)
            self._busy[connection] = False
            return True

    def mark(self, connection: socket.socket, busy: bool) -> None:
        """Whether a request of this connection is being handled now."""
        with self._lock:
            if self._busy.pop(connection, None) is not None:
                self._busy[connection] = busy

    def shutdown_request(self, request: socket.socket) -> None:
        with self._lock:
            self._busy.pop(request, None)
        _linger(request)
        super().shutdown_request(request)

    def drain(self, limit: float = ANSWER_S) -> None:
        """No new connection, no new request on the old ones; returns when the running ones are answered, at the latest
        after `limit` seconds."""
        self.shutdown()
        self.socket.close()
        end = time.monotonic() + limit
        while time.monotonic() < end:
            with self._lock:
                connections = dict(self._busy)
            for connection, busy in connections.items():
                if not busy:
                    _close(connection, socket.SHUT_RD)
            if not connections:
                return
            time.sleep(0.01)

    def handle_error(self, request: object, client_address: object) -> None:
        log("debug", "A connection broke off")


class _Incoming(io.RawIOBase):
    """The bytes of a connection, with a time limit for each whole request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline: Optional[float] = None
        self.late = False

    def expect_request(self) -> None:
        self._deadline = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = IDLE_S if self._deadline is None else self._deadline - time.monotonic()
        try:
            self._connection.settimeout(max(0.001, left))
            count = self._connection.recv_into(buffer)
        except socket.timeout:
            self.late = self._deadline is not None
            raise
        if self._deadline is None:
            self._deadline = time.monotonic() + REQUEST_S
        return count


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers. A subclass answers by overriding `respond`."""

    server: Server
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # a request without version gets a whole answer, too
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    requestline = ""
    request_version = "HTTP/1.0"
    command = ""

    def respond(self, path: str, length: int) -> None:
        """Answers the request, whose body of `length` bytes is not read yet."""
        raise NotImplementedError

    def setup(self) -> None:
        super().setup()
        self._incoming = _Incoming(self.connection)
        self.rfile = io.BufferedReader(self._incoming, 64 * 1024)

    def handle_one_request(self) -> None:
        self._incoming.expect_request()
        super().handle_one_request()
        if self._incoming.late:
            self.send_error(408, "The request did not come to its end in time")

    def _serve(self) -> None:
        path = re.sub(r"^https?://[^/?]*", "", self.path, flags=re.I).partition("?")[0] or "/"
        given = self.headers.get_all("content-length") or ["0"]
        if self.headers.get("transfer-encoding") is not None:
            self.send_error(411, "Content-Length is needed")
        elif len(set(given)) > 1 or not re.fullmatch(r"[0-9]{1,15}", given[0]):
            self.send_error(400, "Content-Length is not a number")
        else:
            self.respond(path, int(given[0]))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def body(self, length: int) -> Iterator[bytes]:
        """In pieces. Raises ConnectionError if it breaks off."""
        while length > 0:
            piece = self.rfile.read1(min(length, 256 * 1024))
            if not piece:
                self.close_connection = True
                raise ConnectionError("the request broke off")
            length -= len(piece)
            yield piece

    def answer(self, status: int, content: bytes = b"", content_type: str = "application/json", **headers: str) -> None:
        self.connection.settimeout(ANSWER_S)
        self.send_response(status)
        if content:
            self.send_header("content-type", content_type)
        if status != 204:
            self.send_header("content-length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def problem(self, status: int, detail: str, **headers: str) -> None:
        """Problem details (RFC 9457)."""
        title = self.responses.get(status, ("Refused", ""))[0]
        body = {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
        self.answer(status, to_json(body), PROBLEM, **headers)

    def send_error(self, code: int, message: Optional[str] = None, explain: Optional[str] = None) -> None:
        """For what is refused without having read the body, also by the base class."""
        self.close_connection = True
        self.problem(code, message or "The request cannot be understood")

    def version_string(self) -> str:
        return "madang"

    def log_message(self, format: str, *args: object) -> None:
        log("debug", "HTTP", request=format % args)


def _close(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        pass  # closed by the other side meanwhile


def _linger(connection: socket.socket) -> None:
    """Closing a connection with unread bytes in it would make the other side lose the answer."""
    _close(connection, socket.SHUT_WR)
    end, left = time.monotonic() + LINGER_S, LINGER_BYTES
    try:
        while left > 0 and time.monotonic() < end:
            connection.settimeout(max(0.001, end - time.monotonic()))
            piece = connection.recv(64 * 1024)
            if not piece:
                return
            left -= len(piece)
    except OSError:
        pass  # gone, or too slow
