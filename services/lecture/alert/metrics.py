"""Figures in the text format of Prometheus, under the names that the other services use."""

from __future__ import annotations

from threading import Lock
from typing import Mapping

RETRY, SUCCESS = "RETRY", "SUCCESS"

_HELP = {
    "dead_letters": "Messages that can never be handled, put aside.",
    "events_handled": "Events delivered, by what the broker was answered.",
    "events_deferred": "Notices whose message could not be sent at the first attempt.",
    "calls_failed": "Calls to others that failed.",
    "event_lag_seconds": "Sum of the seconds from event to notice.",
}


class Metrics:
    """Every series is there with 0 from the start, so that an alert on its increase sees the first one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._series: dict[tuple[str, str], float] = {
            ("dead_letters", ""): 0,
            ("events_handled", '{outcome="SUCCESS"}'): 0,
            ("events_handled", '{outcome="RETRY"}'): 0,
            ("events_deferred", ""): 0,
            ("calls_failed", '{callee="notice",why="down"}'): 0,
            ("event_lag_seconds", ""): 0,
        }

    def count(self, name: str, labels: str = "", by: float = 1) -> None:
        with self._lock:
            self._series[name, labels] += by

    def render(self, gauges: Mapping[str, float]) -> bytes:
        """The counters, and these figures as they are now."""
        lines: list[str] = []
        with self._lock:
            for name, text in _HELP.items():
                lines += [f"# HELP madang_{name}_total {text}", f"# TYPE madang_{name}_total counter"]
                lines += [f"madang_{n}_total{labels} {value}" for (n, labels), value in self._series.items() if n == name]
        for name, value in gauges.items():
            lines += [f"# TYPE madang_{name} gauge", f"madang_{name} {value}"]
        return "".join(line + "\n" for line in lines).encode()
