"""Listens, starts its work as soon as it can, and ends cleanly."""

from __future__ import annotations

import os
import signal
import sys
import threading

from app import App
from log import log
from metrics import Metrics
from policies import Alert
from settings import Configuration, folder, port_of
from sidecar import CannotStart, Sidecar, SidecarError
from store import STORE_ERRORS, Store
from worker import work

PAUSE_LIMIT_S = 2


def port_from(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    port = port_of(value)
    if port is None:
        raise CannotStart(f"Environment variable {name} must be a port number, not {value!r}.")
    return port


def listen(sidecar: Sidecar) -> App:
    address = (os.environ.get("HOST", "127.0.0.1"), port_from("APP_PORT", 8084))
    app_id = os.environ.get("APP_ID", "lecture-alert")
    alert = Alert(app_id, sidecar, Store(folder() / f"{app_id}.db"), Metrics())
    try:
        app = App(address, sidecar, alert, Configuration(sidecar, alert.configure))
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {address[0]}:{address[1]} ({error.strerror}); free the port or set APP_PORT."
        ) from error
    log("info", "Listening", port=address[1], topic=alert.topic)
    return app


def begin(app: App) -> None:
    """Tries until sidecar, configuration and store are there. Raises CannotStart for what a person must mend."""
    pause = 0.1
    while not app.stopping.is_set():
        try:
            components = app.sidecar.components()
            app.alert.begin(components)
            app.configuration.start(components.configuration)
            app.waiting_for = None
            log("info", "Ready")
            return
        except (SidecarError, *STORE_ERRORS) as error:
            waiting_for = "the sidecar" if isinstance(error, SidecarError) else "the store"
            if waiting_for != app.waiting_for or pause == 0.1:
                log("warn", f"The start waits for {waiting_for}", reason=str(error))
            app.waiting_for = waiting_for
        app.stopping.wait(pause)
        pause = min(2 * pause, PAUSE_LIMIT_S)


def serve(app: App) -> None:
    """Until `app.stopping` is set."""
    accepting = threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.05})
    threads: list[threading.Thread] = []
    accepting.start()
    try:
        begin(app)
        if not app.stopping.is_set():
            threads = [
                threading.Thread(target=app.configuration.follow, args=(app.stopping,)),
                threading.Thread(target=app.subscription.follow, args=(app.stopping,)),
                threading.Thread(target=work, args=(app.alert.send_one, app.alert.to_send, app.stopping)),
                threading.Thread(target=work, args=(app.alert.tell_one, app.alert.to_tell, app.stopping)),
            ]
            for thread in threads:
                thread.start()
        app.stopping.wait()
        log("info", "Stopping: running requests are finished first")
    finally:
        app.stopping.set()
        app.configuration.wake()
        app.subscription.answered()
        app.alert.to_send.set()
        app.alert.to_tell.set()
        app.drain()
        for thread in threads:
            thread.join()
    log("info", "Stopped")


def main() -> int:
    try:
        app = listen(Sidecar(port_from("DAPR_HTTP_PORT", 3500)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: app.stopping.set())
        serve(app)
    except CannotStart as error:
        log("error", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
