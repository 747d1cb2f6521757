"""A journal frame as rows: flattened as soon as it is read, while its events are in the CPU's cache.

Only the rows are kept; they are smaller than the events.
"""

from typing import NamedTuple

import msgspec

from engine.errors import JournalDamaged
from engine.wire import Batch, Outcome, decode_batch, decode_outcome
from persistence.journal import Frame
from persistence.ports import Rows
from persistence.rows import Origin, tables_of


class Unpacked(NamedTuple):
    """`tables`: what the frame adds to each; `rows`: how many in all."""

    seq: int
    received_ms: int
    size_bytes: int
    rows: int
    tables: dict[str, Rows]


def unpack(frame: Frame, shard: int) -> Unpacked:
    """Raises `JournalDamaged` for bytes that do not decode: a newer version wrote them."""
    try:
        batch = decode_batch(frame.body) if frame.kind == "batch" else Batch("", 0, 0, [])
        outcome = decode_outcome(frame.outcome) if frame.outcome else Outcome()
    except msgspec.DecodeError as error:
        message = f"Frame {frame.seq} does not decode ({error}); was it written by a newer version?"
        raise JournalDamaged(message) from error
    tables = tables_of(batch, outcome, Origin(shard, frame.seq, frame.received_ms))
    return Unpacked(
        seq=frame.seq,
        received_ms=frame.received_ms,
        size_bytes=len(frame.body) + len(frame.outcome),
        rows=sum(rows.num_rows for rows in tables.values()),
        tables=tables,
    )
