"""Reads what the broker has: a delivery of the sidecar, and the event in each of its entries."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from decimal import Decimal
from typing import Iterator, NamedTuple, Optional

from log import to_json

# No larger message is handled: Kafka takes none, and our services publish 900 kB at most.
EVENT_LIMIT = 1024 * 1024
# What is kept of a message that cannot be handled.
KEPT = 64 * 1024
TEXT_LIMIT = 4_000
# No longer notice is made: a text of ours has 1,000 characters at most, and no event has many.
LINE_LIMIT = 64 * 1024

_HEAD = re.compile(rb'\{"entryId":("(?:[^"\\]|\\.){0,500}"),"event":"')
_HEAD_LIMIT = 2_100  # as many bytes as a head can have
_IDENTIFIER = re.compile(r"[\w./:-]{1,150}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{14}")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Unreadable(Exception):
    """No event of ours, and it will never be one; the text says why in words of our own."""


class Entry(NamedTuple):
    """One message of a delivery. Of one above EVENT_LIMIT `content` is only the beginning."""

    id: str
    content: bytes
    size: int


class Event(NamedTuple):
    key: str  # its id, or the hash of an id that is not fit to be remembered
    type: str
    data: dict
    attributes: dict[str, str]  # those of time, subject and traceparent that it has

    @property
    def trace_id(self) -> Optional[str]:
        found = _TRACE.fullmatch(self.attributes.get("traceparent", ""))
        return found.group(1) if found else None

    def line(self) -> bytes:
        """The line in LOG_FILE. `id` comes first: the journal knows its own torn lines by it."""
        return to_json({"id": self.key, **self.attributes, "data": self.data})

    def text(self) -> str:
        """What a person reads in a messenger."""
        facts = [
            f"{name} {value if isinstance(value, str) else to_json(value).decode()}"
            for name, value in self.data.items()
            if name not in ("eventType", "timestamp")
        ]
        text = f"{self.type}: {', '.join(facts)}"
        return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT] + " ..."


def entries_of(body: Iterator[bytes]) -> Iterator[Entry]:
    """The entries of `{"entries":[{"entryId":"...","event":"<base64>", ...}, ...], ...}`, which comes in pieces.

    The subscription is raw, so an event is the base64 of the bytes on the topic, whatever they are. Read as a stream,
    a delivery needs no more memory than its entries may have, however large a message is.
    """
    text_limit = EVENT_LIMIT // 3 * 4 + 8  # a little longer is too long, and seen as such by its size
    rest = b""
    for piece in body:
        rest += piece
        while True:
            head = _HEAD.search(rest)
            if not head:
                rest = rest[-_HEAD_LIMIT:]
                break
            text, padding, length, found, rest = b"", b"", 0, b"", rest[head.end() :]
            while not found:
                part, found, rest = rest.partition(b'"')
                text, padding, length = (text + part)[:text_limit], (padding + part)[-2:], length + len(part)
                rest = rest if found else next(body, b'"')
            yield _entry(json.loads(head.group(1)), text, length * 3 // 4 - padding.count(b"="))


def _entry(entry_id: str, text: bytes, size: int) -> Entry:
    if size > EVENT_LIMIT:
        text = text[: KEPT // 3 * 4]
    try:
        return Entry(entry_id, base64.b64decode(text, validate=True), size)
    except binascii.Error:
        return Entry(entry_id, text[:KEPT], len(text))


def read(content: bytes, size: Optional[int] = None) -> Event:
    """The event in a message of `size` bytes. Raises Unreadable."""
    if (size or len(content)) > EVENT_LIMIT:
        raise Unreadable(f"the message is larger than {EVENT_LIMIT} bytes")
    event = _parse(content)
    if not isinstance(event, dict):
        raise Unreadable("the event is not a CloudEvent")
    key, data = event.get("id"), event.get("data")
    if not isinstance(key, str) or not key:
        raise Unreadable("the CloudEvent has no id")
    if not isinstance(data, dict):
        raise Unreadable("data is not a JSON object")
    name, timestamp = data.get("eventType"), data.get("timestamp")
    if not isinstance(name, str) or not name:
        raise Unreadable("data.eventType is missing")
    if not isinstance(timestamp, str) or not _TIMESTAMP.fullmatch(timestamp):
        raise Unreadable("data.timestamp is not a string of 14 digits")
    given = {name: event.get(name) for name in ("time", "subject", "traceparent")}
    attributes = {name: value for name, value in given.items() if isinstance(value, str) and 0 < len(value) <= 500}
    found = Event(key_of(key), name, data, attributes)
    try:
        line, _ = found.line(), found.text()
    except RecursionError:
        raise Unreadable("the event is nested too deeply") from None
    if len(line) > LINE_LIMIT:
        raise Unreadable(f"the event says more than {LINE_LIMIT} bytes")
    return found


def key_of(identifier: str) -> str:
    """An id of any length and content as a key of bounded length."""
    if _IDENTIFIER.fullmatch(identifier):
        return identifier
    return "hash-" + hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()


def reference_to(content: bytes) -> tuple[dict[str, str], Optional[str]]:
    """By what a message that cannot be handled is recognised: whatever it has of id, type and subject; and its trace."""
    try:
        event = _parse(content)
    except Unreadable:
        return {}, None
    if not isinstance(event, dict):
        return {}, None
    given = {name: event.get(name) for name in ("id", "type", "subject")}
    trace = event.get("traceparent")
    known = isinstance(trace, str) and _TRACE.fullmatch(trace)
    return {name: value[:200] for name, value in given.items() if isinstance(value, str)}, trace if known else None


def _parse(content: bytes) -> object:
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except ValueError:
        raise Unreadable("the message is not JSON in UTF-8") from None
    except RecursionError:
        raise Unreadable("the event is nested too deeply") from None


def _object(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("a JSON object has the same key twice")
    return found


def _integer(text: str) -> int:
    if len(text) > 300:  # a longer one costs quadratic time
        raise Unreadable("a number is too large")
    return int(text)


def _float(text: str) -> float:
    if len(text) > 300:
        raise Unreadable("a number is too long")
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise Unreadable("a number is too large")
    # A float keeps 17 digits, and a notice says what was sent. A Decimal takes no exponent as small as a text may have.
    is_zero = found == 0
    if re.search("[1-9]", re.split("[eE]", text)[0]) if is_zero else Decimal(repr(found)) != Decimal(text):
        raise Unreadable("a number has more digits than can be kept")
    return found


def _constant(text: str) -> float:
    raise Unreadable(f"{text} is not JSON")
