"""An append-only file of JSON lines that is its own record of what was written: no id twice."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Iterator, Mapping, Optional

# What is read back at the start: some 20,000 notices. Brokers deliver again within seconds or minutes.
TAIL_BYTES = 32 * 1024 * 1024
IDS_REMEMBERED = 100_000
# Whoever holds the file longer (a replica that hangs) is not waited for: the events come again.
LOCK_S = 5


class Journal:
    """Every line is a JSON object whose first member is its `id`.

    The file is locked while it is in use, and what others appended is read first: replicas may share it.
    Every method raises OSError when the file cannot be used now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: OrderedDict[str, None] = OrderedDict()
        self._inode = -1
        self._offset = 0
        self._lock = Lock()
        with self._open():
            pass

    def append(self, lines: Mapping[str, bytes]) -> list[str]:
        """Writes the lines whose id is not known yet, safe on disk when it returns; returns their ids."""
        with self._open() as file:
            fresh = [key for key in lines if key not in self._known]
            if fresh:
                self._write(file, b"".join(lines[key] + b"\n" for key in fresh))
                for key in fresh:
                    self._remember(key)
            return fresh

    def _remember(self, key: str) -> None:
        self._known[key] = None
        if len(self._known) > IDS_REMEMBERED:
            self._known.popitem(last=False)

    @contextmanager
    def _open(self) -> Iterator[int]:
        end = time.monotonic() + LOCK_S
        if not self._lock.acquire(timeout=LOCK_S):
            raise OSError(errno.EAGAIN, "the file is in use")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                _lock(file, end)
                self._catch_up(file)
                yield file
            finally:
                os.close(file)
        finally:
            self._lock.release()

    def _catch_up(self, file: int) -> None:
        state = os.fstat(file)
        if state.st_ino != self._inode or state.st_size < self._offset:  # first use, or rotated away
            self._inode = state.st_ino
            self._offset = 0
        self._offset = max(self._offset, state.st_size - TAIL_BYTES)
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


def _lock(file: int, end: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.01)


def _id_of(line: bytes) -> Optional[str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    key = record.get("id") if isinstance(record, dict) else None
    return key if isinstance(key, str) else None
