"""The alert service beside a real daprd, with Redis for pub/sub and configuration.

Run with: python3 -m unittest discover services/lecture/alert
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Optional

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("MADANG_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "madang")
TRACE = "0af7651916cd43dd8448eb211c80319c"
# What the service shows its sidecar, and what the sidecar, or a test in its place, shows the service.
TOKENS = {"DAPR_API_TOKEN": "of-the-sidecar", "APP_API_TOKEN": "of-the-service"}


def find(variable: str, names: list[str], pattern: str) -> str:
    """From the variable, the PATH or the cache that ./run fills."""
    candidates = [os.environ.get(variable), *(shutil.which(name) for name in names)]
    candidates += sorted((str(p) for p in CACHE.glob(pattern) if os.access(p, os.X_OK) and p.is_file()), reverse=True)
    for candidate in filter(None, candidates):
        return candidate
    raise RuntimeError(f"{names[0]} was not found; run ./run doctor, or set {variable} to its path.")


def with_libraries(binary: str) -> dict[str, str]:
    """A package that was only unpacked has its libraries beside it (<root>/usr/bin, <root>/usr/lib/<machine>)."""
    root = Path(binary).resolve().parent.parent
    unpacked = [str(p) for p in root.glob("lib/*-linux-*") if root not in (Path("/usr"), Path("/"))]
    known = [os.environ["LD_LIBRARY_PATH"]] if "LD_LIBRARY_PATH" in os.environ else []
    return {**os.environ, **({"LD_LIBRARY_PATH": ":".join(unpacked + known)} if unpacked else {})}


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def eventually(check: Callable[[], object], what: str, limit: float = 20) -> object:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            found = check()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"within {limit} s not seen: {what}")


def request(
    port: int,
    verb: str,
    path: str,
    body: Optional[bytes] = None,
    kind: str = "application/json",
    token: str = TOKENS["APP_API_TOKEN"],
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(verb, path, body, {"content-type": kind, "dapr-api-token": token})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Redis:
    """As much of the protocol as the tests speak."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._lines = self._connection.makefile("rb")

    def __call__(self, *words: str) -> object:
        parts = [word.encode() for word in words]
        head = b"*%d\r\n" % len(parts)
        self._connection.sendall(head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self._answer()

    def _answer(self) -> object:
        line = self._lines.readline().rstrip()
        kind, rest = line[:1], line[1:].decode()
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == "-1" else self._lines.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise RuntimeError(rest)
        return rest

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


class Messenger(ThreadingHTTPServer):
    """The webhook behind the output binding `notice`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refuse = 0
        super().__init__(("127.0.0.1", 0), MessengerHandler)


class MessengerHandler(BaseHTTPRequestHandler):
    server: Messenger

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["content-length"])))["text"]
        if self.server.refuse:
            self.server.refuse -= 1
            self.send_response(503)
        else:
            self.server.texts.append(text)
            self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def component(name: str, kind: str, **metadata: object) -> str:
    items = [{"name": key, "value": str(value)} for key, value in metadata.items()]
    spec = {"type": kind, "version": "v1", "metadata": items}
    return json.dumps({"apiVersion": "dapr.io/v1alpha1", "kind": "Component", "metadata": {"name": name}, "spec": spec})


class BreaksOff(BaseHTTPRequestHandler):
    """An app that dies in its answer to the sidecar."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "100")
        self.end_headers()
        self.wfile.write(b"[{")

    def log_message(self, format: str, *args: object) -> None:
        pass


class AlertBesideASidecar(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.home = Path(tempfile.mkdtemp(prefix="madang-alert-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.redis_port, cls.port, cls.http, cls.grpc, cls.internal, cls.metrics = free_ports(6)
        cls.messenger = Messenger()
        cls.addClassCleanup(cls.messenger.server_close)
        cls.addClassCleanup(cls.messenger.shutdown)
        threading.Thread(target=cls.messenger.serve_forever, daemon=True).start()
        cls.start_redis()
        cls.write_components()
        cls.configure(LOG_FILE="notices.txt", ALERT_EVENTS="ClassRegistered, ClassCanceled", KAFKA_URL="localhost:9092")
        cls.daprd = cls.start_daprd()
        cls.addClassCleanup(lambda: cls.stop(cls.daprd))
        cls.alert = cls.start_alert()
        cls.addClassCleanup(lambda: cls.stop(cls.alert))
        cls.wait_until_healthy()

    @classmethod
    def start_redis(cls) -> None:
        binary = find("REDIS_SERVER", ["redis-server", "valkey-server"], "**/bin/*-server")
        options = ["--port", str(cls.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(cls.home)]
        process = subprocess.Popen([binary, *options], env=with_libraries(binary), stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.stop, process)
        cls.redis = eventually(lambda: Redis(cls.redis_port), "Redis answers")
        cls.addClassCleanup(cls.redis.close)

    @classmethod
    def write_components(cls) -> None:
        address = f"127.0.0.1:{cls.redis_port}"
        webhook = f"http://127.0.0.1:{cls.messenger.server_port}/"
        retry = {"policy": "constant", "duration": "200ms", "maxRetries": 100}
        resiliency = {
            "apiVersion": "dapr.io/v1alpha1",
            "kind": "Resiliency",
            "metadata": {"name": "test"},
            "spec": {
                "policies": {"retries": {"again": retry}},
                "targets": {"components": {"test-pubsub": {"inbound": {"retry": "again"}}}},
            },
        }
        registry = {"component": "sqlite", "version": "v1"}
        registry["configuration"] = {"connectionString": str(cls.home / "names.db"), "cleanupInterval": "0"}
        configuration = {
            "apiVersion": "dapr.io/v1alpha1",
            "kind": "Configuration",
            "metadata": {"name": "test"},
            "spec": {"features": [{"name": "HotReload", "enabled": False}], "nameResolution": registry},
        }
        files = {
            "components/pubsub.yaml": component("test-pubsub", "pubsub.redis", redisHost=address),
            "components/store.yaml": component("test-settings", "configuration.redis", redisHost=address, redisDB=1),
            "components/notice.yaml": component("notice", "bindings.http", url=webhook),
            "components/resiliency.yaml": json.dumps(resiliency),
            "config.yaml": json.dumps(configuration),
        }
        (cls.home / "components").mkdir()
        for name, content in files.items():
            (cls.home / name).write_text(content)

    @classmethod
    def start_daprd(cls) -> subprocess.Popen:
        options = {
            "app-id": "test-alert",
            "app-port": cls.port,
            "dapr-http-port": cls.http,
            "dapr-grpc-port": cls.grpc,
            "dapr-internal-grpc-port": cls.internal,
            "metrics-port": cls.metrics,
            "dapr-listen-addresses": "127.0.0.1",
            "dapr-internal-grpc-listen-address": "127.0.0.1",
            "resources-path": cls.home / "components",
            "config": cls.home / "config.yaml",
            "log-level": "warn",
        }
        binary = find("DAPRD", ["daprd"], "bin/daprd-*")
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with open(cls.home / "daprd.txt", "ab") as output:
            environment = {**os.environ, **TOKENS}
            return subprocess.Popen([binary, *arguments], env=environment, stdout=output, stderr=output)

    @classmethod
    def start_alert(cls, port: Optional[int] = None) -> subprocess.Popen:
        environment = {
            **os.environ,
            **TOKENS,
            "APP_ID": "test-alert",
            "APP_PORT": str(port or cls.port),
            "DAPR_HTTP_PORT": str(cls.http),
            "MADANG_HOME": str(cls.home),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with open(cls.home / "console.txt", "ab") as output:
            return subprocess.Popen([sys.executable, HERE / "main.py"], env=environment, stdout=output, stderr=output)

    @staticmethod
    def stop(process: subprocess.Popen) -> int:
        process.terminate()
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    @classmethod
    def wait_until_healthy(cls) -> None:
        eventually(lambda: request(cls.http, "GET", "/v1.0/healthz")[0] == 204, "the sidecar is healthy")
        eventually(lambda: request(cls.port, "GET", "/readyz")[0] == 204, "the service is ready")

    @classmethod
    def configure(cls, **values: str) -> None:
        cls.redis("SELECT", "1")
        for key, value in values.items():
            cls.redis("SET", key, value)

    def kill(self) -> None:
        self.alert.kill()
        self.alert.wait()

    def restart(self) -> None:
        type(self).alert = self.start_alert()
        self.wait_until_healthy()

    def publish(self, name: str = "ClassRegistered", event_id: Optional[str] = None, data: object = None) -> str:
        event = {
            "specversion": "1.0",
            "id": event_id or str(uuid.uuid4()),
            "source": "test-class",
            "type": name,
            "subject": "1",
            "time": "2026-01-02T03:04:05Z",
            "datacontenttype": "application/json",
            "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
            "traceid": f"00-{TRACE}-b7ad6b7169203331-01",
            "data": data or {"eventType": name, "timestamp": "20260102030405", "id": 1, "student": "홍길동", "fee": 10000},
        }
        path, kind = "/v1.0/publish/test-pubsub/test", "application/cloudevents+json"
        status, body = request(self.http, "POST", path, json.dumps(event).encode(), kind, TOKENS["DAPR_API_TOKEN"])
        self.assertEqual(204, status, body)
        return event["id"]

    def lines(self, name: str = "notices.txt") -> list[dict]:
        path = self.home / "logs" / name
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.is_file() else []

    def count(self, event_id: str, name: str = "notices.txt") -> int:
        return sum(line["id"] == event_id for line in self.lines(name))

    def sent(self, event_id: str) -> bool:
        with closing(sqlite3.connect(self.home / "logs" / "test-alert.db")) as db:
            return bool(db.execute("SELECT sent FROM message WHERE id = ?", (event_id,)).fetchone()[0])

    def letters(self) -> list[dict]:
        """What was published on the dead-letter topic."""
        self.redis("SELECT", "0")
        entries = [fields for _, fields in self.redis("XRANGE", "test-deadletter", "-", "+")]
        return [json.loads(fields[fields.index("data") + 1]) for fields in entries]

    def await_notice(self, event_id: str, name: str = "notices.txt") -> None:
        eventually(lambda: self.count(event_id, name), f"a notice of {event_id} in {name}")

    def await_all_handled(self) -> None:
        """What was published before is handled too, but for a moment: over Redis ten events go side by side."""
        self.await_notice(self.publish("ClassCanceled"))

    def console(self) -> list[dict]:
        return [json.loads(line) for line in (self.home / "console.txt").read_bytes().splitlines()]

    def await_setting(self, name: str, part: str) -> None:
        def seen() -> bool:
            return part in [line for line in self.console() if "alertEvents" in line][-1][name]

        eventually(seen, f"{part} in {name}", 5)

    def test_given_tokens_when_a_foreign_process_asks_service_or_sidecar_then_it_is_refused(self) -> None:
        asked = {
            self.port: (403, ("/dapr/subscribe", "/status", "/activity", "/deadletters", "/deferred", "/internal/x")),
            self.http: (401, ("/v1.0/metadata", "/v1.0/configuration/test-settings", "/v1.0/invoke/test-alert/method/status")),
        }
        for port, (refused, paths) in asked.items():
            for path in paths:
                for token in ("", "wrong", TOKENS["APP_API_TOKEN" if port == self.http else "DAPR_API_TOKEN"]):
                    self.assertEqual(refused, request(port, "GET", path, token=token)[0], (path, token))
        for path in ("/events", "/configuration/test-settings/LOG_FILE"):
            self.assertEqual(403, request(self.port, "POST", path, b"{}", token="")[0], path)
        for path, status in (("/healthz", 204), ("/readyz", 204), ("/metrics", 200)):
            self.assertEqual(status, request(self.port, "GET", path, token="")[0], path)
        self.await_notice(self.publish())
        for file in ("console.txt", "daprd.txt"):
            for token in TOKENS.values():
                self.assertNotIn(token, (self.home / file).read_text(encoding="utf-8"))

    def test_given_its_sidecar_lost_the_answer_when_it_starts_then_the_sidecar_ends_and_the_next_one_brings_events(self) -> None:
        self.kill()
        self.stop(self.daprd)
        with ThreadingHTTPServer(("127.0.0.1", self.port), BreaksOff) as before:
            threading.Thread(target=before.serve_forever, daemon=True).start()
            type(self).daprd = self.start_daprd()
            eventually(lambda: request(self.http, "GET", "/v1.0/healthz")[0] == 204, "the sidecar is healthy")
            before.shutdown()
        self.restart()
        self.assertEqual(0, self.daprd.wait(60))
        type(self).daprd = self.start_daprd()
        self.wait_until_healthy()
        self.await_notice(self.publish())

    def test_notice_in_the_file_on_the_console_and_by_the_binding(self) -> None:
        event_id = self.publish()
        self.await_notice(event_id)
        raw = (self.home / "logs" / "notices.txt").read_text("utf-8")
        self.assertIn('"eventType":"ClassRegistered"', raw)
        self.assertIn("홍길동", raw)
        line = next(line for line in self.lines() if line["id"] == event_id)
        self.assertEqual("2026-01-02T03:04:05Z", line["time"])
        self.assertEqual(10000, line["data"]["fee"])
        shown = eventually(lambda: [e for e in self.console() if e.get("eventId") == event_id], "console line")
        self.assertEqual([TRACE], [line["traceId"] for line in shown])
        self.assertEqual("test-alert", shown[0]["service"])
        texts = self.messenger.texts
        eventually(lambda: [t for t in texts if "ClassRegistered: " in t and "student 홍길동" in t], "the message")

    def test_an_event_nobody_wants_to_hear_of_is_left_out(self) -> None:
        event_id = self.publish("PointRegistered")
        self.await_all_handled()
        self.assertEqual(0, self.count(event_id))

    def test_the_same_event_twice_is_one_notice(self) -> None:
        event_id = self.publish()
        self.publish(event_id=event_id)
        self.await_notice(event_id)
        self.publish(event_id=event_id)
        self.await_all_handled()
        self.assertEqual(1, self.count(event_id))

    def test_killed_between_two_deliveries_it_still_gives_one_notice(self) -> None:
        data = {"eventType": "ClassRegistered", "timestamp": "20260102030405", "id": 4711}
        event_id = self.publish(data=data)
        self.await_notice(event_id)
        eventually(lambda: "ClassRegistered: id 4711" in self.messenger.texts, "the message")
        eventually(lambda: self.sent(event_id), "the message is noted")
        self.kill()
        self.restart()
        self.publish(event_id=event_id, data=data)
        later = self.publish(data={**data, "id": 4712})
        self.await_all_handled()
        eventually(lambda: "ClassRegistered: id 4712" in self.messenger.texts, "the later message")
        self.assertEqual([1, 1], [self.count(event_id), self.count(later)])
        self.assertEqual(1, self.messenger.texts.count("ClassRegistered: id 4711"))

    def test_a_torn_line_is_replaced_by_the_whole_one(self) -> None:
        event_id = str(uuid.uuid4())
        self.kill()
        with open(self.home / "logs" / "notices.txt", "ab") as file:
            file.write(b'{"id":"%s","time":"2026' % event_id.encode())
        self.restart()
        self.publish(event_id=event_id)
        self.await_notice(event_id)
        self.assertEqual(1, self.count(event_id))

    def test_what_was_missed_while_down_comes_after_the_start(self) -> None:
        self.assertEqual(0, self.stop(self.alert))
        missed = [self.publish() for _ in range(20)]
        self.restart()
        for event_id in missed:
            self.await_notice(event_id)
        self.assertEqual([1] * 20, [self.count(event_id) for event_id in missed])

    def test_a_malformed_event_goes_to_the_dead_letters_with_its_reason(self) -> None:
        event_id = self.publish(data={"hello": "there"})

        def found() -> list[dict]:
            return [letter for letter in self.letters() if letter["data"]["event"].get("id") == event_id]

        letter = eventually(found, "the dead letter")[0]
        self.assertEqual("DeadLetter", letter["type"])
        self.assertEqual("data.eventType is missing", letter["data"]["reason"])
        self.assertEqual("test-alert", letter["data"]["consumer"])
        self.assertIn(TRACE, letter["traceparent"])
        path = f"/deadletters/{letter['data']['id']}"
        kept = json.loads(request(self.port, "GET", path)[1])
        self.assertEqual({"hello": "there"}, json.loads(kept["event"])["data"])
        self.assertEqual(422, request(self.port, "POST", path + "/replay")[0])
        self.assertEqual(204, request(self.port, "DELETE", path)[0])
        self.assertEqual(404, request(self.port, "GET", path)[0])

    def test_what_is_no_event_at_all_becomes_a_dead_letter_and_holds_up_nobody(self) -> None:
        self.redis("SELECT", "0")
        before = len(self.letters())
        event = {"specversion": "1.0", "id": "a||b", "data": {"fill": "x" * 2_200_000}}
        messages = ["hello", "123", "", "[" * 100_000, json.dumps(event), "\0", '{"id":"x||y"}']
        for message in messages:
            self.redis("XADD", "test", "*", "data", message)
        self.await_all_handled()
        eventually(lambda: len(self.letters()) == before + len(messages), "all are told")
        told = [letter["data"] for letter in self.letters()[before:]]
        self.assertIn("the message is larger than 1048576 bytes", [letter["reason"] for letter in told])
        self.assertEqual(3, [letter["reason"] for letter in told].count("the message is not JSON in UTF-8"))
        self.assertLess(max(len(json.dumps(letter)) for letter in told), 1000)
        self.await_all_handled()
        self.assertEqual(before + len(messages), len(self.letters()))

    def test_changed_settings_hold_without_a_restart(self) -> None:
        self.addCleanup(self.configure, LOG_FILE="notices.txt", ALERT_EVENTS="ClassRegistered,ClassCanceled")
        self.configure(ALERT_EVENTS="GiftRegistered", LOG_FILE="others.txt")
        self.await_setting("alertEvents", "GiftRegistered")
        self.await_setting("logFile", "others.txt")
        self.publish("ClassRegistered")
        self.await_notice(self.publish("GiftRegistered"), "others.txt")
        self.assertEqual({"GiftRegistered"}, {line["data"]["eventType"] for line in self.lines("others.txt")})

    def test_settings_are_followed_after_a_restart_of_the_sidecar(self) -> None:
        self.addCleanup(self.configure, ALERT_EVENTS="ClassRegistered,ClassCanceled")
        self.daprd.kill()
        self.daprd.wait()
        type(self).daprd = self.start_daprd()
        self.wait_until_healthy()
        self.configure(ALERT_EVENTS="ClassRegistered,ClassCanceled,PointCanceled")
        self.await_setting("alertEvents", "PointCanceled")
        self.await_notice(self.publish("PointCanceled"))

    def test_an_absent_key_is_named(self) -> None:
        self.addCleanup(self.configure, KAFKA_URL="localhost:9092")
        self.redis("SELECT", "1")
        self.redis("DEL", "KAFKA_URL")
        self.assertEqual(1, self.start_alert(free_ports(1)[0]).wait(20))
        sentence = "Configuration key KAFKA_URL is absent or empty; set it in the configuration store."
        self.assertIn(sentence, [line["message"] for line in self.console()])
        self.await_all_handled()

    def test_a_file_that_cannot_be_written_delays_the_notice(self) -> None:
        path = self.home / "logs" / "notices.txt"
        path.rename(path.with_name("kept.txt"))
        path.mkdir()
        event_id = self.publish()
        eventually(lambda: [line for line in self.console() if "cannot be written" in line["message"]], "the complaint")
        path.rmdir()
        self.await_notice(event_id)
        self.assertEqual(1, self.count(event_id))

    def test_a_messenger_that_refuses_gets_the_notice_later_and_the_file_has_it_once(self) -> None:
        self.messenger.refuse = 3
        event_id = self.publish(data={"eventType": "ClassRegistered", "timestamp": "20260102030405", "id": 77})
        eventually(lambda: "ClassRegistered: id 77" in self.messenger.texts, "the message")
        self.await_all_handled()
        self.assertEqual(1, self.messenger.texts.count("ClassRegistered: id 77"))
        self.assertEqual(1, self.count(event_id))

    def test_it_may_start_before_its_sidecar_and_end_after_it(self) -> None:
        self.assertEqual(0, self.stop(self.alert))
        self.daprd.kill()
        self.daprd.wait()
        type(self).alert = self.start_alert()
        eventually(lambda: request(self.port, "GET", "/healthz")[0] == 204, "it is alive")
        self.assertEqual(503, request(self.port, "GET", "/readyz")[0])
        self.assertEqual("the sidecar", json.loads(request(self.port, "GET", "/status")[1])["waitingFor"])
        type(self).daprd = self.start_daprd()
        self.wait_until_healthy()
        self.await_all_handled()
        self.daprd.kill()
        self.daprd.wait()
        self.assertEqual(0, self.stop(self.alert))
        type(self).daprd = self.start_daprd()
        self.restart()
        self.await_all_handled()
        self.assertNotIn("Traceback", (self.home / "console.txt").read_text())

    def test_no_new_requests_after_sigterm_and_an_idle_connection_does_not_hold_it_up(self) -> None:
        idle = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        self.addCleanup(idle.close)
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        self.alert.send_signal(signal.SIGTERM)
        self.assertEqual(0, self.alert.wait(5))
        self.assertRaises(OSError, request, self.port, "GET", "/healthz")
        self.restart()
        self.await_all_handled()


if __name__ == "__main__":
    unittest.main()
