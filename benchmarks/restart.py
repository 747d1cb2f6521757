"""(W4) From kill -9 to the next ack, with so many live sessions in the real server: its shard alone, then all of it.

The kill comes right after the last ack of a load, so that what no snapshot holds yet must be replayed. The clock stops
when an event is acked that was sent at once and sent again while it was refused. Afterwards every session must be live
and the store must hold every event that was acked.
"""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from statistics import median
from typing import Final

from benchmarks import cpu, machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure, Spot
from benchmarks.server import Server, sessiond, wait_until
from benchmarks.traffic import Traffic

CHART: Final = "w4-restart"
REACH_MS: Final = 3_000  # of a shard
REACH_SESSIONS: Final = 100_000
BATCH_EVENTS: Final = 100
CONNECTIONS: Final = 16
_A_SHARD: Final = "a shard"
_ROOM: Final = 1_000_000  # events: no session is long enough to end
_FRESH_EVENTS: Final = 20_000  # acked right before a kill, at most
_LONGEST_S: Final = 600
_BACK_S: Final = 120
_PAUSE_S: Final = 0.01


class Crowd:
    """The sessions of a server under load. `acked`: the events that it acked."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acked = 0
        self._first = 0
        self._probes = 0

    def grow(self, sessions: int) -> None:
        """Until so many sessions are live, that of the probes among them; those that are there get an event as well."""
        self._send(sessions, sessions)

    def stir(self, sessions: int) -> None:
        """Some more events for them."""
        self._send(sessions, min(sessions, _FRESH_EVENTS))

    def _send(self, sessions: int, events: int) -> None:
        load = wrk.Load(
            port=self.server.port,
            connections=CONNECTIONS,
            seconds=_LONGEST_S,
            traffic=Traffic(visitors=sessions - 1, session_events=_ROOM, stagger=0),
            batch=BATCH_EVENTS,
            first=self._first,
            events=events,
        )
        told = wrk.run(load)
        self.acked += int(told.accepted)
        self._first += int(told.sent) * BATCH_EVENTS

    def probe_until_acked(self) -> None:
        """Raises BenchmarkFailed when the server does not come back."""
        self._probes += 1
        event = {"event_id": f"probe-{self._probes}", "session_id": "probe", "user_id": "probe", "event_type": "probe"}
        body, deadline_s = json.dumps(event).encode(), time.monotonic() + _BACK_S
        while not self._is_acked(body):
            if time.monotonic() > deadline_s:
                message = f"Nothing was acked within {_BACK_S} s of the kill."
                raise BenchmarkFailed(message)
            time.sleep(_PAUSE_S)
        self.acked += 1

    def _is_acked(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=_BACK_S)
        with suppress(OSError, http.client.HTTPException):
            connection.request("POST", wrk.PATH, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        return False

    def check(self, sessions: int) -> None:
        """Raises BenchmarkFailed when a session or an event that was acked is lost."""
        wait_until(lambda: self._live() == sessions, _BACK_S, f"Seeing {sessions} live sessions")
        self.server.wait_until_stored(self.acked)
        if (stored := self.server.stored()["total"]) != self.acked:
            message = f"{self.acked} events were acked, but {stored} are stored."
            raise BenchmarkFailed(message)

    def _live(self) -> int:
        _, health = self.server.get("/health")
        return int(health["checks"]["shards"]["live_sessions"])


def measure(kills: Mapping[int, int]) -> list[Figure]:
    """One server that grows from size to size; `kills`: how often each of the two is killed, by live sessions."""
    figures = []
    with sessiond() as server:
        crowd = Crowd(server)
        for sessions, rounds in kills.items():
            crowd.grow(sessions)
            for kill, name in ((kill_shards, _A_SHARD), (kill_all, "the server and all below it")):
                busy = machine.load_average()
                times_ms = [_back_ms(crowd, sessions, kill) for _ in range(rounds)]
                figures.append(figure(sessions, name, times_ms, busy))
    return figures


def _back_ms(crowd: Crowd, sessions: int, kill: Callable[[int], None]) -> float:
    crowd.stir(sessions)
    started_s = time.monotonic()
    kill(crowd.server.process.pid)
    crowd.probe_until_acked()
    took_ms = (time.monotonic() - started_s) * 1000
    crowd.check(sessions)
    return took_ms


def kill_shards(root: int) -> None:
    for pid in [pid for pid in cpu.tree(root) if cpu.kind(pid) == "shard"]:
        os.kill(pid, signal.SIGKILL)


def kill_all(root: int) -> None:
    """All but the supervisor, which holds the socket and starts the server again, as an init system would."""
    for pid in [pid for pid in cpu.tree(root) if pid != root]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def figure(sessions: int, killed: str, times_ms: Sequence[float], busy: float) -> Figure:
    return Figure(
        part="W4",
        name=f"kill -9 of {killed} to the next ack, {sessions:,} live sessions",
        value=round(median(times_ms)),
        unit="ms",
        durable=FSYNCED,
        reach=REACH_MS if (killed, sessions) == (_A_SHARD, REACH_SESSIONS) else None,
        better="less",
        load_average=busy,
        spot=Spot(CHART, f"kill -9 of {killed}", sessions),
        details={"slowest, ms": round(max(times_ms)), "rounds": len(times_ms)},
    )
