"""The store at the end of the way: it counts every row it adds, so that a row that is stored twice shows even where
the table would merge the two."""

from collections import Counter
from collections.abc import Hashable
from typing import Final

from persistence.columns import plain
from persistence.memory import MemoryStore, Row
from persistence.ports import Rows
from persistence.tables import TABLES

_TOKEN_WINDOW: Final = 8  # tokens a table remembers: fewer than a run sends, more than one chunk needs


class CountingStore(MemoryStore):
    """`added`: how often each row was added, by table, frame and place in the frame."""

    def __init__(self) -> None:
        super().__init__(token_window=_TOKEN_WINDOW)
        self.added: Counter[tuple[str, int, Hashable]] = Counter()
        self._sent: dict[str, Rows] = {}

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        known = self._sent.setdefault(token, rows)
        assert known.equals(rows), f"token {token} came again with other rows"
        if token not in self._tokens[table]:
            self.added.update((table, row.get("src_seq", 0), _place(table, row)) for row in plain(rows))
        return super().insert(table, rows, token=token)


def _place(table: str, row: Row) -> Hashable:
    key = TABLES[table].key
    return row.get("src_index") or 0 if "src_index" in TABLES[table].columns else tuple(row.get(name) for name in key)
