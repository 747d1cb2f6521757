"""Pathway: a session window per user with a gap of 30 minutes of event time, over the whole file as one batch, which is
its fastest way: fed line by line it would keep every answer up to date. It parses the file in Rust."""

import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import pathway as pw

from benchmarks.peers.answers import Answer, tell, write

GAP: Final = timedelta(minutes=30)
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"


class Visit(pw.Schema):
    user_id: str
    timestamp: str


def sessions(file: Path) -> Any:
    visits = pw.io.jsonlines.read(str(file), schema=Visit, mode="static")
    visits = visits.select(visits.user_id, at=visits.timestamp.dt.strptime(_FORMAT))
    windows = visits.windowby(visits.at, window=pw.temporal.session(max_gap=GAP), instance=visits.user_id)
    return windows.reduce(
        user_id=pw.this._pw_instance,
        first_ms=pw.reducers.min(pw.this.at).dt.timestamp(unit="ms"),
        last_ms=pw.reducers.max(pw.this.at).dt.timestamp(unit="ms"),
        count=pw.reducers.count(),
    )


def main(file: Path, answers: Path) -> None:
    rows: dict[Any, Answer] = {}

    def keep(key: Any, row: dict[str, Any], time: int, is_addition: bool) -> None:
        if is_addition:
            rows[key] = Answer(row["user_id"], round(row["first_ms"]), round(row["last_ms"]), row["count"])
        else:
            del rows[key]

    started_s = perf_counter()
    pw.io.subscribe(sessions(file), on_change=keep)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    tell(perf_counter() - started_s)
    write(rows.values(), answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
