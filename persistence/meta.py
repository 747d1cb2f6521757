"""The named values of a journal, each with its checksum: what a shard restarts from must not change unseen.

Queries only; `journal.py` owns the transactions. Before format 3 there were no checksums.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NoReturn, TypeAlias, TypeVar
from zlib import crc32

from engine.errors import JournalDamaged
from persistence.sqlite_errors import MEND, translated

Value: TypeAlias = int | str | bytes

T = TypeVar("T", int, str, bytes)

TABLE: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value, checksum INTEGER) WITHOUT ROWID"


class Meta:
    """Every read looks at the file and verifies the value. Raises JournalDamaged."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def get(self, name: str, default: T) -> T:
        """The value, or the default where none was ever put."""
        found = self._find(name, type(default))
        return default if found is None else found

    def need(self, name: str, kind: type[T]) -> T:
        """A value that every journal has."""
        found = self._find(name, kind)
        if found is None:
            self._missing(name)
        return found

    def _find(self, name: str, kind: type[T]) -> T | None:
        with translated(self._path):
            # All columns, for format 2 has no checksum.
            row = self._db.execute("SELECT * FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        _, value, *sums = row
        if type(value) is not kind or (sums and sums[0] != checksum(name, value)):
            message = f"{self._path}: `{name}` in table meta does not match its checksum; {MEND}."
            raise JournalDamaged(message)
        return value

    def put(self, **values: Value) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO meta (name, value, checksum) VALUES (?, ?, ?)",
            [(name, value, checksum(name, value)) for name, value in values.items()],
        )

    def verify(self, needed: Iterable[str] = ()) -> int:
        """Read every value, those that must be there among them; how many there are."""
        with translated(self._path):
            rows = self._db.execute("SELECT * FROM meta").fetchall()
        for name, value, *_ in rows:
            self._find(name, type(value))
        for name in sorted({*needed} - {row[0] for row in rows}):
            self._missing(name)
        return len(rows)

    def _missing(self, name: str) -> NoReturn:
        message = f"{self._path}: `{name}` is missing in table meta; {MEND}."
        raise JournalDamaged(message)


def checksum(name: str, value: Value) -> int:
    data = value if isinstance(value, bytes) else str(value).encode()
    return crc32(data, crc32(f"{name} {type(value).__name__}".encode()))
