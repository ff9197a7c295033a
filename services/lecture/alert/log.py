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
# Characters of a text in a line at most, and members of a list or object: what others sent decides no size.
_LONGEST = 4_000
_MOST_MEMBERS = 100
_DEEPEST = 5


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


def shortened(value: object, depth: int = 0) -> object:
    """What stands in a line for a value: of a long text its beginning, and how long it is."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]} ... ({len(value)} characters)"
    if isinstance(value, (dict, list)) and depth == _DEEPEST:
        return "..."
    if isinstance(value, dict):
        members = list(value.items())[:_MOST_MEMBERS]
        return {str(shortened(name)): shortened(member, depth + 1) for name, member in members}
    if isinstance(value, list):
        return [shortened(member, depth + 1) for member in value[:_MOST_MEMBERS]]
    return value


def log(level: str, message: str, **fields: object) -> None:
    if LEVELS.index(level) < _threshold:
        return
    line = shortened({"level": level, "time": now(), "service": _service, "message": message, **fields})
    with _lock:
        try:
            sys.stdout.buffer.write(to_json(line) + b"\n")
            sys.stdout.buffer.flush()
        except OSError:
            pass  # Nobody reads the console any more; the work goes on.
