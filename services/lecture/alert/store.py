"""What has to outlive this process beside the notices: messages still to be sent, and dead letters. One SQLite file."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from events import KEPT
from log import now, seconds_since

# What the store raises while it is away; also the journal.
STORE_ERRORS = (OSError, sqlite3.Error)

LOCK_S = 5
# Longer than a call may take: whoever claimed a message and died is followed by the next attempt after it.
CLAIM_S = 30
PAUSE_LIMIT_S = 30
LONGEST_WAIT_S = max(CLAIM_S, PAUSE_LIMIT_S)
# The messenger may be away that long, then the notice becomes a dead letter.
PATIENCE_S = 24 * 3600
# Brokers do not deliver again after that long.
SENT_REMEMBERED_S = 7 * 24 * 3600
# Of more dead letters than that the oldest lose their content, and beyond the second limit they go.
CONTENTS_KEPT = 1_000
LETTERS_KEPT = 100_000

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, event BLOB NOT NULL, since REAL NOT NULL,
        due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, reason TEXT, sent REAL)""",
    "CREATE INDEX IF NOT EXISTS message_due ON message (due) WHERE sent IS NULL",
    "CREATE INDEX IF NOT EXISTS message_sent ON message (sent) WHERE sent IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, cause TEXT UNIQUE NOT NULL,
        reason TEXT NOT NULL, at TEXT NOT NULL, event BLOB NOT NULL, size INTEGER NOT NULL,
        replayed INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS dead_letter_untold ON dead_letter (id) WHERE told = 0",
)


class Message(NamedTuple):
    """A notice on its way to the messenger. Times are seconds since 1970."""

    id: str
    event: bytes
    since: float
    attempts: int
    reason: Optional[str]


class DeadLetter(NamedTuple):
    id: int
    reason: str
    at: str
    event: bytes
    size: int
    replayed: bool

    @property
    def replayable(self) -> bool:
        """Only what was kept whole can be tried again."""
        return len(self.event) == self.size


class Backlog(NamedTuple):
    deferred: int  # messages that failed at least once
    deferred_seconds: float  # since the oldest of them came
    untold: int  # dead letters the broker does not know of yet
    untold_seconds: float  # since the oldest of them


