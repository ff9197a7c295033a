"""One JSON line per happening on standard output."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import datetime, timezone

LEVELS = ("debug", "info", "warn", "error")

_wanted = os.environ.get("LOG_LEVEL", "info").lower()
_threshold = LEVELS.index(_wanted) if _wanted in LEVELS else LEVELS.index("info")
_service = os.environ.get("APP_ID", "lecture-alert")
_lock = threading.Lock()


def to_json(value: object) -> bytes:
    """Compact JSON in UTF-8; half a surrogate pair, which UTF-8 cannot hold, stays escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_since(moment: str) -> float:
    """0 for what is no moment in ISO 8601, or lies ahead."""
    try:
        then = datetime.fromisoformat(moment.replace("Z", "+00:00"))
        return max(0.0, time.time() - (then if then.tzinfo else then.replace(tzinfo=timezone.utc)).timestamp())
    except (ValueError, OverflowError):
        return 0.0


def log(level: str, message: str, **fields: object) -> None:
    if LEVELS.index(level) < _threshold:
        return
    line = {"level": level, "time": now(), "service": _service, "message": message, **fields}
    with _lock:
        try:
            sys.stdout.buffer.write(to_json(line) + b"\n")
            sys.stdout.buffer.flush()
        except OSError:
            pass  # Nobody reads the console any more; the work goes on.
