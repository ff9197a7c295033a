"""What this service did, for whoever watches the system at work (GET /activity, as every service has it)."""

from __future__ import annotations

import os
import time
from collections import deque
from threading import BoundedSemaphore, Event as Signal, Lock
from typing import Iterator, Optional

from events import Event
from log import to_json

# Entries that are kept, whoever listens.
KEPT = 1_024
FLUSH_S = 0.1
HEARTBEAT_S = 15
LISTENERS = 4


class Activity:
    """A bounded ring; texts are made only while somebody listens."""

    def __init__(self) -> None:
        self.places = BoundedSemaphore(LISTENERS)
        self._boot = os.urandom(4).hex()
        self._ring: deque[tuple[int, dict]] = deque(maxlen=KEPT)
        self._count = 0
        self._counting = Lock()

    def acted(self, event: Event, outcome: str, why: Optional[str] = None) -> None:
        happened = {"id": event.key, "type": event.type, "subject": event.attributes.get("subject", "")}
        happened["time"] = event.attributes.get("time", "")
        entry = {"kind": "acted", "event": happened, "as": "policy", "record": "Notice", "outcome": outcome}
        self._did({**entry, "trace": event.trace_id, "why": why})

    def dead(self, reason: str) -> None:
        self._did({"kind": "dead", "event": {"id": "", "type": ""}, "why": reason})

    def _did(self, entry: dict) -> None:
        with self._counting:
            self._ring.append((self._count, {"at": round(time.time() * 1000), **entry}))
            self._count += 1

    def stream(self, last_id: str, stopping: Signal) -> Iterator[bytes]:
        """Server-sent events until `stopping`: what came after `last_id`, then what comes."""
        boot, _, number = last_id.partition(".")
        following = int(number) if boot == self._boot and number.isdecimal() and len(number) < 16 else 0
        beat = time.monotonic()
        yield b":\n\n"
        while not stopping.wait(FLUSH_S):
            fresh = [(n, entry) for n, entry in list(self._ring) if n >= following]
            if fresh:
                left_out = fresh[0][0] - following if following else 0
                following = fresh[-1][0] + 1
                body = to_json({"leftOut": left_out, "entries": [entry for _, entry in fresh]})
                yield b"id: %s.%d\ndata: %s\n\n" % (self._boot.encode(), following, body)
            elif time.monotonic() - beat > HEARTBEAT_S:
                beat = time.monotonic()
                yield b":\n\n"
