"""A chunk on its way into the store, table by table, and what happens to rows that the store refuses.

A refused insert is halved until the rows at fault stand alone; those go to `bad_rows` with the reason, the others go
where they belong. Halves have tokens of their own, so a retry after a crash takes the same way and adds nothing.
"""

from collections.abc import Iterator

from engine.errors import OperatorError
from persistence.chunk import Chunk
from persistence.columns import plain, typed
from persistence.plan import Source
from persistence.ports import Rows, Store
from persistence.refused import Refused, set_aside
from persistence.tables import BAD_ROWS


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
            table, rows = self._left[0]
            stored, refused = self._insert(table, rows)
            self._count(table, stored)
            if refused:
                self._set_aside(table, refused)
            del self._left[0]

    def _count(self, table: str, rows: int) -> None:
        self.rows[table] = self.rows.get(table, 0) + rows

    def _insert(self, table: str, rows: Rows) -> tuple[int, list[Refused]]:
        token = self._source.token(table, self.chunk.bounds)
        try:
            return self._store.insert(table, rows, token=token), []
        except OperatorError as error:
            if table == BAD_ROWS.name or rows.num_rows == 1:
                raise
            return self._insert_halves(table, rows, token, error)

    def _insert_halves(self, table: str, rows: Rows, token: str, error: OperatorError) -> tuple[int, list[Refused]]:
        stored = refusals = 0
        refused: list[Refused] = []
        ranges = list(_halves(0, rows.num_rows))
        while ranges:
            start, stop = ranges.pop()
            part = rows[start:stop]
            try:
                stored += self._store.insert(table, part, token=f"{token}:{start}-{stop}")
            except OperatorError as next_error:
                refusals += 1
                if refusals > self._max_refusals:
                    raise
                if stop - start == 1:
                    refused.append(Refused(table, plain(part)[0], next_error.message))
                else:
                    ranges += _halves(start, stop)
        if stored == 0:
            raise error
        return stored, refused

    def _set_aside(self, table: str, refused: list[Refused]) -> None:
        token = f"{self._source.token(BAD_ROWS.name, self.chunk.bounds)}:{table}"
        rows = typed(BAD_ROWS, set_aside(refused, self.chunk.newest_ms))
        self._count(BAD_ROWS.name, self._store.insert(BAD_ROWS.name, rows, token=token))
        self.refused += [f"{table}: {one.reason}" for one in refused]


def _halves(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The right half first: the ranges are worked off from the end, so rows keep their order."""
    middle = (start + stop) // 2
    yield middle, stop
    yield start, middle
