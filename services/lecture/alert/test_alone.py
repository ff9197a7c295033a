"""The parts of the alert service without Dapr; where sockets matter, with real ones."""

from __future__ import annotations

import base64
import fcntl
import json
import socket
import sqlite3
import tempfile
import threading
import time
import tracemalloc
import unittest
from contextlib import closing
from pathlib import Path
from typing import Iterator, Optional
from unittest import mock

import journal
import server
import store
from app import App
from events import EVENT_LIMIT, KEPT, Entry, Unreadable, entries_of, read, reference_to
from journal import Journal
from log import shortened
from metrics import Metrics
from policies import Alert
from settings import Configuration, parse, port_of
from sidecar import Components, Sidecar, SidecarError
from store import Store
from subscription import LOOK_S, MOST_RESTARTS, Subscription

SCHEMAS = json.loads((Path(__file__).parent / "event-schemas.json").read_text(encoding="utf-8"))
SETTINGS = {"LOG_FILE": "notices.txt", "ALERT_EVENTS": "ClassRegistered", "KAFKA_URL": "localhost:9092"}


def event_of(key: str = "e-1", **data: object) -> bytes:
    data = {"eventType": "ClassRegistered", "timestamp": "20260102030405", **data}
    return json.dumps({"id": key, "type": "ClassRegistered", "data": data}).encode()


def delivery_of(*contents: bytes) -> bytes:
    """As daprd builds it for a raw subscription."""
    entries = [
        {"entryId": str(n), "event": base64.b64encode(content).decode(), "metadata": None, "contentType": "x/y"}
        for n, content in enumerate(contents)
    ]
    return json.dumps({"entries": entries, "id": "", "pubsubname": "p", "topic": "t"}, separators=(",", ":")).encode()


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return iter([content[at : at + size] for at in range(0, len(content), size)])


