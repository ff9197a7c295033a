"""The HTTP interface: what the sidecar, the runner and operators ask of this service."""

from __future__ import annotations

import hmac
import os
import re
import socket
from threading import BoundedSemaphore, Event, Lock
from typing import Callable, Iterator, Optional

from events import Entry, Unreadable, entries_of
from log import log, to_json
from policies import Alert
from server import Handler, Server
from settings import Configuration
from sidecar import CannotStart, Sidecar, SidecarError
from store import STORE_ERRORS, DeadLetter
from subscription import Subscription

# Deliveries handled at a time, and what the entries of all that are being read may take.
PLACES = 8
MEMORY = 96 * 1024 * 1024
SMALL_BODY = 1024 * 1024
LISTED = 100
# What probes and who collects figures ask, neither of whom has the token.
OPEN = ("/healthz", "/readyz", "/metrics")


class App(Server):
    """Listens from the start on: alive whatever is away, ready when `waiting_for` is None."""

    def __init__(self, address: tuple[str, int], sidecar: Sidecar, alert: Alert, configuration: Configuration) -> None:
        self.sidecar = sidecar
        self.alert = alert
        self.configuration = configuration
        self.subscription = Subscription(sidecar, alert.topic)
        self.waiting_for: Optional[str] = "the sidecar"
        self.stopping = Event()
        self.places = BoundedSemaphore(PLACES)
        self._token = os.environ.get("APP_API_TOKEN", "").encode()
        self._memory = MEMORY
        self._counting = Lock()
        super().__init__(address, Routes)

    def reserve(self, size: int) -> bool:
        """Takes memory for a delivery that is being read, or gives it back (negative)."""
        with self._counting:
            if size > self._memory:
                return False
            self._memory -= size
            return True

    def is_sidecar(self, shown: Optional[str]) -> bool:
        """Whether a request shows the token with which the sidecar calls; where none is set, everybody passes."""
        return not self._token or hmac.compare_digest((shown or "").encode(), self._token)

    def unready(self) -> Optional[str]:
        """What is missing for its work, or None."""
        if self.waiting_for or self.alert.trouble:
            return self.waiting_for or self.alert.trouble
        try:
            self.sidecar.check()
        except SidecarError:
            return "the sidecar"
        return None

    def status(self) -> dict:
        waiting_for, trouble = self.unready(), self.subscription.trouble or self.alert.trouble
        status: dict = {"ready": waiting_for is None, "waitingFor": waiting_for}
        status["consumer"] = {"stalled": trouble is not None, "reason": trouble}
        try:
            backlog = self.alert.store.backlog()
        except STORE_ERRORS:
            return status
        status["outbox"] = {"backlog": backlog.untold, "oldestSeconds": backlog.untold_seconds}
        status["deferred"] = backlog.deferred
        return status

    def gauges(self) -> dict[str, float]:
        figures: dict[str, float] = {
            "ready": 0 if self.unready() else 1,
            "consumer_stalled": 1 if self.subscription.trouble or self.alert.trouble else 0,
        }
        try:
            backlog = self.alert.store.backlog()
        except STORE_ERRORS:
            return figures
        figures.update(outbox_backlog=backlog.untold, outbox_oldest_seconds=backlog.untold_seconds)
        figures.update(deferred_waiting=backlog.deferred, deferred_oldest_seconds=backlog.deferred_seconds)
        return figures


