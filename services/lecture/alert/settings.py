"""The configuration of this service, and following it while it runs."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from threading import Event
from typing import Callable, NamedTuple, Optional

from log import log
from sidecar import CannotStart, Sidecar, SidecarError

KEYS = ("LOG_FILE", "ALERT_EVENTS", "KAFKA_URL")
# A sidecar that starts again has forgotten its subscriptions, and one that lost its store tells nobody.
RENEW_S = 30
RETRY_S = 2


class Settings(NamedTuple):
    log_file: Path
    alert_events: frozenset[str]
    kafka_url: str


def parse(values: dict[str, str]) -> Settings:
    """Raises ValueError with a sentence that names the key."""
    for key in KEYS:
        if not values.get(key, "").strip():
            raise ValueError(f"Configuration key {key} is absent or empty; set it in the configuration store.")
    given = {key: values[key].strip() for key in KEYS}
    if given["LOG_FILE"].endswith("/") or "\0" in given["LOG_FILE"]:
        raise ValueError(f"Configuration key LOG_FILE must be the path of a file, not '{given['LOG_FILE']}'.")
    events = [name.strip() for name in given["ALERT_EVENTS"].split(",")]
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in events):
        raise ValueError(
            f"Configuration key ALERT_EVENTS must be event names parted by commas, not '{given['ALERT_EVENTS']}'."
        )
    if not all(re.fullmatch(r"[^\s:,]+:\d{1,5}", address.strip()) for address in given["KAFKA_URL"].split(",")):
        raise ValueError(f"Configuration key KAFKA_URL must be host:port, not '{given['KAFKA_URL']}'.")
    home = os.environ.get("MADANG_HOME")
    base = Path(home) / "logs" if home else Path.cwd()
    return Settings(base / given["LOG_FILE"], frozenset(events), given["KAFKA_URL"])


class Configuration:
    def __init__(self, sidecar: Sidecar, apply: Callable[[Settings], None]) -> None:
        self._sidecar = sidecar
        self._apply = apply
        self._store = sidecar.the_one("configuration")
        self._current: Optional[Settings] = None
        self._subscription: Optional[str] = None
        self._changed = Event()
        self._renew_at = 0.0

    def read(self) -> None:
        """Takes over the values as they are now; a bad one raises ValueError and changes nothing."""
        settings = parse(self._sidecar.configuration(self._store, KEYS))
        if settings == self._current:
            return
        try:
            self._apply(settings)
        except OSError as error:
            raise ValueError(
                f"Configuration key LOG_FILE names {settings.log_file}, which cannot be written: {error.strerror}."
            ) from error
        self._current = settings
        log(
            "info",
            "Configuration in force",
            logFile=str(settings.log_file),
            alertEvents=sorted(settings.alert_events),
            kafkaUrl=settings.kafka_url,
        )

    def start(self) -> None:
        try:
            self.read()
        except (ValueError, SidecarError) as error:
            raise CannotStart(str(error)) from error

    def wake(self) -> None:
        """Called when the sidecar tells of a change, and to end `follow`."""
        self._changed.set()

    def sidecar_started(self) -> None:
        self._renew_at = 0.0
        self._changed.set()

    def follow(self, stopping: Event) -> None:
        while not stopping.is_set():
            try:
                if time.monotonic() >= self._renew_at:
                    self._renew_at = time.monotonic() + RENEW_S
                    self._renew()
                self.read()
            except ValueError as error:
                log("error", f"{error} The former value stays in force.")
            except SidecarError as error:
                log("warn", "The configuration could not be read again and stays as it is", reason=str(error))
                self._renew_at = time.monotonic() + RETRY_S
            self._changed.wait(max(0.0, self._renew_at - time.monotonic()))
            self._changed.clear()
        self._unsubscribe(self._subscription)

    def _renew(self) -> None:
        former = self._subscription
        self._subscription = self._sidecar.subscribe_configuration(self._store, KEYS)
        self._unsubscribe(former)

    def _unsubscribe(self, subscription: Optional[str]) -> None:
        if subscription is None:
            return
        try:
            self._sidecar.unsubscribe_configuration(self._store, subscription)
        except SidecarError as error:
            log("debug", "The former configuration subscription was gone already", reason=str(error))
