"""A Redis hash per session. `… FILE ANSWERS PORT EVENTS`: so many events share one pipeline (1 = as GoSight does it).

The timeout of a session is the hash's time to live, on the clock on the wall, and the session_id of the client is the
key: less work than finding the gap of 30 minutes in the events.
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import redis

from benchmarks.peers.answers import Answer, tell, write
from benchmarks.peers.lines import lines
from benchmarks.peers.session_hash import row_of, update


def fill(client: Any, file: Path, pipelined: int) -> None:
    coming = map(row_of, lines(file))
    while some := list(islice(coming, pipelined)):
        pipe = client.pipeline(transaction=False)
        for one in some:
            update(pipe, one)
        pipe.execute()


def found(client: Any) -> Iterator[Answer]:
    for key in client.scan_iter("session:*", count=1_000):
        user_id, first_ms, last_ms, count = client.hmget(key, "user_id", "started_at", "ended_at", "event_count")
        yield Answer(user_id, int(first_ms), int(last_ms), int(count))


def main(file: Path, answers: Path, port: int, pipelined: int) -> None:
    client = redis.Redis(port=port, decode_responses=True)
    client.flushall()
    started_s = perf_counter()
    fill(client, file, pipelined)
    tell(perf_counter() - started_s)
    write(found(client), answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
