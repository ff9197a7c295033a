"""The few calls of the Dapr HTTP API that this service needs. Nothing else here talks to Dapr."""

from __future__ import annotations

import http.client
import json
import os
import time
from threading import Event
from typing import Optional
from urllib.parse import quote, urlencode

from log import to_json

START_LIMIT_S = 60
POLL_S = 0.1


class CannotStart(Exception):
    """Ends the service; its text is the one sentence the user reads."""


class SidecarError(Exception):
    """The sidecar is away, or answered that it could not do it; another attempt may succeed."""


class Sidecar:
    def __init__(self, port: int) -> None:
        self._port = port
        token = os.environ.get("DAPR_API_TOKEN")
        self._headers = {"dapr-api-token": token} if token else {}

    def wait_until_ready(self, stopping: Event) -> None:
        """Outbound health: components are loaded and the API answers; it does not wait for this app."""
        deadline = time.monotonic() + START_LIMIT_S
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"No Dapr sidecar became ready on 127.0.0.1:{self._port} within {START_LIMIT_S} s; "
                    "start daprd for this app or set DAPR_HTTP_PORT."
                )
            if stopping.wait(POLL_S):
                return

    def is_ready(self) -> bool:
        try:
            self._call("GET", "/v1.0/healthz/outbound", timeout=1)
        except SidecarError:
            return False
        return True

    def components(self, kind: str) -> dict[str, str]:
        """Name -> type of the components in scope whose type begins with `kind`."""
        found = self._call("GET", "/v1.0/metadata").get("components") or []
        return {c["name"]: c["type"] for c in found if c["type"].startswith(kind + ".")}

    def the_one(self, kind: str) -> str:
        names = sorted(self.components(kind))
        if len(names) != 1:
            raise CannotStart(
                f"This service needs exactly one {kind} component in its scope but the sidecar has "
                f"{', '.join(names) or 'none'}; correct the component files."
            )
        return names[0]

    def publish(self, pubsub: str, topic: str, cloud_event: dict) -> None:
        path = f"/v1.0/publish/{quote(pubsub, safe='')}/{quote(topic, safe='')}"
        self._call("POST", path, cloud_event, content_type="application/cloudevents+json")

    def invoke_binding(self, name: str, operation: str, data: object) -> None:
        self._call("POST", f"/v1.0/bindings/{quote(name, safe='')}", {"operation": operation, "data": data})

    def configuration(self, store: str, keys: tuple[str, ...]) -> dict[str, str]:
        items = self._call("GET", self._store(store) + "?" + self._keys(keys))
        return {key: item.get("value", "") for key, item in items.items()}

    def subscribe_configuration(self, store: str, keys: tuple[str, ...]) -> str:
        return self._call("GET", f"{self._store(store)}/subscribe?" + self._keys(keys))["id"]

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
            connection.request(verb, path, payload, {**self._headers, "content-type": content_type})
            response = connection.getresponse()
            content = response.read()
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
