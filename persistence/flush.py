"""When rows are sent and how many at a time: presets after the systems this one replaces, and what overrides them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from engine.config import ClickHouse


class FlushRules(msgspec.Struct, frozen=True):
    """A chunk goes when `flush_rows` rows wait or the oldest has waited `flush_interval_ms`; under load the first
    rule waits for `pace_ms`, because ClickHouse likes few large inserts, or for a full chunk.

    A chunk holds whole frames: at most `max_chunk_rows` rows and `max_chunk_bytes` bytes of journal, but always one.
    """

    flush_rows: int = 5_000
    flush_interval_ms: int = 1_000
    pace_ms: int = 0
    max_chunk_rows: int = 50_000
    max_chunk_bytes: int = 32_000_000  # 50,000 events of the largest allowed size would be 50 GB
    max_run_rows: int = 500  # frames of fewer rows are flattened together
    read_frames: int = 1_000  # in one reading, which must be short: a long one keeps the WAL from shrinking
    read_bytes: int = 4_000_000
    poll_ms: int = 100  # how often an idle journal is looked at; part of the freshness that queries promise
    max_refusals: int = 200  # inserts that may fail while looking for the rows that the store refuses


_PRESETS: Final[Mapping[str, FlushRules]] = MappingProxyType(
    {
        "default": FlushRules(pace_ms=700),
        "seed-000": FlushRules(flush_rows=500, flush_interval_ms=10_000),
        "seed-003": FlushRules(flush_rows=1_000, flush_interval_ms=5_000),
    }
)


def flush_rules(config: ClickHouse) -> FlushRules:
    """The preset, with the numbers of the configuration over it where they are not 0."""
    preset = _PRESETS[config.preset]
    return msgspec.structs.replace(
        preset,
        flush_rows=config.flush_rows or preset.flush_rows,
        flush_interval_ms=config.flush_interval_ms or preset.flush_interval_ms,
        max_chunk_rows=config.max_chunk_rows,
    )
