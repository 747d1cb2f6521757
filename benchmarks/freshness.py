"""(W5) From a request to what can be seen of it: its anomaly in /session/analysis, its rows in ClickHouse.

A request holds the clicks of a rage click, each in a session of its own; then both places are asked again and again
until they show it. The time runs from before the request is sent until the answer that shows it has come.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from statistics import median
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks import machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Bucket, Figure, Spot
from benchmarks.server import Server, sessiond
from benchmarks.traffic import Traffic
from engine.config import Config

LOAD_EVENTS_PER_S: Final = 5_000
BELOW_MS: Final = (2, 5, 10, 20, 50, 100, 200, 400, 600, 800, 1_000, 1_200, 1_500, 2_000, 5_000, 10_000)
_BATCH_EVENTS: Final = 50
_CONNECTIONS: Final = 16
_TOGETHER: Final = 3  # at different moments of the store's flush
_FLUSH_S: Final = 1.0
_LONGEST_S: Final = 30
_PAUSE_S: Final = 0.002
_STORE_PAUSE_S: Final = 0.02  # a query costs the store more than the shard


class Seen(NamedTuple):
    """Milliseconds since the request was sent."""

    acked_ms: float
    anomaly_ms: float
    stored_ms: float


def measure(seconds: int) -> list[Figure]:
    """On a server without other traffic, then under a load that takes a part of the machine, so many seconds each."""
    busy = machine.load_average()
    with sessiond() as server:
        sample(server, "warm")
        quiet, loaded = _sampled(server, seconds, "quiet"), _under_load(server, seconds)
    beside = f"{LOAD_EVENTS_PER_S:,} events/s beside it"
    return [*figures(quiet, "no other traffic", busy), *figures(loaded, beside, busy)]


def _sampled(server: Server, seconds: int, name: str) -> list[Seen]:
    with ThreadPoolExecutor(_TOGETHER) as threads:
        rows = threads.map(lambda number: list(_samples(server, seconds, f"{name}-{number}")), range(_TOGETHER))
        return [seen for row in rows for seen in row]


def _samples(server: Server, seconds: int, name: str) -> Iterator[Seen]:
    """At random moments: right after the last one was seen would always be right after a flush of the store."""
    ends_s, number, moments = time.monotonic() + seconds, 0, Random(name)
    while time.monotonic() < ends_s:
        number += 1
        time.sleep(moments.uniform(0, _FLUSH_S))
        yield sample(server, f"{name}-{number}")


def _under_load(server: Server, seconds: int) -> list[Seen]:
    load = wrk.Load(
        port=server.port,
        connections=_CONNECTIONS,
        seconds=seconds,
        traffic=Traffic(visitors=2_000),
        batch=_BATCH_EVENTS,
        rate=LOAD_EVENTS_PER_S // _BATCH_EVENTS,
    )
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(wrk.run, load)
        seen = _sampled(server, seconds, "loaded")
        loading.result()
    return seen


def sample(server: Server, session_id: str) -> Seen:
    """Raises BenchmarkFailed when it is not seen in time."""
    body = json.dumps(clicks(session_id, time.time_ns() // 1_000_000)).encode()
    started_s = time.monotonic()
    _post(server.port, body)
    acked_s = time.monotonic()
    analysis, rows = f"/session/analysis?session_id={session_id}", f"/api/v1/sessions/{session_id}/events"
    anomaly_s = _seen_s(lambda: _get(server, analysis).get("has_rage_click", False), _PAUSE_S)
    wanted = Config().detectors.rage_click.min_clicks
    stored_s = _seen_s(lambda: len(_get(server, rows).get("items", ())) == wanted, _STORE_PAUSE_S)
    return Seen(*((at_s - started_s) * 1000 for at_s in (acked_s, anomaly_s, stored_s)))


def clicks(session_id: str, now_ms: int) -> list[dict[str, Any]]:
    """As many on one spot as make a rage click, the last of them now."""
    target = {"selector": "#pay", "tag": "button", "text": "Pay"}
    common = {
        "session_id": session_id,
        "user_id": session_id,
        "event_type": "click",
        "url": "https://shop.example/cart",
    }
    payload = {"x": 300, "y": 200, "target": target}
    count = Config().detectors.rage_click.min_clicks
    return [
        common
        | {"event_id": f"{session_id}-{place}", "timestamp": now_ms - (count - 1 - place) * 150, "payload": payload}
        for place in range(count)
    ]


def _post(port: int, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST_S)
    connection.request("POST", wrk.PATH, body, {"Content-Type": "application/json"})
    if (status := connection.getresponse().status) != 200:
        message = f"The clicks were answered {status}."
        raise BenchmarkFailed(message)
    connection.close()


def _get(server: Server, path: str) -> dict[str, Any]:
    status, answer = server.get(path)
    return dict(answer) if status == 200 else {}


def _seen_s(is_seen: Callable[[], bool], pause_s: float) -> float:
    deadline_s = time.monotonic() + _LONGEST_S
    while not is_seen():
        if time.monotonic() > deadline_s:
            message = f"What was acked was not seen within {_LONGEST_S} s."
            raise BenchmarkFailed(message)
        time.sleep(pause_s)
    return time.monotonic()


def figures(seen: Sequence[Seen], traffic: str, busy: float) -> list[Figure]:
    anomaly = _figure("its anomaly in /session/analysis", Spot("w5-anomaly", traffic), [s.anomaly_ms for s in seen])
    stored = _figure("its rows in ClickHouse", Spot("w5-rows", traffic), [s.stored_ms for s in seen])
    acked = {"p50 of the ack, ms": round(median(one.acked_ms for one in seen), 1)}
    anomaly = msgspec.structs.replace(anomaly, details=acked | anomaly.details)
    return [msgspec.structs.replace(figure, load_average=busy) for figure in (anomaly, stored)]


def _figure(what: str, spot: Spot, times_ms: Sequence[float]) -> Figure:
    ranked = sorted(times_ms)
    return Figure(
        part="W5",
        name=f"from a request to {what}, {spot.line}: p50",
        value=round(median(ranked), 1),
        unit="ms",
        durable=FSYNCED,
        better="less",
        spot=spot,
        details={
            "p99 ms": round(ranked[int(len(ranked) * 0.99)], 1),
            "max ms": round(ranked[-1], 1),
            "samples": len(ranked),
        },
        buckets=histogram(ranked),
    )


def histogram(times_ms: Sequence[float]) -> list[Bucket]:
    """Up to the last one that is not empty; what is above all of them is in the last."""
    counts = [0] * len(BELOW_MS)
    for time_ms in times_ms:
        counts[next((at for at, below in enumerate(BELOW_MS) if time_ms < below), -1)] += 1
    last = max((at for at, count in enumerate(counts) if count), default=-1)
    return [Bucket(below, count) for below, count in zip(BELOW_MS, counts, strict=True)][: last + 1]
