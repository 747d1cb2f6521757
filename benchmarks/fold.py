"""(c) The fold alone: `Registry.apply` on decoded batches, in this process, on one core."""

import gc
from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import median
from time import process_time
from typing import Final, NamedTuple

from msgspec.structs import replace

from benchmarks import machine
from benchmarks.results import NOTHING, Figure
from benchmarks.traffic import START_MS, Traffic, decoded_templates
from engine.config import Config
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.wire import Batch, Event, decode_seen, encode

REACH_EVENTS_PER_S: Final = 80_000
SESSION_EVENTS: Final = 50
_ALL: Final = frozenset(Rules.__struct_fields__)
_VARIANTS: Final = (_ALL, frozenset[str](), *(frozenset({kind}) for kind in Rules.__struct_fields__))


class Time(NamedTuple):
    """Of one round, in seconds."""

    decode_s: float
    fold_s: float


def measure(events: int, rounds: int) -> list[Figure]:
    """CPU time, which others on the machine disturb less than they disturb the clock on the wall. With all detectors,
    with none, and with each alone, in turns: what a fast or a slow minute of the machine does, it does to all."""
    busy = machine.load_average()
    traffic = Traffic(visitors=events // SESSION_EVENTS, session_events=SESSION_EVENTS)
    packed = [encode(batch) for batch in batches(traffic, events, decoded_templates())]
    times: dict[frozenset[str], list[Time]] = {detectors: [] for detectors in _VARIANTS}
    collects_at = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)  # as a shard does: sessions hold no cycles to look for
    for _ in range(rounds):
        for detectors, measured in times.items():
            measured.append(_round(packed, detectors))
    gc.set_threshold(*collects_at)
    bare_s = median(time.fold_s for time in times[frozenset()])
    common = Figure(part="c", name="", value=0, unit="events/s", durable=NOTHING, load_average=busy)
    return [
        replace(
            common,
            name="the fold alone, all detectors, on one core",
            value=round(events / median(time.fold_s for time in times[_ALL])),
            reach=REACH_EVENTS_PER_S,
            details={
                "events": events,
                "sessions": traffic.sessions(events),
                "decoding a batch, events/s": round(events / median(time.decode_s for time in times[_ALL])),
                "slowest round, events/s": round(events / max(time.fold_s for time in times[_ALL])),
                "rounds": rounds,
            },
        ),
        replace(
            common,
            name="the fold alone, no detector",
            value=round(events / bare_s),
            details={
                f"{_name(detectors)}, µs per event more": added_us(times[detectors], bare_s, events)
                for detectors in _VARIANTS
                if detectors
            },
        ),
    ]


def added_us(times: Sequence[Time], bare_s: float, events: int) -> float:
    return round((median(time.fold_s for time in times) - bare_s) * 1_000_000 / events, 2)


def _name(detectors: frozenset[str]) -> str:
    return "all detectors" if detectors == _ALL else f"{min(detectors)} alone"


def batches(traffic: Traffic, events: int, models: Sequence[Event]) -> Iterator[Batch[Event]]:
    """Full calls to a shard, as its pipe makes them."""
    size = Config().engine.max_call_events
    coming, number = traffic.events(events, models), 0
    while load := list(islice(coming, size)):
        number += 1
        yield Batch("bench", number, START_MS, load)


def _round(packed: list[bytes], detectors: frozenset[str]) -> Time:
    """To decode and to fold everything, in a registry that is new."""
    registry = new_registry(detectors)
    started_s = process_time()
    decoded = [decode_seen(item) for item in packed]
    decoded_s = process_time()
    for seq, batch in enumerate(decoded, start=1):
        registry.apply(batch, batch.received_ms, seq)
        registry.folder.moved.clear()  # as the live view does after each batch
    return Time(decoded_s - started_s, process_time() - decoded_s)


def new_registry(detectors: frozenset[str] = _ALL) -> Registry:
    """With these detectors turned on, as a project that sets nothing else has them."""
    config = Config()
    rules = Rules(**{kind: replace(getattr(config.detectors, kind), enabled=kind in detectors) for kind in _ALL})
    return Registry(
        limits=config.session, rulebook=Rulebook(rules), archive=MemoryArchive(), funnels=config.live.funnels
    )
