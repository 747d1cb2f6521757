"""(c) What counting for the monitor costs in a shard, beside the fold: `Sensor.took` and the cut once a second."""

from collections.abc import Sequence
from statistics import median
from time import process_time
from typing import Final

from benchmarks import machine
from benchmarks.fold import SESSION_EVENTS, batches, new_registry
from benchmarks.results import NOTHING, Figure
from benchmarks.traffic import Traffic, decoded_templates
from engine.config import Config
from engine.sensor import Sensor
from engine.wire import Batch, Outcome, Seen, decode_seen, encode

REACH_US: Final = 1.0  # an event
_CUT_BATCHES: Final = 20  # about a second of a busy shard

Folded = Sequence[tuple[Batch[Seen], Outcome]]


def measure(events: int, rounds: int) -> list[Figure]:
    """CPU time, as of the fold."""
    busy = machine.load_average()
    traffic = Traffic(visitors=events // SESSION_EVENTS, session_events=SESSION_EVENTS)
    folded = _folded([encode(batch) for batch in batches(traffic, events, decoded_templates())])
    times_us = [_round_s(folded) * 1_000_000 / events for _ in range(rounds)]
    cost = Figure(
        part="c",
        name="counting for the monitor, beside the fold",
        value=round(median(times_us), 3),
        unit="µs an event",
        durable=NOTHING,
        reach=REACH_US,
        better="less",
        load_average=busy,
        details={"events": events, "slowest round, µs an event": round(max(times_us), 3), "rounds": rounds},
    )
    return [cost]


def _folded(packed: Sequence[bytes]) -> Folded:
    registry = new_registry()
    decoded = [decode_seen(item) for item in packed]
    return [(batch, registry.apply(batch, batch.received_ms, seq)) for seq, batch in enumerate(decoded, start=1)]


def _round_s(folded: Folded) -> float:
    sensor, page_types = Sensor(), Config().session.page_types
    started_s = process_time()
    for seq, (batch, outcome) in enumerate(folded, start=1):
        sensor.took(batch, outcome, batch.received_ms, page_types)
        if not seq % _CUT_BATCHES:
            sensor.cut("bench", seq)
            sensor.acked(seq)
    return process_time() - started_s
