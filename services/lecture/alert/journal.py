"""An append-only file of JSON lines that is its own record of what was written: no id twice."""

from __future__ import annotations

import fcntl
import json
import os
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Iterator, Optional

from log import to_json

# What is read back at the start: some 20,000 notices. Brokers deliver again within seconds or minutes.
TAIL_BYTES = 8 * 1024 * 1024
IDS_REMEMBERED = 100_000


class Journal:
    """Every record is an object whose first member is its `id`.

    The file is locked while it is in use, and what others appended is read first: replicas may share it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: OrderedDict[str, None] = OrderedDict()
        self._inode = -1
        self._offset = 0
        self._lock = Lock()
        self.missing([])

    def append(self, records: list[dict]) -> list[dict]:
        """Writes those not yet known, safe on disk when it returns, and returns them."""
        with self._open() as file:
            fresh = {r["id"]: r for r in records if r["id"] not in self._known}
            if fresh:
                self._write(file, b"".join(to_json(record) + b"\n" for record in fresh.values()))
                for key in fresh:
                    self._remember(key)
            return list(fresh.values())

    def missing(self, ids: list[str]) -> list[str]:
        with self._open():
            return [key for key in ids if key not in self._known]

    def _remember(self, key: str) -> None:
        self._known[key] = None
        if len(self._known) > IDS_REMEMBERED:
            self._known.popitem(last=False)

    @contextmanager
    def _open(self) -> Iterator[int]:
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._catch_up(file)
                yield file
            finally:
                os.close(file)

    def _catch_up(self, file: int) -> None:
        state = os.fstat(file)
        if state.st_ino != self._inode or state.st_size < self._offset:  # first use, or rotated away
            self._inode = state.st_ino
            self._offset = max(0, state.st_size - TAIL_BYTES)
        while self._offset < state.st_size:
            block = os.pread(file, state.st_size - self._offset, self._offset)
            complete, newline, torn = block.rpartition(b"\n")
            for line in complete.split(b"\n"):
                key = _id_of(line)
                if key is not None:
                    self._remember(key)
            self._offset += len(complete) + len(newline)
            if not torn:
                return
            # A crash left a line without its end. A whole record only lacks the line feed; a part of one was
            # never acknowledged and will be delivered again; anything else is not ours to remove.
            if _id_of(torn) is None and torn.startswith(b'{"id":'[: len(torn)]):
                os.ftruncate(file, self._offset)
            else:
                os.write(file, b"\n")
            state = os.fstat(file)

    def _write(self, file: int, content: bytes) -> None:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._offset)  # nothing half written: these events will be delivered again
            raise
        self._offset += len(content)


def _id_of(line: bytes) -> Optional[str]:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    key = record.get("id") if isinstance(record, dict) else None
    return key if isinstance(key, str) else None
