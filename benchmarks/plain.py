"""(W2) Intake of 1 and of 100 events a request: sessiond, the same service written plainly, and a bare route, in turns.

The plain service: Starlette, a Redis hash per session, ClickHouse in batches (`benchmarks/peers/plain_service.py`).
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from benchmarks import machine, neighbours, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure, Spot
from benchmarks.server import Server, bare, sessiond
from benchmarks.traffic import Traffic

TRAFFIC: Final = Traffic(visitors=2_000)
_OURS: Final = "sessiond"
_PLAIN: Final = "Starlette + Redis + ClickHouse"
_BARE: Final = "a bare route, which only reads the body"
DURABLE: Final = {
    _OURS: FSYNCED,
    _PLAIN: "nothing: sessions in the memory of Redis, up to 5 s of rows in that of the process",
    _BARE: "nothing: nothing is kept",
}


class Form(NamedTuple):
    """How a load comes."""

    batch: int
    connections: int
    chart: str


FORMS: Final = (Form(1, 64, "w2-one"), Form(100, 16, "w2-hundred"))


class Loaded:
    """A server and what it was sent: the next load goes on from there."""

    def __init__(self, server: Server, *, stores: bool) -> None:
        self._server = server
        self._stores = stores
        self._sent = 0
        self._acked = 0

    def run(self, form: Form, seconds: int) -> float:
        """Events per second that were acked. Each of them is stored when it returns, so that the turn is over."""
        load = wrk.Load(
            port=self._server.port,
            connections=form.connections,
            seconds=seconds,
            traffic=TRAFFIC,
            batch=form.batch,
            first=self._sent,
        )
        told = wrk.run(load)
        self._sent += int(told.sent) * form.batch
        self._acked += int(told.requests) * form.batch
        if self._stores:
            self._server.wait_until_stored(self._acked)
            self._check()
        return form.batch * (told.requests_per_s if form.batch == 1 else _held_per_s(told))

    def _check(self) -> None:
        """Raises BenchmarkFailed when more is stored than was sent; a load of single events is cut off at its end."""
        if (stored := self._server.stored()["total"]) > self._sent:
            message = f"{self._sent} events were sent, but {stored} are stored."
            raise BenchmarkFailed(message)


def _held_per_s(told: wrk.Told) -> float:
    """Requests per second up to the last answer: a load that rests is not over when its time is."""
    return told.answered / (told.last_ms - told.first_ms) * 1000


def measure(seconds: int, rounds: int) -> list[Figure]:
    """Medians over the rounds."""
    with sessiond() as ours, neighbours.plain() as plain, bare() as route:
        servers = {
            _OURS: Loaded(ours, stores=True),
            _PLAIN: Loaded(plain, stores=True),
            _BARE: Loaded(route, stores=False),
        }
        for loaded in servers.values():
            loaded.run(FORMS[0], 1)
        return [figure for form in FORMS for figure in _compared(servers, form, seconds, rounds)]


def _compared(servers: Mapping[str, Loaded], form: Form, seconds: int, rounds: int) -> list[Figure]:
    busy = machine.load_average()
    turns = [{name: loaded.run(form, seconds) for name, loaded in servers.items()} for _ in range(rounds)]
    return figures(form, turns, busy)


def figures(form: Form, turns: Sequence[Mapping[str, float]], busy: float) -> list[Figure]:
    """`turns`: events per second by server, round by round."""
    medians = {name: median(turn[name] for turn in turns) for name in turns[0]}
    return [
        Figure(
            part="W2",
            name=f"{form.batch} event{'s' * (form.batch > 1)} a request, {form.connections} connections: {name}",
            value=round(per_s),
            unit="events/s",
            durable=DURABLE[name],
            load_average=busy,
            spot=None if name == _BARE and form.batch > 1 else Spot(form.chart),  # its bar would hide the others
            details={
                "sessiond is so many times as fast": round(medians[_OURS] / per_s, 2),
                "slowest round, events/s": round(min(turn[name] for turn in turns)),
                "rounds": len(turns),
            },
        )
        for name, per_s in medians.items()
    ]
