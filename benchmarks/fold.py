"""(c) The fold alone: `Registry.apply` on decoded batches, in this process, on one core."""

from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import median
from time import process_time
from typing import Final

from benchmarks import machine
from benchmarks.results import NOTHING, Figure
from benchmarks.traffic import START_MS, Traffic, decoded_templates
from engine.config import Config
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.wire import Batch, Event, decode_seen, encode

REACH_EVENTS_PER_S: Final = 120_000
SESSION_EVENTS: Final = 50


def measure(events: int, rounds: int) -> list[Figure]:
    """CPU time, which others on the machine disturb less than they disturb the clock on the wall."""
    busy = machine.load_average()
    traffic = Traffic(visitors=events // SESSION_EVENTS, session_events=SESSION_EVENTS)
    packed = [encode(batch) for batch in batches(traffic, events, decoded_templates())]
    times_s = [_round(packed) for _ in range(rounds)]
    decode_s, fold_s = median(time[0] for time in times_s), median(time[1] for time in times_s)
    fold = Figure(
        part="c",
        name="the fold alone, all detectors, on one core",
        value=round(events / fold_s),
        unit="events/s",
        durable=NOTHING,
        reach=REACH_EVENTS_PER_S,
        load_average=busy,
        details={
            "events": events,
            "sessions": traffic.sessions(events),
            "decoding a batch, events/s": round(events / decode_s),
            "slowest round, events/s": round(events / max(time[1] for time in times_s)),
            "rounds": rounds,
        },
    )
    return [fold]


def batches(traffic: Traffic, events: int, models: Sequence[Event]) -> Iterator[Batch[Event]]:
    """Full calls to a shard, as its pipe makes them."""
    size = Config().engine.max_call_events
    coming, number = traffic.events(events, models), 0
    while load := list(islice(coming, size)):
        number += 1
        yield Batch("bench", number, START_MS, load)


def _round(packed: list[bytes]) -> tuple[float, float]:
    """(seconds to decode, seconds to fold) of everything, in a registry that is new."""
    registry = new_registry()
    started_s = process_time()
    decoded = [decode_seen(item) for item in packed]
    decoded_s = process_time()
    for seq, batch in enumerate(decoded, start=1):
        registry.apply(batch, batch.received_ms, seq)
    return decoded_s - started_s, process_time() - decoded_s


def new_registry() -> Registry:
    config = Config()
    return Registry(
        limits=config.session, rulebook=Rulebook(config.detectors), archive=MemoryArchive(), funnels=config.live.funnels
    )