class Routes(Handler):
    server: App

    def respond(self, path: str, length: int) -> None:
        if path not in OPEN and not self.server.is_sidecar(self.headers.get("dapr-api-token")):
            return self.send_error(403, "Only the sidecar of this service is answered here: send its token.")
        if path == "/events" and self.command == "POST":
            return self._events(length)
        routes = [(method, found, answer) for method, pattern, answer in ROUTES if (found := pattern.fullmatch(path))]
        for method, found, answer in routes:
            if method == self.command:
                if length > SMALL_BODY:
                    return self.send_error(413, f"The body is larger than {SMALL_BODY} bytes")
                for _ in self.body(length):
                    pass  # nothing in it is of interest
                return self._guarded(lambda: answer(self, *found.groups()))
        self.close_connection = self.close_connection or length > 0
        if not routes and path != "/events":
            return self.problem(404, "Nothing answers here")
        allowed = sorted({method for method, _, _ in routes} or {"POST"})
        return self.problem(405, f"{self.command} is not possible here", allow=", ".join(allowed))

    def _guarded(self, answer: Callable[[], None]) -> None:
        self.server.mark(self.connection, True)
        try:
            answer()
        except STORE_ERRORS as error:
            if isinstance(error, (ConnectionError, socket.timeout)):
                raise
            log("error", "A request has to wait for the store", path=self.path, reason=str(error))
            self.problem(503, "The store cannot be used now; try again.", retry_after="1")
        except Exception as error:
            log("error", "A request failed", path=self.path, reason=repr(error))
            self.send_error(500, "This service made a mistake")
        finally:
            self.server.mark(self.connection, False)

    def _events(self, length: int) -> None:
        held = 0

        def reserved() -> Iterator[Entry]:
            nonlocal held
            for entry in entries_of(self.body(length)):
                if not self.server.reserve(len(entry.content)):
                    raise MemoryError
                held += len(entry.content)
                yield entry

        try:
            entries = list(reserved())
            if not entries:
                return self.problem(400, "This is no delivery of raw events in a batch")
            if self.server.waiting_for or not self.server.places.acquire(blocking=False):
                return self.problem(503, "Events cannot be taken now", retry_after="1")
            try:
                self._guarded(lambda: self._handle(entries))
            finally:
                self.server.places.release()
        except MemoryError:
            self.send_error(503, "There are too many deliveries at the same time")
        finally:
            self.server.reserve(-held)

    def _handle(self, entries: list[Entry]) -> None:
        statuses = self.server.alert.handle(entries)
        self._json({"statuses": [{"entryId": key, "status": status} for key, status in statuses.items()]})

    def _json(self, body: object) -> None:
        self.answer(200, to_json(body))

    def _healthy(self) -> None:
        self.answer(204)

    def _ready(self) -> None:
        waiting_for = self.server.unready()
        if waiting_for is None:
            return self.answer(204)
        return self.problem(503, f"Not ready: waiting for {waiting_for}", retry_after="1")

    def _status(self) -> None:
        self._json(self.server.status())

    def _metrics(self) -> None:
        content = self.server.alert.metrics.render(self.server.gauges())
        self.answer(200, content, "text/plain; version=0.0.4")

    def _activity(self) -> None:
        activity = self.server.alert.activity
        if not activity.places.acquire(blocking=False):
            return self.problem(503, "Too many listen already", retry_after="5")
        try:
            self.close_connection = True
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("cache-control", "no-store")
            self.send_header("connection", "close")
            self.end_headers()
            for piece in activity.stream(self.headers.get("last-event-id", ""), self.server.stopping):
                self.wfile.write(piece)
                self.wfile.flush()
        finally:
            activity.places.release()

    def _subscribe(self) -> None:
        """The sidecar asks once, and anything but 200 means to it that there is nothing to subscribe to: so it waits
        until the name of the broker is known."""
        while not self.server.stopping.is_set():
            try:
                components = self.server.sidecar.components()
            except (SidecarError, CannotStart):
                self.server.stopping.wait(0.2)
                continue
            self.server.configuration.sidecar_started()  # it asks at no other time
            self.server.subscription.answered()
            return self._json([self.server.alert.subscription(components.pubsub)])
        return self.send_error(503, "This service stops")

    def _configuration(self) -> None:
        self.server.configuration.wake()
        self.answer(200)

    def _deferred(self) -> None:
        found = self.server.alert.store.deferred(LISTED)
        rows = [{"id": m.id, "reason": m.reason, "since": m.since, "attempts": m.attempts} for m in found]
        self._json({"_embedded": {"deferred": rows}})

    def _letters(self) -> None:
        rows = [_shown(letter) for letter in self.server.alert.store.letters(LISTED)]
        self._json({"_embedded": {"deadletters": rows}})

    def _letter(self, number: str) -> None:
        letter = self._found(number)
        if letter:
            self._json({**_shown(letter), "event": letter.event.decode("utf-8", "replace")})

    def _replay(self, number: str) -> None:
        letter = self._found(number)
        if not letter:
            return
        try:
            self.server.alert.replay(letter)
        except Unreadable as error:
            return self.problem(422, f"It cannot be handled: {error}.")
        return self._json({**_shown(letter), "replayed": True})

    def _drop(self, number: str) -> None:
        if self._found(number) and self.server.alert.store.drop(int(number)):
            self.answer(204)

    def _found(self, number: str) -> Optional[DeadLetter]:
        letter = self.server.alert.store.letter(int(number))
        if letter is None:
            self.problem(404, f"There is no dead letter {number}.")
        return letter


def _shown(letter: DeadLetter) -> dict:
    shown = {"id": letter.id, "reason": letter.reason, "at": letter.at, "size": letter.size}
    return {**shown, "replayed": letter.replayed, "replayable": letter.replayable}


_LETTER = r"/deadletters/([1-9][0-9]{0,17})"
ROUTES: list[tuple[str, re.Pattern, Callable[..., None]]] = [
    (method, re.compile(pattern), answer)
    for method, pattern, answer in (
        ("GET", r"/healthz", Routes._healthy),
        ("GET", r"/readyz", Routes._ready),
        ("GET", r"/status", Routes._status),
        ("GET", r"/metrics", Routes._metrics),
        ("GET", r"/activity", Routes._activity),
        ("GET", r"/dapr/subscribe", Routes._subscribe),
        ("POST", r"/configuration/[^/]+/[^/]+", Routes._configuration),
        ("GET", r"/deferred", Routes._deferred),
        ("GET", r"/deadletters", Routes._letters),
        ("GET", _LETTER, Routes._letter),
        ("POST", _LETTER + r"/replay", Routes._replay),
        ("DELETE", _LETTER, Routes._drop),
    )
]
