"""Stores that tests need beside the shipped fakes."""

from collections.abc import Collection

from engine.errors import OperatorError
from persistence.columns import plain
from persistence.memory import MemoryStore
from persistence.ports import Rows


class PickyStore(MemoryStore):
    """Refuses every insert that holds a row of one of these events or sessions, as a database refuses wrong types."""

    def __init__(self, *, refuses: Collection[str]) -> None:
        super().__init__()
        self.refuses = refuses
        self.inserts = 0

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        self.inserts += 1
        names = [row.get("event_id", row.get("session_id")) for row in plain(rows)]
        refused = [name for name in names if name in self.refuses]
        if refused:
            msg = f"`{refused[0]}` has the wrong type."
            raise OperatorError(msg)
        return super().insert(table, rows, token=token)


class TokenStore(MemoryStore):
    """Counts rows as a table without a key would, and insists that a token always brings the same rows."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, list[tuple[int, int]]] = {}  # table -> (frame, row of the frame)
        self._sent: dict[str, Rows] = {}

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        if token not in self._sent:
            self._sent[token] = rows
            places = [(row.get("src_seq") or row["first_seq"], row.get("src_index") or 0) for row in plain(rows)]
            self.stored.setdefault(table, []).extend(places)
        elif not self._sent[token].equals(rows):
            msg = f"Token {token} came again with other rows."
            raise AssertionError(msg)
        return super().insert(table, rows, token=token)
