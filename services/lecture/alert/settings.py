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
from store import STORE_ERRORS

KEYS = ("LOG_FILE", "ALERT_EVENTS", "KAFKA_URL")
# A sidecar that starts again has forgotten its subscriptions, and one that lost its store tells nobody.
RENEW_S = 30
RETRY_S = 2


class Settings(NamedTuple):
    log_file: Path
    alert_events: frozenset[str]
    kafka_url: str


def folder() -> Path:
    """Where the files of this service are, unless LOG_FILE is absolute."""
    home = os.environ.get("MADANG_HOME")
    return Path(home) / "logs" if home else Path.cwd()


def parse(values: dict[str, str]) -> Settings:
    """Raises ValueError with a sentence that names the key."""
    for key in KEYS:
        if not values.get(key, "").strip():
            raise ValueError(f"Configuration key {key} is absent or empty; set it in the configuration store.")
    given = {key: values[key].strip() for key in KEYS}
    file = given["LOG_FILE"]
    if Path(file).name in ("", "..") or file.endswith(("/", "/.", ".db")) or not file.isprintable():
        raise ValueError(f"Configuration key LOG_FILE must be the path of a text file, not {file!r}.")
    events = [name.strip() for name in given["ALERT_EVENTS"].split(",")]
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) for name in events):
        raise ValueError(
            f"Configuration key ALERT_EVENTS must be event names parted by commas, not {given['ALERT_EVENTS']!r}."
        )
    if not all(_is_address(address.strip()) for address in given["KAFKA_URL"].split(",")):
        raise ValueError(f"Configuration key KAFKA_URL must be host:port, not {given['KAFKA_URL']!r}.")
    return Settings(folder() / file, frozenset(events), given["KAFKA_URL"])


def port_of(text: str) -> Optional[int]:
    """The port that a text names in decimal digits, or None."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,4}", text) and int(text) < 65536 else None


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", host)) and port_of(port) is not None


class Configuration:
    """Reads the values and follows them; `apply` takes them over, and raises one of STORE_ERRORS if it cannot."""

    def __init__(self, sidecar: Sidecar, apply: Callable[[Settings], None]) -> None:
        self._sidecar = sidecar
        self._apply = apply
        self._store = ""
        self._current: Optional[Settings] = None
        self._subscription: Optional[str] = None
        self._changed = Event()
        self._renew_at = 0.0

    def start(self, store: str) -> None:
        """Raises CannotStart if the values are no good, SidecarError or one of STORE_ERRORS if it has to be tried again."""
        self._store = store
        try:
            self._read()
        except ValueError as error:
            raise CannotStart(str(error)) from error

    def _read(self) -> None:
        """Takes over the values as they are now; a bad one raises ValueError and changes nothing."""
        settings = parse(self._sidecar.configuration(self._store, KEYS))
        if settings == self._current:
            return
        self._apply(settings)
        self._current = settings
        log(
            "info",
            "Configuration in force",
            logFile=str(settings.log_file),
            alertEvents=sorted(settings.alert_events),
            kafkaUrl=settings.kafka_url,
        )

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
                self._read()
            except ValueError as error:
                log("error", f"{error} The former value stays in force.")
            except STORE_ERRORS as error:
                log("error", "LOG_FILE cannot be written; the former value stays in force.", reason=str(error))
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
        if not subscription:
            return
        try:
            self._sidecar.unsubscribe_configuration(self._store, subscription)
        except SidecarError as error:
            log("debug", "The former configuration subscription was gone already", reason=str(error))
