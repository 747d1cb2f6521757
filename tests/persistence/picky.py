"""Stores that tests need beside the shipped fakes."""

from collections.abc import Collection

from engine.errors import OperatorError
from persistence.memory import MemoryStore
from persistence.ports import Columns


class PickyStore(MemoryStore):
    """Refuses every insert that holds a row of one of these events or sessions, as a database refuses wrong types."""

    def __init__(self, *, refuses: Collection[str]) -> None:
        super().__init__()
        self.refuses = refuses
        self.inserts = 0

    def insert(self, table: str, columns: Columns, *, token: str) -> int:
        self.inserts += 1
        names = columns.get("event_id") or columns.get("session_id", ())
        refused = [name for name in names if name in self.refuses]
        if refused:
            msg = f"`{refused[0]}` has the wrong type."
            raise OperatorError(msg)
        return super().insert(table, columns, token=token)


class TokenStore(MemoryStore):
    """Counts rows as a table without a key would, and insists that a token always brings the same rows."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, list[tuple[int, int]]] = {}  # table -> (frame, row of the frame)
        self._sent: dict[str, Columns] = {}

    def insert(self, table: str, columns: Columns, *, token: str) -> int:
        if token not in self._sent:
            self._sent[token] = columns
            indexes = columns.get("src_index") or [0] * len(columns["src_seq"])
            self.stored.setdefault(table, []).extend(zip(columns["src_seq"], indexes, strict=True))
        elif self._sent[token] != columns:
            msg = f"Token {token} came again with other rows."
            raise AssertionError(msg)
        return super().insert(table, columns, token=token)
