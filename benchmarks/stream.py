"""(f) How long after the ack an anomaly is on the live stream, and what a listener costs the acks.

1,000 requests a second of one event each go on beside a prober, which makes one rage click after the other. A delay is
the time from the ack of the click that completes one until the event is read from the stream; below 0 = it was read
before the ack. Both clocks are of this machine.
"""

import json
import threading
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Final, NamedTuple

from benchmarks import latency, machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure
from benchmarks.server import sessiond
from tests.live.listening import Listening

REACH_P99_MS: Final = 200
_CLICKS: Final = 6
_CLICK_MS: Final = 100
_PAUSE_S: Final = 0.1


class Prober:
    """Makes rage clicks, and notes when each was acked."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.acked_ms: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE_S):
            session = f"probe-{number}"
            number += 1
            for click in range(_CLICKS):
                self._click(session, click)
            self.acked_ms[session] = time.time() * 1000

    def _click(self, session: str, number: int) -> None:
        at_ms = time.time_ns() // 1_000_000 + number * _CLICK_MS  # faster, they are taken for one reported twice
        event = {"event_type": "click", "session_id": session, "timestamp": at_ms, "payload": {"x": 5, "y": 5}}
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/events", json.dumps(event), headers)
        self._connection.getresponse().read()


class Told(NamedTuple):
    """`delays_ms`: in order of size; empty when nobody listened."""

    acks: wrk.Told
    delays_ms: list[float]


def measure(seconds: int) -> list[Figure]:
    busy = machine.load_average()
    alone, beside = _round(seconds, is_listening=False), _round(seconds, is_listening=True)
    if not beside.delays_ms:
        msg = "No rage click was acked, so that nothing can be said about the stream."
        raise BenchmarkFailed(msg)
    return [figure(alone.acks, beside, busy)]


def figure(alone: wrk.Told, beside: Told, busy: float) -> Figure:
    delays_ms = beside.delays_ms
    return Figure(
        part="f",
        name=f"from the ack of a rage click to the live stream at {latency.RATE_PER_S:,} requests/s: p99",
        value=round(delays_ms[int(len(delays_ms) * 0.99)], 1),
        unit="ms",
        durable=FSYNCED,
        reach=REACH_P99_MS,
        better="less",
        load_average=busy,
        details={
            "rage clicks": len(delays_ms),
            "p50 ms": round(delays_ms[len(delays_ms) // 2], 1),
            "max ms": round(delays_ms[-1], 1),
            "ack p99 without a listener ms": round(alone.p99_us / 1000, 2),
            "ack p99 with one ms": round(beside.acks.p99_us / 1000, 2),
        },
    )


def _round(seconds: int, *, is_listening: bool) -> Told:
    with sessiond() as server, ExitStack() as stack:
        load = wrk.Load(
            port=server.port,
            connections=latency.CONNECTIONS,
            seconds=seconds,
            rate=latency.RATE_PER_S,
            traffic=latency.TRAFFIC,
            first=0,
        )
        client = stack.enter_context(Listening(server.port, "?anomaly=rage_click")) if is_listening else None
        prober = stack.enter_context(Prober(server.port))
        told = wrk.run(load)
        return Told(told, [] if client is None else delays_ms(prober, client))


def delays_ms(prober: Prober, client: Listening) -> list[float]:
    """Of the sessions whose last click was acked, in order of size."""
    expected = dict(prober.acked_ms)
    found: dict[str, float] = {}
    while len(found) < len(expected):
        heard = client.next()
        if heard is None:
            message = f"The stream ended when {len(found)} of {len(expected)} rage clicks had been told."
            raise BenchmarkFailed(message)
        _, data, _, at_ms = heard
        session = data["session_id"]
        if session in expected and session not in found:
            found[session] = at_ms - expected[session]
    return sorted(found.values())
