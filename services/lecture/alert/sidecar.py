"""The few calls of the Dapr HTTP API that this service needs. Nothing else here talks to Dapr."""

from __future__ import annotations

import http.client
import json
import os
import secrets
from typing import NamedTuple, Optional
from urllib.parse import quote, urlencode

from log import to_json

ANSWER_LIMIT = 4 * 1024 * 1024
MESSENGER = "notice"


class CannotStart(Exception):
    """Ends the service; its text is the one sentence the user reads."""


class SidecarError(Exception):
    """The sidecar is away, or answered that it could not do it; another attempt may succeed."""


class Components(NamedTuple):
    """The names of what the component files put in scope, and the type of the messenger's binding, if there is one."""

    pubsub: str
    configuration: str
    messenger: Optional[str]


class Sidecar:
    """Every call raises SidecarError when it fails, also when the answer is not one of Dapr."""

    def __init__(self, port: int) -> None:
        self._port = port
        token = os.environ.get("DAPR_API_TOKEN")
        self._headers = {"dapr-api-token": token} if token else {}

    def check(self) -> None:
        """Outbound health: components are loaded and the API answers; it does not wait for this app."""
        self._call("GET", "/v1.0/healthz/outbound", timeout=1)

    def components(self) -> Components:
        """Raises CannotStart if one is missing: the files must be corrected."""
        self.check()
        found = self._call("GET", "/v1.0/metadata").get("components") or []
        try:
            types = {str(each["name"]): str(each["type"]) for each in found}
        except (TypeError, KeyError) as error:
            raise SidecarError("the sidecar answered nonsense for its components") from error
        return Components(_the_one(types, "pubsub"), _the_one(types, "configuration"), types.get(MESSENGER))

    def subscribed(self, topic: str) -> Optional[bool]:
        """Whether it brings the events of a topic; None while it starts."""
        try:
            self._call("GET", "/v1.0/healthz", timeout=1)
        except SidecarError:
            return None
        metadata = self._call("GET", "/v1.0/metadata")
        if "id" not in metadata:
            return None
        return any(each["topic"] == topic for each in metadata.get("subscriptions") or [])

    def end(self) -> None:
        """Asks it to end."""
        self._call("POST", "/v1.0/shutdown")

    def publish(self, pubsub: str, topic: str, cloud_event: dict) -> None:
        path = f"/v1.0/publish/{quote(pubsub, safe='')}/{quote(topic, safe='')}"
        self._call("POST", path, cloud_event, content_type="application/cloudevents+json")

    def send(self, text: str, messenger: str) -> None:
        """To the messenger, whose binding is of this type."""
        operation = "post" if messenger == "bindings.http" else "create"
        self._call("POST", f"/v1.0/bindings/{MESSENGER}", {"operation": operation, "data": {"text": text}}, timeout=15)

    def configuration(self, store: str, keys: tuple[str, ...]) -> dict[str, str]:
        items = self._call("GET", self._store(store) + "?" + self._keys(keys))
        try:
            return {key: str(item.get("value", "")) for key, item in items.items()}
        except AttributeError as error:
            raise SidecarError("the sidecar answered nonsense for the configuration") from error

    def subscribe_configuration(self, store: str, keys: tuple[str, ...]) -> str:
        return str(self._call("GET", f"{self._store(store)}/subscribe?" + self._keys(keys)).get("id", ""))

    def unsubscribe_configuration(self, store: str, subscription: str) -> None:
        self._call("GET", f"{self._store(store)}/{quote(subscription, safe='')}/unsubscribe", timeout=2)

    @staticmethod
    def _store(store: str) -> str:
        return f"/v1.0/configuration/{quote(store, safe='')}"

    @staticmethod
    def _keys(keys: tuple[str, ...]) -> str:
        return urlencode([("key", key) for key in keys])

    def _call(
        self,
        verb: str,
        path: str,
        body: Optional[object] = None,
        content_type: str = "application/json",
        timeout: float = 5,
    ) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            payload = None if body is None else to_json(body)
            headers = {**self._headers, "traceparent": _unrecorded(), "content-type": content_type}
            connection.request(verb, path, payload, headers)
            response = connection.getresponse()
            content = response.read(ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise SidecarError(f"the sidecar on port {self._port} did not answer {verb} {path}: {error}") from error
        finally:
            connection.close()
        if response.status >= 300:
            raise SidecarError(f"{verb} {path} was answered {response.status}: {content[:300].decode('utf-8', 'replace')}")
        try:
            answer = json.loads(content) if content else {}
        except ValueError:
            answer = {}  # An output binding may hand back whatever the other side said.
        return answer if isinstance(answer, dict) else {}


def _unrecorded() -> str:
    """What it does unasked is not recorded: there would be a trace of one span for each of its calls. Each has a number of
    its own, since an event that is published without a trace gets this one."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def _the_one(types: dict[str, str], kind: str) -> str:
    names = sorted(name for name, found in types.items() if found.startswith(kind + "."))
    if len(names) != 1:
        raise CannotStart(
            f"This service needs exactly one {kind} component in its scope but the sidecar has "
            f"{', '.join(names) or 'none'}; correct the component files."
        )
    return names[0]
