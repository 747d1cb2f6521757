"""A chunk on its way into the store, table by table, and what happens to rows that the store refuses.

A refused insert is halved until the rows at fault stand alone; those go to `bad_rows` with the reason, the others go
where they belong. Halves have tokens of their own, so a retry after a crash takes the same way and adds nothing.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from engine.errors import OperatorError
from persistence.chunk import Chunk
from persistence.plan import Source
from persistence.ports import Columns, Store
from persistence.rows import length
from persistence.tables import BAD_ROWS

REFUSED: Final = "store_refused"


class Refused(NamedTuple):
    row: int
    reason: str


class Delivery:
    """`run` until it returns; after a `Wait` run it again, and it goes on with the table that failed.

    Raises `OperatorError` when no row of a table is taken: then the table is at fault, not a row.
    """

    def __init__(self, *, store: Store, source: Source, chunk: Chunk, max_refusals: int) -> None:
        self.chunk = chunk
        self.rows: dict[str, int] = {}  # stored, by table
        self.refused: list[str] = []  # one line per row that went to bad_rows
        self._store = store
        self._source = source
        self._max_refusals = max_refusals
        self._left = list(chunk.tables.items())

    def run(self) -> None:
        while self._left:
            table, columns = self._left[0]
            rows, refused = self._insert(table, columns)
            self._count(table, rows)
            if refused:
                self._set_aside(table, columns, refused)
            del self._left[0]

    def _count(self, table: str, rows: int) -> None:
        self.rows[table] = self.rows.get(table, 0) + rows

    def _insert(self, table: str, columns: Columns) -> tuple[int, list[Refused]]:
        token = self._source.token(table, self.chunk.bounds)
        try:
            return self._store.insert(table, columns, token=token), []
        except OperatorError as error:
            if table == BAD_ROWS.name or length(columns) == 1:
                raise
            return self._insert_halves(table, columns, token, error)

    def _insert_halves(
        self, table: str, columns: Columns, token: str, error: OperatorError
    ) -> tuple[int, list[Refused]]:
        rows = refusals = 0
        refused: list[Refused] = []
        ranges = list(_halves(0, length(columns)))
        while ranges:
            start, stop = ranges.pop()
            part = {name: values[start:stop] for name, values in columns.items()}
            try:
                rows += self._store.insert(table, part, token=f"{token}:{start}-{stop}")
            except OperatorError as next_error:
                refusals += 1
                if refusals > self._max_refusals:
                    raise
                if stop - start == 1:
                    refused.append(Refused(start, next_error.message))
                else:
                    ranges += _halves(start, stop)
        if rows == 0:
            raise error
        return rows, refused

    def _set_aside(self, table: str, columns: Columns, refused: list[Refused]) -> None:
        token = f"{self._source.token(BAD_ROWS.name, self.chunk.bounds)}:{table}"
        self._count(
            BAD_ROWS.name, self._store.insert(BAD_ROWS.name, self._bad_rows(table, columns, refused), token=token)
        )
        self.refused += [f"{table}: {reason}" for _, reason in refused]

    def _bad_rows(self, table: str, columns: Columns, refused: list[Refused]) -> Columns:
        rows = [{name: values[row] for name, values in columns.items()} for row, _ in refused]
        return {
            "project_id": [row["project_id"] for row in rows],
            "received_at": [self.chunk.newest_ms] * len(rows),
            "code": [REFUSED] * len(rows),
            "message": [f"Table `{table}` refused the row: {reason}" for _, reason in refused],
            "original": [msgspec.json.encode(row) for row in rows],
            "src_shard": [row["src_shard"] for row in rows],
            "src_seq": [row["src_seq"] for row in rows],
            "src_index": [row.get("src_index", 0) for row in rows],
        }


def _halves(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The right half first: the ranges are worked off from the end, so rows keep their order."""
    middle = (start + stop) // 2
    yield middle, stop
    yield start, middle
