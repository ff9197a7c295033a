"""Work that goes on beside the requests."""

from __future__ import annotations

from threading import Event
from typing import Callable

from log import log
from sidecar import SidecarError
from store import STORE_ERRORS

# How long at most until something new is seen, e.g. what another replica left behind.
IDLE_S = 1
# Short, since what is done next may have nothing to do with what failed.
PAUSE_LIMIT_S = 1


def work(step: Callable[[], bool], wake: Event, stopping: Event) -> None:
    """Calls `step` while it says that there was something to do; after a failure with a pause."""
    failures = 0
    while not stopping.is_set():
        try:
            busy = step()
            failures = 0
        except (SidecarError, *STORE_ERRORS) as error:
            busy, failures = False, failures + 1
            log("debug", "Work waits", reason=str(error))
        except Exception as error:  # a fault of our own must not end the thread
            busy, failures = False, failures + 1
            log("error", "Work failed", reason=repr(error))
        if failures:
            stopping.wait(min(PAUSE_LIMIT_S, 0.1 * 2 ** min(failures, 10)))
        elif not busy:
            wake.wait(IDLE_S)
            wake.clear()
