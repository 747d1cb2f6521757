"""A chunk on its way into the store, table by table, and what happens to rows that the store refuses.

A refused insert is halved until the rows at fault stand alone; those go to `bad_rows` with the reason, the others go
where they belong. Halves have tokens of their own, so a retry after a crash takes the same way and adds nothing.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from engine.errors import OperatorError
from engine.ledger import Entry
from persistence.again import insert_again
from persistence.chunk import Chunk
from persistence.columns import Columns, joined, plain, typed
from persistence.counted import days, entries
from persistence.plan import Source
from persistence.ports import Rows, Store
from persistence.refused import Refused, places, set_aside
from persistence.tables import ANOMALIES, BAD_ROWS, DELIVERIES, EVENTS, SESSIONS

_NOTED: Final = (EVENTS.name, ANOMALIES.name, SESSIONS.name, BAD_ROWS.name)


class Delivery:
    """`run` until it returns; after a `Wait` run it again, and it goes on with the table that failed. `is_resumed`: a
    process before this one may have sent some of it.

    Raises `OperatorError` when no row of a table is taken: then the table is at fault, not a row.
    """

    def __init__(
        self, *, store: Store, source: Source, chunk: Chunk, max_refusals: int, is_resumed: bool = False
    ) -> None:
        self.chunk = chunk
        self.rows: dict[str, int] = {}  # stored, by table
        self.refused: list[str] = []  # one line per row that went to bad_rows
        self._store = store
        self._source = source
        self._max_refusals = max_refusals
        self._is_again = is_resumed
        self._left = list(chunk.tables.items())
        self._events: Rows | None = None  # stored
        self._refused_events = list(chunk.unfit)

    def run(self) -> None:
        try:
            self._run()
        finally:
            self._is_again = True

    def _run(self) -> None:
        while self._left:
            table, rows = self._left[0]
            if table == EVENTS.name:
                rows = self._named(rows)
            stored, refused = self._insert(table, rows)
            if refused:
                self._set_aside(table, refused)
            self._count(table, stored.num_rows)
            if table == EVENTS.name:
                self._events = stored
            del self._left[0]
        self._note()

    def ledger(self, after_seq: int) -> Counter[Entry]:
        """What became of the events of the frames after `after_seq`, once it has run."""
        return entries(self._events, self._refused_events, self.chunk.minutes, after_seq)

    def _named(self, events: Rows) -> Rows:
        """With the journal they come from: one word for all, which costs nothing as a dictionary."""
        numbers = pa.repeat(pa.scalar(0, pa.int8()), events.num_rows)
        journal = pa.DictionaryArray.from_arrays(numbers, [self._source.journal_id])
        return events.append_column("src_journal", journal)

    def _count(self, table: str, rows: int) -> None:
        self.rows[table] = self.rows.get(table, 0) + rows

    def _insert(self, table: str, rows: Rows) -> tuple[Rows, list[Refused]]:
        """The rows that are stored, and the others."""
        token = self._source.token(table, self.chunk.bounds)
        try:
            self._send(table, rows, token)
        except OperatorError as error:
            if table == BAD_ROWS.name or rows.num_rows == 1:
                raise
            return self._insert_halves(table, rows, token, error)
        return rows, []

    def _insert_halves(self, table: str, rows: Rows, token: str, error: OperatorError) -> tuple[Rows, list[Refused]]:
        stored: list[Rows] = []
        refusals = 0
        refused: list[Refused] = []
        ranges = list(_halves(0, rows.num_rows))
        while ranges:
            start, stop = ranges.pop()
            part = rows[start:stop]
            try:
                self._send(table, part, f"{token}:{start}-{stop}")
                stored.append(part)
            except OperatorError as next_error:
                refusals += 1
                if refusals > self._max_refusals:
                    raise
                if stop - start == 1:
                    refused.append(Refused(table, plain(part)[0], next_error.message))
                else:
                    ranges += _halves(start, stop)
        if not stored:
            raise error
        return joined(stored), refused

    def _set_aside(self, table: str, refused: list[Refused]) -> None:
        token = f"{self._source.token(BAD_ROWS.name, self.chunk.bounds)}:{table}"
        rows = typed(BAD_ROWS, set_aside(refused, self.chunk.newest_ms))
        self._send(BAD_ROWS.name, rows, token)
        self._count(BAD_ROWS.name, rows.num_rows)
        self.refused += [f"{table}: {one.reason}" for one in refused]
        self._refused_events += places(refused)

    def _note(self) -> None:
        """Last, because it says that all the others are there."""
        token = self._source.token(DELIVERIES.name, self.chunk.bounds)
        self._send(DELIVERIES.name, typed(DELIVERIES, self._noted()), token)

    def _send(self, table: str, rows: Rows, token: str) -> None:
        if self._is_again:
            insert_again(self._store, table, rows, token=token)
        else:
            self._store.insert(table, rows, token=token)

    def _noted(self) -> Columns:
        found = [] if self._events is None else days(self._events, self.chunk.unsure)
        return {
            "journal_id": [self._source.journal_id],
            "src_shard": [self._source.shard],
            "first_seq": [self.chunk.bounds.first_seq],
            "last_seq": [self.chunk.bounds.last_seq],
            "received_from": [self.chunk.oldest_ms],
            "received_to": [self.chunk.newest_ms],
            **{table: [self.rows.get(table, 0)] for table in _NOTED},
            "days": [[day.day for day in found]],
            "day_events": [[day.events for day in found]],
            "day_replacing": [[day.replacing for day in found]],
        }


def _halves(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The right half first: the ranges are worked off from the end, so rows keep their order."""
    middle = (start + stop) // 2
    yield middle, stop
    yield start, middle
