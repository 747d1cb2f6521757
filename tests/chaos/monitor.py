"""What the monitor counted and reported, read from its file while it is killed.

The file keeps an hour of counts. They are looked at again and again, and each minute stays as it was seen last, so
that a run may be longer than that.
"""

import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from actors.monitor import decode_step
from engine.alerting import Alert, AlertRule, Board
from engine.alerting.board import State
from engine.alerting.windows import Windows
from persistence.monitor_store import FILE
from persistence.opening import connect_to_read

# A probe is an alert as long as it lies in the window, however late its counts come; the other rule also resolves soon.
PROBES: Final = AlertRule(
    name="probes", metric="events", group_by="event_type", filters={"event_type": "probe_*"}, cooldown_ms=0
)
BRIEF: Final = msgspec.structs.replace(PROBES, name="brief", window="1m")
RULES: Final = (PROBES, BRIEF)
_PROJECT: Final = "default"
WHOLE: Final = ("page_views", "clicks", "js_errors", "sessions_started")
_EVERY_S: Final = 20.0

Cell = tuple[str, str]  # metric, group; "" = as a whole
_decode_state = msgspec.msgpack.Decoder(State).decode
_decode_alert = msgspec.msgpack.Decoder(Alert).decode


class Kept(NamedTuple):
    """An alert on the monitor's disk. `stored_version`: of which the store's ack was heard, 0 = none."""

    alert: Alert
    stored_version: int


class MonitorWatch:
    """A thread. `looks`: how often the file was read."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "monitor" / FILE
        self._minutes: dict[Cell, dict[int, int]] = defaultdict(dict)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor")
        self._turn = threading.Lock()
        self.looks = 0
        self.alerts: list[Kept] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """With a last look, for what changed while the server stopped."""
        self._stopping.set()
        self._thread.join()
        self.look()

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            self.look()

    def look(self) -> None:
        """Nothing is seen while there is no file, or it is busy."""
        with self._turn:
            try:
                with closing(connect_to_read(self._file)) as db:
                    windows, self.alerts = _read(db)
            except sqlite3.OperationalError:
                return
            self.looks += 1
            for cell, minute, count in _counts(windows):
                self._minutes[cell][minute] = count

    def counted(self) -> Counter[Cell]:
        return Counter({cell: sum(minutes.values()) for cell, minutes in self._minutes.items()})

    def events(self) -> int:
        """How many were counted."""
        return sum(count for (metric, _), count in self.counted().items() if metric == "events")

    def unstored(self) -> int:
        """Alerts of which the store lacks the last version."""
        return sum(kept.stored_version < kept.alert.version for kept in self.alerts)


def _read(db: sqlite3.Connection) -> tuple[Windows, list[Kept]]:
    db.execute("BEGIN")  # one look: a save between two would hide steps
    saved = db.execute("SELECT value FROM saved").fetchone()
    steps = [step for (step,) in db.execute("SELECT step FROM steps ORDER BY number")]
    alerts = db.execute("SELECT alert, stored_version FROM alerts").fetchall()
    state = _decode_state(saved[0]) if saved else State()
    board = Board(RULES, state)
    for step in steps:
        for one in decode_step(step).slices:
            board.feed(one)
    return state.windows, [Kept(_decode_alert(alert), version) for alert, version in alerts]


def _counts(windows: Windows) -> Iterator[tuple[Cell, int, int]]:
    """Events by type, the others as a whole."""
    tracks = windows.tracks.get(_PROJECT, {})
    for metric in WHOLE:
        if metric in tracks:
            yield from (((metric, ""), minute, count) for minute, count in tracks[metric].whole.counts.items())
    if "events" in tracks:
        for group, series in tracks["events"].groups.items():
            yield from ((("events", group), minute, count) for minute, count in series.counts.items())