class Events(unittest.TestCase):
    def test_given_a_delivery_when_it_comes_in_pieces_of_any_size_then_each_entry_has_its_exact_bytes(self) -> None:
        contents = (b"hello", b"", b"\x00\xff\"\\", event_of(), b'{"entryId":"x","event":"')
        delivery = delivery_of(*contents)
        for size in (1, 2, 3, 7, 100, len(delivery)):
            found = list(entries_of(pieces(delivery, size)))
            self.assertEqual([(str(n), c, len(c)) for n, c in enumerate(contents)], [tuple(entry) for entry in found])

    def test_given_headers_that_look_like_entries_then_they_are_none(self) -> None:
        item = {"entryId": "a", "event": "aGk=", "metadata": {"x": '{"entryId":"b","event":"aGk="}'}}
        found = list(entries_of(iter([json.dumps({"entries": [item]}, separators=(",", ":")).encode()])))
        self.assertEqual([Entry("a", b"hi", 2)], found)

    def test_given_a_message_above_the_limit_then_its_beginning_is_kept_and_the_next_is_whole(self) -> None:
        large, limit = b"x" * (10 * EVENT_LIMIT), b"y" * EVENT_LIMIT
        first, second, third = entries_of(pieces(delivery_of(large, limit, b"next"), 1000_000))
        self.assertEqual((10 * EVENT_LIMIT, KEPT - 1), (first.size, len(first.content)))
        self.assertEqual((EVENT_LIMIT, b"next"), (len(second.content), third.content))
        self.assertRaisesRegex(Unreadable, "larger than 1048576 bytes", read, first.content, first.size)

    def test_given_a_message_of_100_MB_then_only_a_little_of_it_is_in_memory(self) -> None:
        piece = b"x" * 100_000
        body = (piece if 0 < n < 1_000 else {0: b'{"entryId":"a","event":"', 1_000: b'"'}[n] for n in range(1_001))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        (entry,) = entries_of(body)
        self.assertGreater(entry.size, 70_000_000)
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 * EVENT_LIMIT)

    def test_given_what_is_no_event_then_the_reason_is_told(self) -> None:
        bad = {
            b"": "not JSON in UTF-8",
            b"hello": "not JSON in UTF-8",
            b"\xb1\xb3\xc0\xb0": "not JSON in UTF-8",
            event_of().decode().encode("utf-16"): "not JSON in UTF-8",
            b"123": "not a CloudEvent",
            b"null": "not a CloudEvent",
            b"[" * 100_000: "nested too deeply",
            b'{"a":' * 100_000: "nested too deeply",
            b'{"id":7}': "has no id",
            b'{"id":"a","data":[]}': "data is not a JSON object",
            b'{"id":"a","id":"b"}': "the same key twice",
            b'{"id":"a","data":{"x":NaN}}': "NaN is not JSON",
            b'{"id":"a","data":{"x":1e999}}': "too large",
            b'{"id":"a","data":{"x":0.99999999999999999}}': "more digits than can be kept",
            b'{"id":"a","data":{"x":1e-99999999999999999999}}': "more digits than can be kept",
            b'{"id":"a","data":{"x":1.' + b"1" * 400_000 + b"}}": "a number is too long",
            event_of(student="x" * 1_000_000): "says more than 65536 bytes",
            b'{"id":"a","data":{"x":' + b"9" * 400_000 + b"}}": "too large",
            event_of(eventType=None): "data.eventType is missing",
            event_of(timestamp=20260102030405): "not a string of 14 digits",
            event_of(timestamp="２０２６０１０２０３０４０５"): "not a string of 14 digits",
        }
        for content, reason in bad.items():
            with self.subTest(content[:40]):
                self.assertRaisesRegex(Unreadable, reason, read, content)

    def test_given_what_its_schema_of_an_event_needs_then_an_event_without_any_of_it_is_unreadable(self) -> None:
        reads = SCHEMAS["reads"]
        self.assertEqual(["eventType", "timestamp"], sorted(reads["required"]))
        for name in reads["required"]:
            whole = json.loads(event_of())
            del whole["data"][name]
            self.assertRaisesRegex(Unreadable, name, read, json.dumps(whole).encode())

    def test_given_any_id_then_its_key_is_short_and_its_own(self) -> None:
        keys = [read(event_of(key)).key for key in ("e-1", "x||y", "x" * 900_000, "\ud800", "\0")]
        self.assertEqual("e-1", keys[0])
        self.assertEqual((5, [69] * 4), (len(set(keys)), [len(key) for key in keys[1:]]))

    def test_given_odd_values_then_line_and_message_are_json_and_text(self) -> None:
        event = read(event_of(student="\ud800x\0", paid=True, none=None, many=[1]))
        self.assertEqual("\ud800x\0", json.loads(event.line())["data"]["student"])
        self.assertTrue(event.text().endswith("paid true, none null, many [1]"))
        self.assertLess(len(read(event_of(x="y" * 60_000)).text()), 4_100)
        self.assertEqual([0.1, 1.5, 0.0, 12.5], read(event_of(many=[0.1, 1.50, 0e-9, 125e-1])).data["many"])
        nothing = b'{"id":"a","data":{"eventType":"T","timestamp":"20260102030405","x":0e-99999999999999999999}}'
        self.assertEqual(0.0, read(nothing).data["x"])

    def test_given_values_of_any_size_then_the_line_in_the_log_is_short(self) -> None:
        long = {"n" * 1_000_000: ["x" * 1_000_000] * 1_000, "deep": [[[[[[["y"] * 1_000_000]]]]]]}
        self.assertLess(len(json.dumps(shortened({"reason": "r" * 1_000_000}))), 4_100)
        self.assertLess(len(json.dumps(shortened(long))), 500_000)
        self.assertEqual({"a": [1, None, "x"]}, shortened({"a": [1, None, "x"]}))

    def test_given_an_unreadable_message_then_what_can_be_recognised_of_it_is_told_in_short(self) -> None:
        self.assertEqual(({}, None), reference_to(b"hello"))
        self.assertEqual({"id": "a" * 200}, reference_to(json.dumps({"id": "a" * 999, "type": 7}).encode())[0])


