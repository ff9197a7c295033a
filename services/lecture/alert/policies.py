"""Whenever an event named in ALERT_EVENTS happened, send one notice."""

from __future__ import annotations

import re
import time
import uuid
from threading import Lock
from typing import Optional

from journal import Journal
from log import log, now
from settings import Settings
from sidecar import Sidecar, SidecarError

SUCCESS, RETRY = "SUCCESS", "RETRY"
# A batch must be answered long before the broker takes it for lost (60 s on Redis).
BATCH_LIMIT_S = 10
MESSENGER = "notice"


def fault_of(event: object) -> Optional[str]:
    """What makes this no event of ours, or None."""
    if not isinstance(event, dict):
        return "the event is not a CloudEvent"
    if not isinstance(event.get("id"), str) or not event["id"]:
        return "the CloudEvent has no id"
    data = event.get("data")
    if not isinstance(data, dict):
        return "data is not a JSON object"
    if not isinstance(data.get("eventType"), str) or not data["eventType"]:
        return "data.eventType is missing"
    if not re.fullmatch(r"[0-9]{14}", str(data.get("timestamp", ""))):
        return "data.timestamp is not a string of 14 digits"
    return None


def trace_of(event: dict) -> Optional[re.Match]:
    parent = event.get("traceparent")
    return re.fullmatch(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", parent) if isinstance(parent, str) else None


def record_of(event: dict) -> dict:
    """The line in LOG_FILE. `id` comes first: the journal knows its own torn lines by it."""
    kept = {key: event[key] for key in ("time", "subject", "traceparent") if event.get(key)}
    return {"id": event["id"], **kept, "data": event["data"]}


def text_of(event: dict) -> str:
    """What a person reads in a messenger."""
    data = event["data"]
    facts = ", ".join(f"{key} {value}" for key, value in data.items() if key not in ("eventType", "timestamp"))
    return f"{data['eventType']}: {facts}"


class Alert:
    def __init__(self, app_id: str, sidecar: Sidecar) -> None:
        self._app_id = app_id
        self._sidecar = sidecar
        self.topic = app_id.split("-", 1)[0]
        self.pubsub = sidecar.the_one("pubsub")
        self._messenger = sidecar.components("bindings").get(MESSENGER)
        self._wanted: frozenset[str] = frozenset()
        self._written: Optional[Journal] = None
        self._sent: Optional[Journal] = None
        self._sending = Lock()

    def subscription(self) -> dict:
        """In batches: single events would come one by one per Kafka partition, and the sidecar (1.18) acknowledges a
        single event when the app is killed in the middle of it, but no batch."""
        bulk = {"enabled": True, "maxMessagesCount": 100, "maxAwaitDurationMs": 10}
        return {"pubsubname": self.pubsub, "topic": self.topic, "route": "/events", "bulkSubscribe": bulk}

    def configure(self, settings: Settings) -> None:
        path = settings.log_file
        if self._written is None or self._written.path != path:
            written = Journal(path)
            self._sent = Journal(path.with_name(path.name + ".sent")) if self._messenger else None
            self._written = written
        self._wanted = settings.alert_events

    def handle(self, entries: list) -> list[dict]:
        """One status per entry of the sidecar's batch."""
        deadline = time.monotonic() + BATCH_LIMIT_S
        statuses: dict[str, str] = {}
        notices: dict[str, dict] = {}
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("entryId"), str):
                continue
            key, event = entry["entryId"], entry.get("event")
            fault = fault_of(event)
            if fault:
                statuses[key] = self._dead_letter(event, fault)
            elif event["data"]["eventType"] in self._wanted:
                notices[key] = event
            else:
                statuses[key] = SUCCESS
        done = self._notify(list(notices.values()), deadline)
        statuses.update({key: SUCCESS if event["id"] in done else RETRY for key, event in notices.items()})
        return [{"entryId": key, "status": status} for key, status in statuses.items()]

    def _notify(self, events: list[dict], deadline: float) -> set[str]:
        """The ids of those whose notice is out, now or before."""
        written, sent = self._written, self._sent
        if not events:
            return set()
        try:
            fresh = {record["id"] for record in written.append([record_of(event) for event in events])}
        except OSError as error:
            log("error", f"Notices cannot be written to {written.path} and will be tried again: {error.strerror}")
            return set()
        by_id = {event["id"]: event for event in events}
        for key, event in by_id.items():
            if key in fresh:
                trace = trace_of(event)
                known = {"traceId": trace.group(1)} if trace else {}
                log("info", "Notice", **known, eventId=key, event=event["data"])
        return set(by_id) if sent is None else self._send(by_id, sent, deadline)

    def _send(self, events: dict[str, dict], sent: Journal, deadline: float) -> set[str]:
        """Sent first, noted then: only a crash between the two can send a message twice, none can lose it."""
        done: set[str] = set()
        if not self._sending.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return done
        try:
            unsent = sent.missing(list(events))
            done.update(set(events) - set(unsent))
            for key in unsent:
                if time.monotonic() > deadline:
                    break
                if self._send_one(key, text_of(events[key])):
                    done.add(key)
                    sent.append([{"id": key, "time": now()}])
        except OSError as error:
            log("error", f"{sent.path}, the record of what was sent, cannot be written: {error.strerror}")
        finally:
            self._sending.release()
        return done

    def _send_one(self, event_id: str, text: str) -> bool:
        operation = "post" if self._messenger == "bindings.http" else "create"
        try:
            self._sidecar.invoke_binding(MESSENGER, operation, {"text": text})
        except SidecarError as error:
            log("warn", "A notice could not be sent and will be tried again", eventId=event_id, reason=str(error))
            return False
        return True

    def _dead_letter(self, event: object, reason: str) -> str:
        letter = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": self._app_id,
            "type": "DeadLetter",
            "time": now(),
            "datacontenttype": "application/json",
            "data": {"reason": reason, "consumer": self._app_id, "event": event},
        }
        trace = trace_of(event) if isinstance(event, dict) else None
        if trace:  # the sidecar keeps a traceparent only beside a traceid
            letter.update(traceparent=trace.group(0), traceid=trace.group(0))
        try:
            self._sidecar.publish(self.pubsub, f"{self.topic}-deadletter", letter)
        except SidecarError as error:
            log("error", "A malformed event could not be put aside and will be tried again", reason=str(error))
            return RETRY
        log("warn", "A malformed event was put aside", reason=reason, deadLetter=letter["id"])
        return SUCCESS
