"""A journal frame as rows: flattened as soon as it is read, while its events are in the CPU's cache.

Only the columns are kept; they are smaller than the events.
"""

from typing import NamedTuple

import msgspec

from engine.errors import JournalDamaged
from engine.wire import Batch, Outcome, decode_batch, decode_outcome
from persistence.journal import Frame
from persistence.ports import Columns
from persistence.rows import Origin, days_of, length, tables_of


class Unpacked(NamedTuple):
    """`tables`: what the frame adds to each; `rows`: how many in all; `days`: whose counts they change."""

    seq: int
    received_ms: int
    size_bytes: int
    rows: int
    tables: dict[str, Columns]
    days: set[tuple[str, int]]


def unpack(frame: Frame, shard: int) -> Unpacked:
    """Raises `JournalDamaged` for bytes that do not decode: a newer version wrote them."""
    try:
        batch = decode_batch(frame.body) if frame.kind == "batch" else Batch("", 0, 0, [])
        outcome = decode_outcome(frame.outcome) if frame.outcome else Outcome()
    except msgspec.DecodeError as error:
        message = f"Frame {frame.seq} does not decode ({error}); was it written by a newer version?"
        raise JournalDamaged(message) from error
    tables = tables_of(batch, outcome, Origin(shard, frame.seq))
    rows = sum(map(length, tables.values()))
    size_bytes = len(frame.body) + len(frame.outcome)
    return Unpacked(frame.seq, frame.received_ms, size_bytes, rows, tables, days_of(tables))