class SettingsAlone(unittest.TestCase):
    def test_given_a_malformed_value_then_its_key_is_named(self) -> None:
        bad = {
            "LOG_FILE": ("", " ", "logs/", "..", ".", "a/..", "a\0b", "a\nb", "lecture-alert.db"),
            "ALERT_EVENTS": (" ", "A,,B", "A B", "A;B", "ＡＢ", ","),
            "KAFKA_URL": ("localhost", "localhost:", ":9092", "h:0", "h:65536", "h:0x10", "h:1e1", "h:９０９２", "a:1,,b:2"),
        }
        for key, values in bad.items():
            for value in values:
                with self.subTest(key=key, value=value):
                    self.assertRaisesRegex(ValueError, key, parse, {**SETTINGS, key: value})

    def test_given_good_values_then_they_are_taken(self) -> None:
        taken = parse({**SETTINGS, "ALERT_EVENTS": " A , B2", "KAFKA_URL": "a-1.b:1, [::1]:65535"})
        self.assertEqual({"A", "B2"}, taken.alert_events)

    def test_a_port_is_decimal_digits(self) -> None:
        texts = ("8080", "0", "08080", " 8080", "8e3", "0x50", "٣٣", "65536", "-1", "")
        self.assertEqual([8080] + [None] * 9, [port_of(text) for text in texts])


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class JournalAlone(InAFolder):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "new" / "journal.txt"

    def write(self, content: bytes) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_bytes(content)

    @staticmethod
    def append(to: Journal, *keys: str) -> list[str]:
        return to.append({key: b'{"id":"%s"}' % key.encode() for key in keys})

    def test_ids_written_before_are_known(self) -> None:
        self.append(Journal(self.path), "a")
        self.assertEqual(["b"], self.append(Journal(self.path), "a", "b"))
        self.assertEqual(b'{"id":"a"}\n{"id":"b"}\n', self.path.read_bytes())

    def test_replicas_share_a_file(self) -> None:
        one, other = Journal(self.path), Journal(self.path)
        self.append(one, "a")
        self.assertEqual([], self.append(other, "a"))

    def test_given_a_replica_that_hangs_with_the_file_then_it_is_not_waited_for_without_end(self) -> None:
        own = Journal(self.path)
        with open(self.path, "rb") as file, mock.patch.object(journal, "LOCK_S", 0.1):
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assertRaises(OSError, self.append, own, "a")
        self.assertEqual(["a"], self.append(own, "a"))

    def test_a_torn_record_is_cut_off_and_a_whole_one_only_gets_its_end(self) -> None:
        for torn in (b"{", b'{"id', b'{"id":"b","data":{"x'):
            self.write(b'{"id":"a"}\n' + torn)
            Journal(self.path)
            self.assertEqual(b'{"id":"a"}\n', self.path.read_bytes())
        self.write(b'{"id":"a"}\n{"id":"b"}')
        self.assertEqual([], self.append(Journal(self.path), "b"))
        self.assertEqual(b'{"id":"a"}\n{"id":"b"}\n', self.path.read_bytes())

    def test_foreign_content_stays(self) -> None:
        self.write(b"\xff\xfe not ours")
        self.append(Journal(self.path), "a")
        self.assertEqual(b'\xff\xfe not ours\n{"id":"a"}\n', self.path.read_bytes())

    def test_a_rotated_file_starts_anew_and_repeats_nothing(self) -> None:
        own = Journal(self.path)
        self.append(own, "a")
        self.path.rename(self.path.with_name("old.txt"))
        self.assertEqual(["b"], self.append(own, "a", "b"))
        self.assertEqual(b'{"id":"b"}\n', self.path.read_bytes())


class Sidecars(Sidecar):
    """In place of a sidecar: notes what it is asked to send and publish, and fails on demand."""

    def __init__(self) -> None:
        super().__init__(1)
        self.away = False
        self.texts: list[str] = []
        self.refused: Optional[str] = None
        self.told: list[dict] = []

    def check(self) -> None:
        if self.away:
            raise SidecarError("away")

    def components(self) -> Components:
        self.check()
        return Components("broker", "settings", "bindings.http")

    def send(self, text: str, messenger: str) -> None:
        if self.away or text == self.refused:
            raise SidecarError("refused")
        self.texts.append(text)

    def publish(self, pubsub: str, topic: str, cloud_event: dict) -> None:
        self.check()
        self.told.append(cloud_event)


class WithAlert(InAFolder):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch("sys.stdout", mock.Mock())
        patch.start()
        self.addCleanup(patch.stop)
        self.sidecar = Sidecars()
        self.alert = self.new_alert()

    def new_alert(self) -> Alert:
        alert = Alert("test-alert", self.sidecar, Store(self.folder / "logs" / "alert.db"), Metrics())
        alert.begin(self.sidecar.components())
        alert.configure(parse(SETTINGS)._replace(log_file=self.folder / "logs" / "notices.txt"))
        return alert

    def handle(self, *contents: bytes) -> list[str]:
        return list(self.alert.handle(Entry(str(n), c, len(c)) for n, c in enumerate(contents)).values())

    def send_all(self) -> None:
        while self.alert.send_one():
            pass

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in (self.folder / "logs" / "notices.txt").read_bytes().splitlines()]

    def figure(self, name: str) -> float:
        lines = self.alert.metrics.render({}).decode().splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"madang_{name}_total")))


