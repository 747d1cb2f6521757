"""The lines of a file through the door of a real server, by wrk, in bodies of 100; the answers are asked back."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks import wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.peer import Run
from benchmarks.peers.answers import Answer, write
from benchmarks.server import Server, sessiond
from gateway.timestamps import parse_iso_ms

BODY_LINES: Final = 100
CONNECTIONS: Final = 16
_LONGEST_S: Final = 600
_PAGE: Final = 10_000


def run(file: Path, events: int, target: Path) -> Run:
    """`seconds`: from the first request to the last ack. Raises BenchmarkFailed when not every line was stored."""
    with sessiond() as server:
        told = wrk.run(_load(server.port, file, events))
        server.wait_until_stored(events)
        stored_s = time.time() - told.first_ms / 1000
        write(_answers(server), target)
        if (stored := server.stored()["total"]) != events:
            message = f"{events} events were sent, but {stored} are stored."
            raise BenchmarkFailed(message)
    return Run((told.last_ms - told.first_ms) / 1000, stored_s=stored_s)


def _load(port: int, file: Path, events: int) -> wrk.Load:
    return wrk.Load(
        port=port,
        connections=CONNECTIONS,
        seconds=_LONGEST_S,
        batch=BODY_LINES,
        events=events,
        file=str(file),
    )


def _answers(server: Server) -> Iterator[Answer]:
    for session in _sessions(server):
        first_ms, last_ms = parse_iso_ms(session["started_at"]), parse_iso_ms(session["last_active_at"])
        yield Answer(session["user_id"], first_ms, last_ms, session["event_count"])


def _sessions(server: Server) -> Iterator[dict[str, Any]]:
    """Every session, page by page."""
    cursor = ""
    while cursor is not None:
        _, page = server.get(f"/api/v1/sessions?limit={_PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        yield from page["items"]
        cursor = page["next_cursor"]
