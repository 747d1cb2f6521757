"""Journal frames as rows: flattened as soon as they are read, while their events are in the CPU's cache.

Only the rows are kept; they are smaller than the events. Frames of few events are flattened together, because a table
of columns costs as much for one row as for a hundred.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from engine.errors import JournalDamaged
from engine.ledger import minute_of
from engine.wire import Batch, Event, Outcome, decode_batch, decode_outcome
from persistence.counted import Place, Step
from persistence.flush import FlushRules
from persistence.journal import Frame
from persistence.ports import Rows
from persistence.refused import places
from persistence.rows import Origin, Part, tables_of


class Unpacked(NamedTuple):
    """A run of whole frames. `oldest_ms`, `newest_ms`: when its first and its last one were received; `tables`: what
    it adds to each; `rows`: how many in all.

    For the ledger: `minutes` in which it was received, `unfit`: events that no row can hold, `unsure`: see `Outcome`.
    """

    first_seq: int
    last_seq: int
    oldest_ms: int
    newest_ms: int
    size_bytes: int
    rows: int
    tables: dict[str, Rows]
    minutes: list[Step]
    unfit: list[Place]
    unsure: int


def unpack(frames: Iterable[Frame], shard: int, rules: FlushRules) -> Iterator[Unpacked]:
    """In order. Raises `JournalDamaged` for bytes that do not decode: a newer version wrote them."""
    max_rows = min(rules.max_run_rows, rules.max_chunk_rows)
    run: list[Frame] = []
    parts: list[Part] = []
    rows = size_bytes = 0
    for frame in frames:
        part = _part(frame, shard)
        if run and (rows + part.rows > max_rows or size_bytes + _size_bytes(frame) > rules.max_chunk_bytes):
            yield _unpacked(run, parts)
            run, parts, rows, size_bytes = [], [], 0, 0
        run.append(frame)
        parts.append(part)
        rows += part.rows
        size_bytes += _size_bytes(frame)
    if run:
        yield _unpacked(run, parts)


def _unpacked(run: Sequence[Frame], parts: Sequence[Part]) -> Unpacked:
    tables, refused = tables_of(parts)
    return Unpacked(
        first_seq=run[0].seq,
        last_seq=run[-1].seq,
        oldest_ms=run[0].received_ms,
        newest_ms=run[-1].received_ms,
        size_bytes=sum(map(_size_bytes, run)),
        rows=sum(rows.num_rows for rows in tables.values()),
        tables=tables,
        minutes=minutes_of((frame.seq, minute_of(frame.received_ms)) for frame in run),
        unfit=places(refused),
        unsure=sum(part.outcome.unsure for part in parts),
    )


def minutes_of(steps: Iterable[Step]) -> list[Step]:
    """Only the first step of each minute."""
    found: list[Step] = []
    for step in steps:
        if not found or found[-1][1] != step[1]:
            found.append(step)
    return found


def _part(frame: Frame, shard: int) -> Part:
    try:
        batch = decode_batch(frame.body) if frame.kind == "batch" else Batch[Event]("", 0, 0, [])
        outcome = decode_outcome(frame.outcome) if frame.outcome else Outcome()
    except msgspec.DecodeError as error:
        message = f"Frame {frame.seq} does not decode ({error}); was it written by a newer version?"
        raise JournalDamaged(message) from error
    return Part(batch, outcome, Origin(shard, frame.seq, frame.received_ms))


def _size_bytes(frame: Frame) -> int:
    return len(frame.body) + len(frame.outcome)
