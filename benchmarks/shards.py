"""(W3) What an event costs at one shard and at more: batches of 100 over HTTP, CPU of all processes of the server."""

from collections.abc import Sequence
from typing import Final

from benchmarks import cpu, machine, wrk
from benchmarks.intake import BATCH_EVENTS, CONNECTIONS, TRAFFIC
from benchmarks.results import FSYNCED, Figure, Spot
from benchmarks.server import sessiond

_AXIS: Final = "shards"


def measure(counts: Sequence[int], seconds: int) -> list[Figure]:
    return [figure for shards in counts for figure in _measured(shards, seconds)]


def _measured(shards: int, seconds: int) -> list[Figure]:
    busy = machine.load_average()
    with sessiond("--shards", str(shards)) as server:
        before = cpu.spent_s(server.process.pid)
        load = wrk.Load(port=server.port, connections=CONNECTIONS, seconds=seconds, traffic=TRAFFIC, batch=BATCH_EVENTS)
        told = wrk.run(load)
        server.wait_until_stored(int(told.accepted))
        spent = cpu.difference(before, cpu.spent_s(server.process.pid))
    return figures(shards, told, spent, busy)


def figures(shards: int, told: wrk.Told, spent_s: dict[str, float], busy: float) -> list[Figure]:
    """`spent_s`: CPU seconds by kind of process, up to the last row in ClickHouse."""
    what = f"{shards} shard{'s' * (shards > 1)}"
    event_us = {kind: round(seconds * 1e6 / told.accepted, 1) for kind, seconds in spent_s.items()}
    cost = Figure(
        part="W3",
        name=f"CPU of one event through HTTP into ClickHouse: {what}",
        value=round(sum(event_us.values()), 1),
        unit="µs",
        durable=FSYNCED,
        better="less",
        spot=Spot(f"w3-cost-{_AXIS}", "one event", shards),
        details={f"{kind}, µs": spent for kind, spent in event_us.items()},
        load_average=busy,
    )
    rate = Figure(
        part="W3",
        name=f"batches of 100 over HTTP, acked: {what}",
        value=round(told.accepted / (told.last_ms - told.first_ms) * 1000),
        unit="events/s",
        durable=FSYNCED,
        spot=Spot(f"w3-rate-{_AXIS}", "acked", shards),
        load_average=busy,
    )
    return [cost, rate]