class Store:
    """Every method is one transaction and raises one of STORE_ERRORS when the file cannot be used now."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def queue(self, events: dict[str, bytes]) -> None:
        """Notes messages to be sent; those noted before, sent or not, stay as they are."""
        at = time.time()
        with self._transaction() as db:
            rows = [(key, event, at, at) for key, event in events.items()]
            db.executemany("INSERT OR IGNORE INTO message (id, event, since, due) VALUES (?, ?, ?, ?)", rows)

    def claim(self) -> Optional[Message]:
        """Takes the message that is due longest, and notes the attempt before it is made."""
        at = time.time()
        with self._transaction() as db:
            query = "SELECT id, event, since, attempts, reason FROM message WHERE sent IS NULL"
            # What is due later than anything can be was noted before the clock was set back.
            query += " AND (due <= ? OR due > ?)"
            # What was never tried goes first: nothing waits behind what fails.
            row = db.execute(query + " ORDER BY attempts > 0, due LIMIT 1", (at, at + LONGEST_WAIT_S)).fetchone()
            if row is None:
                db.execute("DELETE FROM message WHERE sent < ?", (at - SENT_REMEMBERED_S,))
                return None
            db.execute("UPDATE message SET attempts = attempts + 1, due = ? WHERE id = ?", (at + CLAIM_S, row[0]))
            return Message(*row[:3], row[3] + 1, row[4])

    def sent(self, key: str) -> None:
        with self._transaction() as db:
            db.execute("UPDATE message SET sent = ?, event = x'' WHERE id = ?", (time.time(), key))

    def failed(self, message: Message, reason: str) -> Optional[int]:
        """Tries again later or, when its patience is over, makes it a dead letter, whose number is returned."""
        if time.time() - message.since > PATIENCE_S:
            with self._transaction() as db:
                db.execute("DELETE FROM message WHERE id = ?", (message.id,))
                return self._bury(db, message.event, len(message.event), f"{reason}, for {PATIENCE_S // 3600} hours")
        pause = min(PAUSE_LIMIT_S, 0.2 * 2 ** min(message.attempts, 20))
        with self._transaction() as db:
            db.execute("UPDATE message SET due = ?, reason = ? WHERE id = ?", (time.time() + pause, reason, message.id))
        return None

    def deferred(self, limit: int) -> list[Message]:
        """The messages that failed and will be tried again, the oldest first."""
        with self._transaction() as db:
            query = "SELECT id, event, since, attempts, reason FROM message WHERE sent IS NULL AND reason IS NOT NULL"
            return [Message(*row) for row in db.execute(query + " ORDER BY since LIMIT ?", (limit,))]

    def bury(self, event: bytes, size: int, reason: str) -> Optional[int]:
        """Keeps what cannot be handled; its number, or None if it is there already, and was not replayed since."""
        with self._transaction() as db:
            return self._bury(db, event, size, reason)

    def letter(self, number: int) -> Optional[DeadLetter]:
        found = self._letters("id = ?", number)
        return found[0] if found else None

    def letters(self, limit: int) -> list[DeadLetter]:
        """The latest first."""
        return self._letters("1 ORDER BY id DESC LIMIT ?", limit)

    def untold(self) -> Optional[DeadLetter]:
        """The oldest that the broker does not know of yet."""
        found = self._letters("told = ? ORDER BY id LIMIT 1", 0)
        return found[0] if found else None

    def mark(self, number: int, what: str) -> None:
        """`what` is "told" or "replayed"."""
        with self._transaction() as db:
            db.execute(f"UPDATE dead_letter SET {what} = 1 WHERE id = ?", (number,))

    def drop(self, number: int) -> bool:
        with self._transaction() as db:
            return db.execute("DELETE FROM dead_letter WHERE id = ?", (number,)).rowcount > 0

    def backlog(self) -> Backlog:
        with self._transaction() as db:
            query = "SELECT count(*), min(since) FROM message WHERE sent IS NULL AND reason IS NOT NULL"
            deferred, since = db.execute(query).fetchone()
            waited = max(0.0, time.time() - since) if deferred else 0.0
            count, first = db.execute("SELECT count(*), min(at) FROM dead_letter WHERE told = 0").fetchone()
            return Backlog(deferred, waited, count, seconds_since(first or ""))

    def check(self) -> None:
        """Raises one of STORE_ERRORS if nothing can be written."""
        with self._transaction():
            pass

    def _letters(self, condition: str, value: int) -> list[DeadLetter]:
        with self._transaction() as db:
            query = f"SELECT id, reason, at, event, size, replayed FROM dead_letter WHERE {condition}"
            return [DeadLetter(*row[:5], bool(row[5])) for row in db.execute(query, (value,))]

    @staticmethod
    def _bury(db: sqlite3.Connection, event: bytes, size: int, reason: str) -> Optional[int]:
        kept = event[:KEPT]
        cause = hashlib.sha256(b"%d " % size + event).hexdigest()
        row = (cause, reason, now(), kept, size)
        query = """INSERT INTO dead_letter (cause, reason, at, event, size) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (cause) DO UPDATE SET reason = excluded.reason, at = excluded.at, event = excluded.event,
            replayed = 0, told = 0 WHERE replayed"""
        if not db.execute(query, row).rowcount:
            return None
        number = int(db.execute("SELECT id FROM dead_letter WHERE cause = ?", (cause,)).fetchone()[0])
        db.execute("UPDATE dead_letter SET event = x'' WHERE id = ?", (number - CONTENTS_KEPT,))
        db.execute("DELETE FROM dead_letter WHERE id <= ?", (number - LETTERS_KEPT,))
        return number

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = sqlite3.connect(self.path, timeout=LOCK_S, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise sqlite3.OperationalError(f"{self.path}: {error}") from error  # SQLite does not say which file
        try:
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                db.execute(statement)
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # without COMMIT nothing of it holds
