"""(b) One event a request, against a bare Starlette route: in turns, so that both meet the same machine."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from benchmarks import machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure
from benchmarks.server import Server, bare, sessiond
from benchmarks.traffic import Traffic

CONNECTIONS: Final = (1, 64, 256)
TRAFFIC: Final = Traffic(visitors=2_000)
REACH_AT_256: Final = 0.6
_WARM_UP_S: Final = 1


class Sent:
    """How many events a server was sent: the next load goes on from there."""

    def __init__(self) -> None:
        self.sent = 0
        self.acked = 0

    def run(self, server: Server, connections: int, seconds: int) -> float:
        """Requests per second; every event of them is stored when it returns, so that the turn is over."""
        load = wrk.Load(port=server.port, connections=connections, seconds=seconds, traffic=TRAFFIC, first=self.sent)
        told = wrk.run(load)
        self.sent += int(told.sent)
        self.acked += int(told.requests)
        server.wait_until_stored(self.acked)
        return told.requests_per_s


def measure(seconds: int, rounds: int) -> list[Figure]:
    """Medians over the rounds. Raises BenchmarkFailed when less is stored than was acked, or more than was sent."""
    sent = Sent()
    with sessiond() as ours, bare() as yardstick:
        sent.run(ours, CONNECTIONS[-1], _WARM_UP_S)
        figures = [_compare(ours, yardstick, sent, connections, seconds, rounds) for connections in CONNECTIONS]
        stored = ours.stored()["total"]
    if not sent.acked <= stored <= sent.sent:
        message = f"{sent.acked} events were acked of {sent.sent} sent, but {stored} are stored."
        raise BenchmarkFailed(message)
    return figures


def _compare(ours: Server, yardstick: Server, sent: Sent, connections: int, seconds: int, rounds: int) -> Figure:
    busy = machine.load_average()
    load = wrk.Load(port=yardstick.port, connections=connections, seconds=seconds, traffic=TRAFFIC)
    pairs = [(sent.run(ours, connections, seconds), wrk.run(load).requests_per_s) for _ in range(rounds)]
    return figure(connections, pairs, busy)


def figure(connections: int, pairs: Sequence[tuple[float, float]], busy: float) -> Figure:
    """`pairs`: requests per second of sessiond and of the bare route, round by round."""
    mine, bare_route = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Figure(
        part="b",
        name=f"one event a request, {connections} connection{'s' * (connections > 1)}, of a bare Starlette route",
        value=round(mine / bare_route, 2),
        unit="of it",
        durable=FSYNCED,
        reach=REACH_AT_256 if connections == CONNECTIONS[-1] else None,
        load_average=busy,
        details={"sessiond requests/s": round(mine), "bare route requests/s": round(bare_route), "rounds": len(pairs)},
    )
