"""Listens and closes."""

from __future__ import annotations

import os
import signal
import sys
import threading

from app import App
from log import log
from policies import Alert
from settings import Configuration
from sidecar import CannotStart, Sidecar, SidecarError


def port_from(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"Environment variable {name} must be a port number, not '{value}'.")
    return int(value)


def serve(stopping: threading.Event) -> None:
    address = (os.environ.get("HOST", "127.0.0.1"), port_from("APP_PORT", 8084))
    sidecar = Sidecar(port_from("DAPR_HTTP_PORT", 3500))
    sidecar.wait_until_ready(stopping)
    if stopping.is_set():
        return
    alert = Alert(os.environ.get("APP_ID", "lecture-alert"), sidecar)
    configuration = Configuration(sidecar, alert.configure)
    configuration.start()
    # The sidecar asks for the subscriptions once, as soon as the port is open: everything must be known by now.
    try:
        app = App(address, sidecar, alert, configuration)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {address[0]}:{address[1]} ({error.strerror}); free the port or set APP_PORT."
        ) from error
    threads = [
        threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.05}),
        threading.Thread(target=configuration.follow, args=(stopping,)),
    ]
    for thread in threads:
        thread.start()
    log("info", "Listening", port=address[1], topic=alert.topic)
    stopping.wait()
    log("info", "Stopping: running requests are finished first")
    configuration.wake()
    app.drain()
    for thread in threads:
        thread.join()
    log("info", "Stopped")


def main() -> int:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        serve(stopping)
    except (CannotStart, SidecarError) as error:
        log("error", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
