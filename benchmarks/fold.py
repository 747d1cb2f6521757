"""(c) The fold alone: `Registry.apply` on decoded batches, in this process, on one core; with all detectors, with
none, and with each of them alone."""

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
_KINDS: Final = Rules.__struct_fields__


class Times(NamedTuple):
    """Seconds of CPU time for all events."""

    decode_s: float
    fold_s: float


def measure(events: int, rounds: int) -> list[Figure]:
    """CPU time, which others on the machine disturb less than they disturb the clock on the wall. The rounds of all
    settings are in turns, so that the machine is as fast for one as for the other."""
    busy = machine.load_average()
    traffic = Traffic(visitors=events // SESSION_EVENTS, session_events=SESSION_EVENTS)
    packed = [encode(batch) for batch in batches(traffic, events, decoded_templates())]
    settings = {"all": Rules(), "none": only()} | {kind: only(kind) for kind in _KINDS}
    times: dict[str, list[Times]] = {name: [] for name in settings}
    collects_at = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)  # as a shard does: sessions hold no cycles to look for
    for _ in range(rounds):
        for name, rules in settings.items():
            times[name].append(_round(packed, rules))
    gc.set_threshold(*collects_at)
    return [
        _figure("the fold alone, all detectors, on one core", times["all"], events, busy, reach=REACH_EVENTS_PER_S),
        _figure("the fold alone, no detector, on one core", times["none"], events, busy),
        _added(times, events, busy),
    ]


def only(*kinds: str) -> Rules:
    """The default rules with all other detectors turned off."""
    rules = Rules()
    off = {kind: replace(getattr(rules, kind), enabled=False) for kind in _KINDS if kind not in kinds}
    return replace(rules, **off)


def _figure(name: str, times: list[Times], events: int, busy: float, reach: float | None = None) -> Figure:
    return Figure(
        part="c",
        name=name,
        value=round(events / median(time.fold_s for time in times)),
        unit="events/s",
        durable=NOTHING,
        reach=reach,
        load_average=busy,
        details={
            "events": events,
            "decoding a batch, events/s": round(events / median(time.decode_s for time in times)),
            "slowest round, events/s": round(events / max(time.fold_s for time in times)),
            "rounds": len(times),
        },
    )


def _added(times: dict[str, list[Times]], events: int, busy: float) -> Figure:
    """Each alone: two together cost less than the sum, because what they share is done once."""
    cost_us = {name: median(time.fold_s for time in found) / events * 1e6 for name, found in times.items()}
    return Figure(
        part="c",
        name="what all detectors add to an event",
        value=round(cost_us["all"] - cost_us["none"], 1),
        unit="µs",
        durable=NOTHING,
        better="less",
        load_average=busy,
        details={f"{kind} alone, µs": round(cost_us[kind] - cost_us["none"], 1) for kind in _KINDS},
    )


def batches(traffic: Traffic, events: int, models: Sequence[Event]) -> Iterator[Batch[Event]]:
    """Full calls to a shard, as its pipe makes them."""
    size = Config().engine.max_call_events
    coming, number = traffic.events(events, models), 0
    while load := list(islice(coming, size)):
        number += 1
        yield Batch("bench", number, START_MS, load)


def _round(packed: list[bytes], rules: Rules) -> Times:
    """Decode and fold everything, in a registry that is new."""
    registry = new_registry(rules)
    started_s = process_time()
    decoded = [decode_seen(item) for item in packed]
    decoded_s = process_time()
    for seq, batch in enumerate(decoded, start=1):
        registry.apply(batch, batch.received_ms, seq)
        registry.folder.moved.clear()  # as the live view does after each batch
    return Times(decoded_s - started_s, process_time() - decoded_s)


def new_registry(rules: Rules | None = None) -> Registry:
    config = Config()
    return Registry(
        limits=config.session,
        rulebook=Rulebook(rules or config.detectors),
        archive=MemoryArchive(),
        funnels=config.live.funnels,
    )
