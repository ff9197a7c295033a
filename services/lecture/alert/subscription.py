"""Sees to it that the sidecar has the subscription of this service."""

from __future__ import annotations

import time
from threading import Event
from typing import Optional

from log import log
from sidecar import Sidecar, SidecarError

# From the answer to the sidecar's question until its subscription must be there, and between two looks.
LOOK_S = 5.0
# With an app health check a sidecar says that it is ready before it has asked.
UNASKED_S = 30.0
# Between two restarts of a sidecar at least, and how many are tried: then the fault is elsewhere.
BETWEEN_S = 60.0
MOST_RESTARTS = 3


class Subscription:
    """A sidecar asks for subscriptions once in its life, and takes an answer that breaks off as "none": it is healthy, and
    brings no event. So it is looked at after each start and each answer, and asked to end where it has no subscription.
    `./run` and Kubernetes start it again; stock `dapr run` does not."""

    def __init__(self, sidecar: Sidecar, topic: str) -> None:
        self.trouble: Optional[str] = None
        self._sidecar = sidecar
        self._topic = topic
        self._answered = Event()
        # At the last look already: one look may fall between a sidecar's start and its question.
        self._was_missing = False
        self._restarts = 0
        self._restart_at = 0.0

    def answered(self) -> None:
        """The sidecar asked, and has its answer; also called to end `follow`."""
        self._answered.set()

    def follow(self, stopping: Event) -> None:
        pause: Optional[float] = UNASKED_S
        while not stopping.is_set():
            if self._answered.wait(pause):
                self._answered.clear()
                self._was_missing = False
                pause = LOOK_S
                continue
            try:
                pause = self.look()
            except SidecarError as error:
                log("debug", "The subscription is looked at again", reason=str(error))
                pause = LOOK_S

    def look(self) -> Optional[float]:
        """Returns the seconds until it is to be looked at again; None: when the sidecar asks again. Raises SidecarError."""
        has = self._sidecar.subscribed(self._topic)
        is_first, self._was_missing = not self._was_missing, has is False
        if has is None or (not has and is_first):
            return LOOK_S
        if has:
            self._restarts, self.trouble = 0, None
            return None
        if self._restarts >= MOST_RESTARTS:
            self.trouble = f"the sidecar has no subscription to {self._topic} after {self._restarts} restarts"
            log("error", f"{self.trouble}: no events come until a restart of it helps; its log says why")
            return None
        rest = self._restart_at - time.monotonic()
        if rest > 0 and self._restarts:
            return rest
        log("warn", "the sidecar lost the answer that says which events to bring: it is asked to end, so that it starts again")
        self._restarts += 1
        self._restart_at = time.monotonic() + BETWEEN_S
        self._was_missing = False
        self._sidecar.end()
        return BETWEEN_S