class AlertAlone(WithAlert):
    def test_given_bad_messages_among_good_ones_then_each_good_one_has_its_notice(self) -> None:
        contents = (b"hello", event_of("a"), b"[" * 99_999, event_of("x||y"), event_of("b", student="\ud800"), b"\0")
        self.assertEqual(["SUCCESS"] * 6, self.handle(*contents))
        self.assertEqual(["a", "b"], [line["id"] for line in self.lines() if not line["id"].startswith("hash-")])
        self.assertEqual((3, 3), (len(self.lines()), self.figure("dead_letters")))

    def test_given_a_message_delivered_again_then_it_is_one_dead_letter_and_one_notice(self) -> None:
        for _ in range(3):
            self.assertEqual(["SUCCESS"] * 2, self.handle(b"hello", event_of()))
        while self.alert.tell_one():
            pass
        self.send_all()
        self.assertEqual((1, 1, 1), (len(self.sidecar.told), len(self.lines()), len(self.sidecar.texts)))
        self.assertEqual(1, self.figure("dead_letters"))

    def test_given_an_event_whose_message_was_sent_when_it_comes_again_then_no_other_message_is_sent(self) -> None:
        for _ in range(2):
            self.handle(event_of())
            self.send_all()
        self.assertEqual(1, len(self.sidecar.texts))

    def test_given_a_large_bad_message_then_its_letter_is_cut_and_told_by_reference(self) -> None:
        self.handle(json.dumps({"id": "big", "type": "T", "data": "x" * 900_000}).encode())
        self.alert.tell_one()
        (letter,) = self.alert.store.letters(10)
        self.assertEqual((KEPT, False), (len(letter.event), letter.replayable))
        self.assertLess(len(json.dumps(self.sidecar.told)), 1000)

    def test_given_a_dead_letter_when_it_is_told_then_it_has_the_fields_of_its_schema(self) -> None:
        self.handle(event_of(eventType=None))
        self.alert.tell_one()
        (told,) = self.sidecar.told
        schema = SCHEMAS["sends"][told["type"]]
        self.assertEqual(sorted(schema["required"]), sorted(told["data"]))
        types = {"integer": int, "string": str, "object": dict}
        for properties, fields in (
            (schema["properties"], told["data"]),
            (schema["properties"]["event"]["properties"], told["data"]["event"]),
        ):
            for name, value in fields.items():
                self.assertIsInstance(value, types[properties[name]["type"]], name)

    def test_given_the_broker_is_away_then_a_dead_letter_is_told_later_and_once(self) -> None:
        self.handle(b"hello")
        self.sidecar.away = True
        self.assertRaises(SidecarError, self.alert.tell_one)
        self.assertEqual(1, self.alert.store.backlog().untold)
        self.sidecar.away = False
        self.assertEqual([True, False], [self.alert.tell_one(), self.alert.tell_one()])
        self.assertEqual(1, len(self.sidecar.told))

    def test_given_the_messenger_refuses_one_notice_then_the_event_is_done_and_the_others_are_sent(self) -> None:
        self.sidecar.refused = "ClassRegistered: id 1"
        self.assertEqual(["SUCCESS"] * 3, self.handle(*(event_of(f"e-{n}", id=n) for n in (1, 2, 3))))
        self.assertRaises(SidecarError, self.alert.send_one)
        self.send_all()
        self.assertEqual(["ClassRegistered: id 2", "ClassRegistered: id 3"], self.sidecar.texts)
        (waiting,) = self.alert.store.deferred(10)
        self.assertEqual(("e-1", 1), (waiting.id, waiting.attempts))
        self.assertEqual((1, 1), (self.figure("events_deferred"), self.figure("calls_failed")))

    def test_given_a_notice_that_failed_is_due_again_then_a_new_one_goes_first(self) -> None:
        self.sidecar.refused = "ClassRegistered: id 1"
        self.handle(event_of("e-1", id=1))
        self.assertRaises(SidecarError, self.alert.send_one)
        with mock.patch.object(store.time, "time", lambda start=time.time(): start + 60):
            self.handle(event_of("e-2", id=2))
            self.assertTrue(self.alert.send_one())
            self.assertRaises(SidecarError, self.alert.send_one)

    def test_given_the_messenger_refuses_for_a_day_then_the_notice_is_a_dead_letter_and_a_replay_sends_it(self) -> None:
        self.sidecar.refused = "ClassRegistered: "
        self.handle(event_of())
        with mock.patch.object(store, "PATIENCE_S", -1):
            self.assertRaises(SidecarError, self.alert.send_one)
        (letter,) = self.alert.store.letters(10)
        self.assertEqual([], self.alert.store.deferred(10))
        self.assertTrue(letter.replayable)
        self.sidecar.refused = None
        self.alert.replay(letter)
        self.send_all()
        self.assertEqual((["ClassRegistered: "], 1), (self.sidecar.texts, len(self.lines())))

    def test_given_a_replayed_notice_is_refused_for_a_day_again_then_its_dead_letter_is_told_again(self) -> None:
        self.sidecar.refused = "ClassRegistered: "
        self.handle(event_of())
        for _ in range(2):
            with mock.patch.object(store, "PATIENCE_S", -1):
                self.assertRaises(SidecarError, self.alert.send_one)
            while self.alert.tell_one():
                pass
            (letter,) = self.alert.store.letters(10)
            self.assertFalse(letter.replayed)
            self.alert.replay(letter)
        self.assertEqual((2, 2), (len(self.sidecar.told), self.figure("dead_letters")))

    def test_given_a_clock_that_is_set_back_then_a_message_waits_no_longer_for_that(self) -> None:
        with mock.patch.object(store.time, "time", lambda start=time.time(): start + 3600):
            self.handle(event_of())
        self.assertTrue(self.alert.send_one())

    def test_given_the_store_can_be_read_but_not_written_then_nothing_is_sent_however_often_it_is_tried(self) -> None:
        self.handle(event_of())
        with closing(sqlite3.connect(self.alert.store.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with mock.patch.object(store, "LOCK_S", 0.01):
                for _ in range(3):
                    self.assertRaises(sqlite3.Error, self.alert.send_one)
        self.assertEqual([], self.sidecar.texts)
        self.send_all()
        self.assertEqual(1, len(self.sidecar.texts))

    def test_given_the_store_fails_between_sending_and_noting_then_the_message_is_not_repeated(self) -> None:
        self.handle(event_of())
        with mock.patch.object(Store, "sent", side_effect=sqlite3.OperationalError("disk I/O error")):
            for _ in range(3):
                self.assertRaises(sqlite3.Error, self.alert.send_one)
        with mock.patch.object(store.time, "time", lambda start=time.time(): start + store.CLAIM_S + 1):
            self.send_all()
        self.assertEqual(1, len(self.sidecar.texts))

    def test_given_it_dies_before_sending_then_another_sends(self) -> None:
        self.handle(event_of())
        self.assertIsNotNone(self.alert.store.claim())
        other = self.new_alert()
        self.assertFalse(other.send_one())
        with mock.patch.object(store.time, "time", lambda start=time.time(): start + store.CLAIM_S + 1):
            self.assertTrue(other.send_one())

    def test_given_a_file_that_cannot_be_opened_then_the_store_says_which(self) -> None:
        with self.assertRaisesRegex(sqlite3.OperationalError, f"^{self.folder}: unable to open"):
            Store(self.folder).queue({})

    def test_given_the_store_is_away_then_events_come_again_and_it_is_told_until_it_is_back(self) -> None:
        with closing(sqlite3.connect(self.alert.store.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with mock.patch.object(store, "LOCK_S", 0.01):
                self.assertEqual(["RETRY"] * 3, self.handle(b"hello", event_of(), b"123"))
        self.assertIn("locked", self.alert.trouble or "")
        self.assertEqual(["SUCCESS"] * 3, self.handle(b"hello", event_of(), b"123"))
        self.assertEqual((None, 1), (self.alert.trouble, len(self.lines())))

    def test_given_very_many_dead_letters_then_the_oldest_lose_their_content_and_then_go(self) -> None:
        with mock.patch.object(store, "CONTENTS_KEPT", 3), mock.patch.object(store, "LETTERS_KEPT", 6):
            self.handle(*(b"no %d" % n for n in range(8)))
        letters = self.alert.store.letters(100)
        self.assertEqual([True] * 3 + [False] * 3, [letter.replayable for letter in letters])

    def test_every_figure_is_there_with_0_from_the_start(self) -> None:
        lines = self.alert.metrics.render({}).decode().splitlines()
        for series in (
            "madang_dead_letters_total 0",
            'madang_events_handled_total{outcome="SUCCESS"} 0',
            'madang_events_handled_total{outcome="RETRY"} 0',
            "madang_events_deferred_total 0",
            'madang_calls_failed_total{callee="notice",why="down"} 0',
        ):
            self.assertIn(series, lines)


class OverSockets(WithAlert):
    def setUp(self) -> None:
        super().setUp()
        self.app = App(("127.0.0.1", 0), self.sidecar, self.alert, Configuration(self.sidecar, self.alert.configure))
        self.app.waiting_for = None
        thread = threading.Thread(target=self.app.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.app.drain, 2)
        self.addCleanup(self.app.stopping.set)

    def connect(self) -> socket.socket:
        connection = socket.create_connection(self.app.server_address[:2], timeout=10)
        self.addCleanup(connection.close)
        return connection

    def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = self.connect()
        connection.sendall(request)
        return self.answer_on(connection)

    @staticmethod
    def answer_on(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
        with connection.makefile("rb") as lines:
            first = lines.readline()
            if not first:
                raise ConnectionError("closed without an answer")
            head = [line.decode().strip().split(": ", 1) for line in iter(lines.readline, b"\r\n")]
            headers = {name.lower(): value for name, value in head}
            return int(first.split()[1]), headers, lines.read(int(headers.get("content-length", 0)))

    def post(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        return self.ask(b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(body)) + body)

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode())

    def test_given_a_notice_that_failed_when_its_figures_are_asked_then_it_waits_under_the_names_of_the_rules(self) -> None:
        self.sidecar.refused = "ClassRegistered: "
        with mock.patch.object(store.time, "time", lambda start=time.time(): start - 700):
            self.handle(event_of())
        self.assertRaises(SidecarError, self.alert.send_one)
        lines = self.get("/metrics")[2].decode().splitlines()
        self.assertIn("madang_deferred_waiting 1", lines)
        self.assertIn("madang_consumer_stalled 0", lines)
        (oldest,) = [line for line in lines if line.startswith("madang_deferred_oldest_seconds ")]
        self.assertGreaterEqual(float(oldest.split()[1]), 700)

    def test_given_a_token_then_only_who_shows_it_is_answered_but_for_probes_and_figures(self) -> None:
        self.app._token = b"secret"
        delivery = delivery_of(event_of())
        for verb, path in (
            ("POST", "/events"),
            ("POST", "/configuration/test-settings/LOG_FILE"),
            ("GET", "/dapr/subscribe"),
            ("GET", "/status"),
            ("GET", "/activity"),
            ("GET", "/deadletters"),
            ("DELETE", "/deadletters/1"),
            ("GET", "/deferred"),
            ("GET", "/metrics/"),
        ):
            for shown in (b"", b"dapr-api-token: secreT\r\n", b"dapr-api-token: \xe9\r\n"):
                head = f"{verb} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(delivery)}\r\n".encode()
                status, headers, body = self.ask(head + shown + b"\r\n" + delivery)
                self.assertEqual((403, server.PROBLEM), (status, headers["content-type"]), (verb, path, shown))
                self.assertEqual("Forbidden", json.loads(body)["title"])
        self.assertEqual([204, 204, 200], [self.get(path)[0] for path in ("/healthz", "/readyz", "/metrics")])
        known = b"GET /deadletters HTTP/1.1\r\nhost: x\r\ndapr-api-token: secret\r\n\r\n"
        self.assertEqual((200, []), (self.ask(known)[0], self.alert.store.letters(9)))

    def test_given_a_delivery_then_each_entry_has_its_status(self) -> None:
        status, _, body = self.post("/events", delivery_of(event_of(), b"hello"))
        statuses = [{"entryId": "0", "status": "SUCCESS"}, {"entryId": "1", "status": "SUCCESS"}]
        self.assertEqual((200, statuses), (status, sorted(json.loads(body)["statuses"], key=lambda s: s["entryId"])))

    def test_given_a_notice_was_written_when_somebody_listens_then_it_is_told_at_once_and_its_payload_is_not(self) -> None:
        self.post("/events", delivery_of(event_of("e-1", secret="x"), b"hello"))
        connection = self.connect()
        connection.sendall(b"GET /activity HTTP/1.1\r\nhost: x\r\n\r\n")
        with connection.makefile("rb") as lines:
            data = next(line for line in lines if line.startswith(b"data: "))
        entries = {entry["kind"]: entry for entry in json.loads(data[6:])["entries"]}
        acted = entries["acted"]
        self.assertEqual(("e-1", "ClassRegistered", "done"), (acted["event"]["id"], acted["event"]["type"], acted["outcome"]))
        self.assertIn("JSON", entries["dead"]["why"])
        self.assertNotIn(b"secret", data)

    def test_given_what_is_no_delivery_of_a_batch_then_400_and_nothing_is_acknowledged(self) -> None:
        for body in (b"", b"{", b"[]", b'{"entries":5}', b'{"entries":[1,{"entryId":2},{}]}', event_of()):
            self.assertEqual(400, self.post("/events", body)[0])

    def test_every_refusal_is_problem_details(self) -> None:
        refused = {
            b"GET /nothing HTTP/1.1\r\n\r\n": 404,
            b"DELETE /events HTTP/1.1\r\n\r\n": 405,
            b"POST /healthz HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}": 405,
            b"BREW /healthz HTTP/1.1\r\n\r\n": 501,
            b"nonsense\r\n\r\n": 400,
            b"GET /healthz HTTP/9.9\r\n\r\n": 505,
            b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n": 414,
            b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n": 431,
            b"POST /events HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n": 411,
            b"POST /events HTTP/1.1\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n": 400,
            b"POST /events HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n": 400,
            b"POST /events HTTP/1.1\r\ncontent-length: 0x10\r\n\r\n": 400,
            b"GET /deadletters/7 HTTP/1.1\r\n\r\n": 404,
            b"GET /deadletters/x%00 HTTP/1.1\r\n\r\n": 404,
        }
        for request, status in refused.items():
            with self.subTest(request[:60]):
                answer = self.ask(request)
                self.assertEqual((status, "application/problem+json"), (answer[0], answer[1]["content-type"]))
                self.assertEqual(status, json.loads(answer[2])["status"])

    def test_given_a_large_body_nobody_wants_then_its_refusal_reaches_a_client_that_still_sends(self) -> None:
        for path, status in (("/configuration/a/b", 413), ("/nothing", 404)):
            self.assertEqual(status, self.post(path, b"x" * 5_000_000)[0])

    def test_the_absolute_form_of_a_target_is_taken(self) -> None:
        self.assertEqual(204, self.get("http://x:1/healthz?a=b")[0])

    def test_given_connections_that_say_nothing_then_others_are_answered(self) -> None:
        silent = [self.connect() for _ in range(2 * server.CONNECTIONS)]
        for connection in silent[::2]:
            connection.sendall(b"POST /events HTTP/1.1\r\ncontent-length: 100\r\n\r\nx")
        self.assertEqual(204, self.get("/healthz")[0])
        self.assertEqual(200, self.post("/events", delivery_of(event_of()))[0])
        self.assertLess(threading.active_count(), 2 * server.CONNECTIONS)

    def test_given_a_delivery_is_being_handled_when_many_connect_then_it_is_still_answered(self) -> None:
        begun, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def slow(entries: object) -> dict[str, str]:
            begun.set()
            go_on.wait(10)
            return {"0": "SUCCESS"}

        with mock.patch.object(self.alert, "handle", slow):
            connection, body = self.connect(), delivery_of(event_of())
            connection.sendall(b"POST /events HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            self.assertTrue(begun.wait(10))
            others = [self.connect() for _ in range(server.CONNECTIONS + 5)]
            self.assertEqual(204, self.get("/healthz")[0])
            go_on.set()
            self.assertEqual(200, self.answer_on(connection)[0])
        self.assertEqual(server.CONNECTIONS + 5, len(others))

    def test_given_a_request_that_does_not_end_then_408(self) -> None:
        with mock.patch.object(server, "REQUEST_S", 0.3):
            for begun in (b"GET /healthz HT", b"POST /events HTTP/1.1\r\ncontent-length: 9\r\n\r\nx"):
                connection = self.connect()
                connection.sendall(begun)
                began = time.monotonic()
                self.assertEqual(408, self.answer_on(connection)[0])
                self.assertLess(time.monotonic() - began, 3)

    def test_given_a_request_that_comes_byte_by_byte_then_the_whole_of_it_has_the_limit(self) -> None:
        connection = self.connect()
        with mock.patch.object(server, "REQUEST_S", 0.5):
            began = time.monotonic()
            with self.assertRaises(OSError):
                while time.monotonic() - began < 8:
                    connection.sendall(b"G")
                    time.sleep(0.05)
                self.fail("it is still read")
        self.assertLess(time.monotonic() - began, 6)

    def test_given_the_places_for_deliveries_are_taken_then_503_at_once_and_health_answers(self) -> None:
        taken = 0
        while self.app.places.acquire(blocking=False):
            taken += 1
        status, headers, _ = self.post("/events", delivery_of(event_of()))
        self.assertEqual((503, "1"), (status, headers["retry-after"]))
        self.assertEqual(204, self.get("/readyz")[0])
        for _ in range(taken):
            self.app.places.release()
        self.assertEqual(200, self.post("/events", delivery_of(event_of()))[0])

    def test_given_the_sidecar_is_away_then_it_is_alive_and_tells_what_it_waits_for(self) -> None:
        self.sidecar.away = True
        self.assertEqual((204, 503), (self.get("/healthz")[0], self.get("/readyz")[0]))
        status = json.loads(self.get("/status")[2])
        self.assertEqual((False, "the sidecar"), (status["ready"], status["waitingFor"]))
        self.assertIn(b"madang_ready 0\n", self.get("/metrics")[2])

    def test_given_the_store_is_away_then_status_and_readiness_tell_that_the_consumer_stands_still(self) -> None:
        self.alert.trouble = "notices cannot be written: No space left on device"
        status = json.loads(self.get("/status")[2])
        self.assertEqual({"stalled": True, "reason": self.alert.trouble}, status["consumer"])
        self.assertIn(b"No space left", self.get("/readyz")[2])

    def test_given_the_sidecar_asks_before_it_is_ready_then_it_gets_the_subscription_later(self) -> None:
        self.sidecar.away = True
        connection = self.connect()
        connection.sendall(b"GET /dapr/subscribe HTTP/1.1\r\n\r\n")
        connection.settimeout(0.3)
        self.assertRaises(socket.timeout, connection.recv, 1)
        connection.settimeout(10)
        self.sidecar.away = False
        status, _, body = self.answer_on(connection)
        (subscription,) = json.loads(body)
        self.assertEqual((200, "broker", "test"), (status, subscription["pubsubname"], subscription["topic"]))
        self.assertEqual({"rawPayload": "true"}, subscription["metadata"])

    def test_operators_see_replay_and_drop_what_was_put_aside(self) -> None:
        self.handle(b"hello")
        (row,) = json.loads(self.get("/deadletters")[2])["_embedded"]["deadletters"]
        path = f"/deadletters/{row['id']}"
        self.assertEqual("hello", json.loads(self.get(path)[2])["event"])
        status, _, body = self.post(path + "/replay", b"")
        self.assertEqual((422, "It cannot be handled: the message is not JSON in UTF-8."), (status, json.loads(body)["detail"]))
        self.assertEqual(204, self.ask(b"DELETE %s HTTP/1.1\r\n\r\n" % path.encode())[0])
        self.assertEqual([], json.loads(self.get("/deadletters")[2])["_embedded"]["deadletters"])

    def test_given_the_store_is_away_then_what_needs_it_is_503_without_inner_text(self) -> None:
        with mock.patch.object(Store, "letters", side_effect=sqlite3.OperationalError("unable to open /x/y.db")):
            status, headers, body = self.get("/deadletters")
        self.assertEqual((503, "1"), (status, headers["retry-after"]))
        self.assertNotIn(b"/x/y", body)


class ASidecar(unittest.TestCase):
    def test_given_two_calls_when_they_are_made_then_each_has_an_unrecorded_trace_of_its_own(self) -> None:
        with mock.patch("http.client.HTTPConnection") as connection:
            connection.return_value.getresponse.return_value = mock.Mock(status=204, read=lambda _: b"")
            sidecar = Sidecar(0)
            for topic in ("a", "b"):
                sidecar.publish("broker", topic, {})
        traces = [call.args[3]["traceparent"] for call in connection.return_value.request.call_args_list]
        self.assertEqual(2, len({trace.split("-")[1] for trace in traces}))
        for trace in traces:
            self.assertRegex(trace, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")


class ASubscription(unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch("sys.stdout", mock.Mock())
        patch.start()
        self.addCleanup(patch.stop)
        self.sidecar = mock.Mock()
        self.subscription = Subscription(self.sidecar, "lecture")

    def test_given_the_answer_was_cut_off_when_it_is_looked_at_then_the_sidecar_is_asked_to_end_once(self) -> None:
        self.sidecar.subscribed.return_value = False
        self.assertEqual(LOOK_S, self.subscription.look())
        self.sidecar.end.assert_not_called()
        for _ in range(3):
            self.subscription.look()
        self.assertEqual(1, self.sidecar.end.call_count)

    def test_given_a_sidecar_that_has_it_or_starts_when_it_is_looked_at_then_it_goes_on(self) -> None:
        for has, again in ((True, None), (None, LOOK_S)):
            self.sidecar.subscribed.return_value = has
            self.assertEqual(again, self.subscription.look())
        self.sidecar.end.assert_not_called()

    def test_given_no_restart_helps_when_three_were_asked_for_then_it_gives_up_until_one_helps(self) -> None:
        self.sidecar.subscribed.return_value = False
        with mock.patch("subscription.BETWEEN_S", 0.0):
            looks = [self.subscription.look() for _ in range(2 * MOST_RESTARTS + 3)]
        self.assertEqual([LOOK_S, 0.0] * MOST_RESTARTS + [LOOK_S, None, None], looks)
        self.assertEqual(MOST_RESTARTS, self.sidecar.end.call_count)
        self.assertIn("no subscription to lecture", self.subscription.trouble or "")
        self.sidecar.subscribed.return_value = True
        self.subscription.look()
        self.assertIsNone(self.subscription.trouble)

    def test_given_an_answer_when_its_time_is_over_then_it_is_looked_at_and_the_end_is_not_held_up(self) -> None:
        stopping, looked = threading.Event(), threading.Event()
        self.sidecar.subscribed.side_effect = lambda topic: looked.set() or True
        following = threading.Thread(target=self.subscription.follow, args=(stopping,))
        with mock.patch("subscription.LOOK_S", 0.01):
            following.start()
            self.subscription.answered()
            self.assertTrue(looked.wait(5))
        stopping.set()
        self.subscription.answered()
        following.join(5)
        self.assertFalse(following.is_alive())


if __name__ == "__main__":
    unittest.main()
