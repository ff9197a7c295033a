"""Whenever an event named in ALERT_EVENTS happened, send one notice."""

from __future__ import annotations

import uuid
from threading import Event as Signal
from typing import Iterable, Optional

from activity import Activity
from events import Entry, Event, Unreadable, read, reference_to
from journal import Journal
from log import log, now, seconds_since
from metrics import RETRY, SUCCESS, Metrics
from settings import Settings
from sidecar import Components, Sidecar, SidecarError
from store import STORE_ERRORS, DeadLetter, Store

# So that a delivery of the largest messages stays below 30 MB.
BATCH = 20
NOTICE_FAILED = "the messenger did not take the notice"


class Alert:
    """A notice is a line in LOG_FILE and, where a messenger is configured, a message.

    An event is acknowledged when its notice is in the file and its message in the store, from where it is sent
    meanwhile or later. It is asked for again (RETRY) only while file or store cannot be written.
    """

    def __init__(self, app_id: str, sidecar: Sidecar, store: Store, metrics: Metrics) -> None:
        self.app_id = app_id
        self.topic = app_id.split("-", 1)[0]
        self.store = store
        self.metrics = metrics
        self.activity = Activity()
        self.to_send = Signal()  # set when the workers have something to do
        self.to_tell = Signal()
        self.trouble: Optional[str] = None  # why events wait, while they do
        self._sidecar = sidecar
        self._components: Optional[Components] = None
        self._wanted: frozenset[str] = frozenset()
        self._journal: Optional[Journal] = None
        self._unnoted: set[str] = set()

    def begin(self, components: Components) -> None:
        """Raises one of STORE_ERRORS while the store cannot be written."""
        self.store.check()
        self._components = components

    def subscription(self, pubsub: str) -> dict:
        """Raw: the sidecar hands over whatever is on the topic; it would stumble for ever over what is no JSON.
        In batches: single events would come one by one per Kafka partition, and the sidecar (1.18) acknowledges a
        single event when the app is killed in the middle of it, but no batch. An event waits 100 ms for others: nobody
        waits for a notice, and each event of the system comes here."""
        bulk = {"enabled": True, "maxMessagesCount": BATCH, "maxAwaitDurationMs": 100}
        metadata = {"rawPayload": "true"}
        return {
            "pubsubname": pubsub,
            "topic": self.topic,
            "route": "/events",
            "metadata": metadata,
            "bulkSubscribe": bulk,
        }

    def configure(self, settings: Settings) -> None:
        """Raises OSError if LOG_FILE cannot be used."""
        if self._journal is None or self._journal.path != settings.log_file:
            self._journal = Journal(settings.log_file)
        self._wanted = settings.alert_events

    def handle(self, entries: Iterable[Entry]) -> dict[str, str]:
        """The status of each entry by its id. No entry has a part in what becomes of the others."""
        statuses: dict[str, str] = {}
        notices: dict[str, tuple[Event, bytes]] = {}
        trouble: list[str] = []
        for entry in entries:
            try:
                event = read(entry.content, entry.size)
            except Unreadable as error:
                statuses[entry.id] = self._bury(entry, str(error), trouble)
                continue
            if event.type in self._wanted:
                notices[entry.id] = event, entry.content
            else:
                statuses[entry.id] = SUCCESS
        outcome = self._notify(list(notices.values()), trouble)
        statuses.update(dict.fromkeys(notices, outcome))
        self.trouble = trouble[0] if trouble else None
        for status in statuses.values():
            self.metrics.count("events_handled", f'{{outcome="{status}"}}')
        return statuses

    def _notify(self, events: list[tuple[Event, bytes]], trouble: list[str]) -> str:
        """SUCCESS when all have their notice, now or before."""
        journal = self._journal
        if not events or journal is None:
            return RETRY if events else SUCCESS
        try:
            if self._components and self._components.messenger:
                self.store.queue({event.key: content for event, content in events})
                self.to_send.set()
            fresh = set(journal.append({event.key: event.line() for event, _ in events}))
        except STORE_ERRORS as error:
            trouble.append(f"notices cannot be written: {_reason(error)}")
            log("error", f"Notices cannot be written to {journal.path} and will be tried again: {_reason(error)}")
            for event, _ in events:
                self.activity.acted(event, "again", trouble[-1])
            return RETRY
        for event, _ in events:
            if event.key in fresh:
                fresh.discard(event.key)
                known = {"traceId": event.trace_id} if event.trace_id else {}
                self.activity.acted(event, "done")
                log("info", "Notice", **known, eventId=event.key, event=event.data)
                self.metrics.count("event_lag_seconds", by=seconds_since(event.attributes.get("time", "")))
        return SUCCESS

    def _bury(self, entry: Entry, reason: str, trouble: list[str]) -> str:
        if trouble:
            return RETRY  # waiting for the store again, for each entry, would take longer than the broker's patience
        try:
            number = self.store.bury(entry.content, entry.size, reason)
        except STORE_ERRORS as error:
            trouble.append(f"dead letters cannot be written: {_reason(error)}")
            log("error", "A malformed event could not be put aside and will be tried again", reason=_reason(error))
            return RETRY
        self._buried(number, reason)
        return SUCCESS

    def _buried(self, number: Optional[int], reason: str) -> None:
        if number is not None:
            self.metrics.count("dead_letters")
            self.activity.dead(reason)
            log("error", "An event became a dead letter", reason=reason, deadLetter=number)
            self.to_tell.set()

    def replay(self, letter: DeadLetter) -> None:
        """Handles it again. Raises Unreadable if it cannot be handled, one of STORE_ERRORS if not now."""
        if not letter.replayable:
            raise Unreadable("only its beginning was kept")
        event = read(letter.event)
        if event.type in self._wanted and self._notify([(event, letter.event)], []) != SUCCESS:
            raise OSError("notices cannot be written")
        self.store.mark(letter.id, "replayed")

    def send_one(self) -> bool:
        """Sends the message that is due; False: none is. Raises SidecarError, or one of STORE_ERRORS.

        The attempt is noted before it is made: while the store cannot be written nothing is sent, so a message is
        repeated only if this process dies between sending and noting."""
        if not self._components or not self._components.messenger:
            return False
        for key in list(self._unnoted):
            self.store.sent(key)
            self._unnoted.discard(key)
        message = self.store.claim()
        if message is None:
            return False
        try:
            self._sidecar.send(read(message.event).text(), self._components.messenger)
        except Exception as error:
            reason = NOTICE_FAILED if isinstance(error, SidecarError) else "the notice could not be made a message"
            self.metrics.count("calls_failed", '{callee="notice",why="down"}')
            if message.attempts == 1:
                self.metrics.count("events_deferred")
            log("warn", "A notice could not be sent and will be tried again", eventId=message.id, reason=str(error))
            self._buried(self.store.failed(message, reason), reason)
            raise
        self._unnoted.add(message.id)
        self.store.sent(message.id)
        self._unnoted.discard(message.id)
        return True

    def tell_one(self) -> bool:
        """Publishes that there is a dead letter, by reference; False: all are told. Raises as `send_one` does."""
        letter = self.store.untold() if self._components else None
        if letter is None or self._components is None:
            return False
        reference, trace = reference_to(letter.event)
        told = {
            "specversion": "1.0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.app_id}/deadletters/{letter.id}/{letter.at}")),
            "source": self.app_id,
            "type": "DeadLetter",
            "subject": str(letter.id),
            "time": now(),
            "datacontenttype": "application/json",
            "data": {
                "id": letter.id,
                "consumer": self.app_id,
                "reason": letter.reason,
                "event": reference,
            },
        }
        if trace:  # the sidecar keeps a traceparent only beside a traceid
            told.update(traceparent=trace, traceid=trace)
        self._sidecar.publish(self._components.pubsub, f"{self.topic}-deadletter", told)
        self.store.mark(letter.id, "told")
        return True


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
