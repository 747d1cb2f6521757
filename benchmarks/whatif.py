"""`python -m benchmarks.whatif`: time to the ack at 300 requests a second, with and without a what-if beside it.

Some thousand sessions are stored first. Then quiet rounds and rounds in which what-ifs over those sessions follow each
other without a pause take turns, so that what else the machine does hits both.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from typing import Annotated, Any, Final

import msgspec
import typer

from benchmarks import machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.server import Server, sessiond
from benchmarks.traffic import Traffic

RATE_PER_S: Final = 300
TRAFFIC: Final = Traffic(visitors=500, session_events=20)
MOST_TIMES: Final = 2  # as slow as without a what-if, at p99
_ROUNDS: Final = 5  # of each; one of them is seldom like the next on a machine that others use
_LIMIT: Final = 1_000  # sessions of a what-if: the last one of a round is waited for
_CONNECTIONS: Final = 64
_FILL_BATCH: Final = 100
_FILL_S: Final = 120  # at most
_ANSWER_S: Final = 90

_Seconds = Annotated[int, typer.Option(min=2, help="Length of a round; there are five with and five without.")]
_Sessions = Annotated[int, typer.Option(min=500, help="How many sessions are stored first.")]


class Round(msgspec.Struct, frozen=True):
    p50_ms: float
    p99_ms: float
    max_ms: float


class Asked(msgspec.Struct):
    """What-ifs that were answered, their sessions, and how long each took."""

    seconds: list[float] = []
    sessions: int = 0


def main(seconds: _Seconds = 10, sessions: _Sessions = 5_000) -> None:
    """Exit code 1 when nothing could be measured."""
    busy = machine.load_average()
    try:
        quiet, beside, asked = measure(seconds, sessions)
    except BenchmarkFailed as failure:
        typer.echo(f"benchmark failed: {failure}", err=True)
        raise typer.Exit(1) from None
    for line in lines(quiet, beside, asked):
        typer.echo(line)
    typer.echo(f"load average before: {busy}")


def measure(seconds: int, sessions: int) -> tuple[list[Round], list[Round], Asked]:
    quiet, beside, asked = [], [], Asked()
    with sessiond() as server:
        since_ms = round(time.time() * 1000)
        sent = _fill(server, sessions * TRAFFIC.session_events)
        until_ms = round(time.time() * 1000)
        for _ in range(_ROUNDS):
            sent, told = _round(server, seconds, sent)
            quiet.append(told)
            with _asking(server.port, since_ms, until_ms, asked):
                sent, told = _round(server, seconds, sent)
            beside.append(told)
    if not asked.seconds:
        message = "No what-if was answered in the time; nothing can be said about acks beside one."
        raise BenchmarkFailed(message)
    return quiet, beside, asked


def lines(quiet: Sequence[Round], beside: Sequence[Round], asked: Asked) -> list[str]:
    """Medians of the rounds; p99 of each round beside what-ifs is compared with that of the quiet one before it."""
    alone, loaded = _middle(quiet), _middle(beside)
    times = [one.p99_ms / before.p99_ms for before, one in zip(quiet, beside, strict=True)]
    each = asked.sessions // len(asked.seconds)
    return [
        f"ack at {RATE_PER_S} requests/s of one event, no what-if: {_shown(alone)}",
        f"ack at {RATE_PER_S} requests/s of one event, beside what-ifs: {_shown(loaded)}",
        f"p99 beside what-ifs: {median(times):.1f} times as long; {MOST_TIMES} times is to be reached",
        f"p99 beside what-ifs, by round: {', '.join(f'{one:.1f}' for one in times)} times as long",
        f"what-ifs answered: {len(asked.seconds)}, each over {each} sessions in {median(asked.seconds):.1f} s",
    ]


def _middle(rounds: Sequence[Round]) -> Round:
    return Round(*(median(getattr(one, name) for one in rounds) for name in Round.__struct_fields__))


def _shown(told: Round) -> str:
    return f"p50 {told.p50_ms:.1f} ms, p99 {told.p99_ms:.1f} ms, max {told.max_ms:.1f} ms"


def _fill(server: Server, events: int) -> int:
    """How many events there are then: each visitor's last session goes on in the rounds."""
    load = wrk.Load(port=server.port, connections=8, seconds=_FILL_S, traffic=TRAFFIC, batch=_FILL_BATCH, events=events)
    told = wrk.run(load)
    server.wait_until_stored(int(told.accepted))
    return int(told.sent) * _FILL_BATCH


def _round(server: Server, seconds: int, first: int) -> tuple[int, Round]:
    load = wrk.Load(
        port=server.port, connections=_CONNECTIONS, seconds=seconds, rate=RATE_PER_S, traffic=TRAFFIC, first=first
    )
    told = wrk.run(load)
    return first + int(told.sent), Round(told.p50_us / 1000, told.p99_us / 1000, told.max_us / 1000)


@contextmanager
def _asking(port: int, since_ms: int, until_ms: int, asked: Asked) -> Iterator[None]:
    """Asks all the time, one after the other; waits for the last answer."""
    body = json.dumps(
        {
            "detector": "rage_click",
            "set": {"min_clicks": 3},
            "started_at": since_ms,
            "ended_at": until_ms,
            "limit": _LIMIT,
        }
    )
    is_over = threading.Event()
    failures: list[str] = []

    def ask() -> None:
        while not is_over.is_set() and not failures:
            begun_s = time.monotonic()
            status, answer = _posted(port, body)
            if status != 200:
                failures.append(f"A what-if was answered {status}: {answer}")
                return
            asked.seconds.append(time.monotonic() - begun_s)
            asked.sessions += answer["sessions"]

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    if failures:
        raise BenchmarkFailed(failures[0])


def _posted(port: int, body: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request("POST", "/api/v1/detectors/whatif", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


if __name__ == "__main__":
    typer.run(main)
