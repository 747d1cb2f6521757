"""APSW's connection in the clothes of `sqlite3.Connection`, as far as journal and plan wear them."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self, cast

import apsw

from persistence.cached_log import write_again
from tests.simulation.disk import DiskFailed, Handle, Process
from tests.simulation.vfs import ProcessVFS

Bindings = Sequence[Any] | Mapping[str, Any]

_ERRORS: Final[Mapping[type[apsw.Error], tuple[type[sqlite3.Error], str]]] = {
    apsw.FullError: (sqlite3.OperationalError, "database or disk is full"),
    apsw.IOError: (sqlite3.OperationalError, "disk I/O error"),
    apsw.CantOpenError: (sqlite3.OperationalError, "unable to open database file"),
    apsw.CorruptError: (sqlite3.DatabaseError, "database disk image is malformed"),
    apsw.NotADBError: (sqlite3.DatabaseError, "file is not a database"),
}


class Rows:
    """The answer to a statement, all of it."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self.rowcount = rowcount
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class Connection:
    """Errors are those of `sqlite3`, except that a dead process raises `Crashed`."""

    def __init__(self, process: Process, path: Path, *, checkpoint_pages: int) -> None:
        self._process = process
        self._vfs = ProcessVFS(process)
        with self._translated():
            self._db = apsw.Connection(str(path), vfs=self._vfs.vfs_name)
        try:
            self.execute("PRAGMA locking_mode=EXCLUSIVE")
        except BaseException:
            self.close()
            raise
        self._db.wal_autocheckpoint(checkpoint_pages)

    def execute(self, sql: str, bindings: Bindings = ()) -> Rows:
        with self._translated():
            rows = self._db.execute(sql, bindings).fetchall()
            return Rows(rows, self._db.changes())

    def executemany(self, sql: str, bindings: Iterable[Bindings]) -> Rows:
        with self._translated():
            before = self._db.total_changes()
            self._db.executemany(sql, bindings).fetchall()
            return Rows([], self._db.total_changes() - before)

    def executescript(self, sql: str) -> None:
        with self._translated():
            self._db.execute(sql).fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._process.is_dead:
            return
        try:
            if self._db.in_transaction:
                self.execute("ROLLBACK" if kind else "COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """As with `sqlite3`, what fails in it is not told."""
        with suppress(apsw.Error):
            self._db.close()
        self._vfs.unregister()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            self._process.require_alive()
            raise _sqlite_error(error) from error


def _sqlite_error(error: apsw.Error) -> sqlite3.Error:
    if isinstance(error, apsw.ConstraintError):
        return sqlite3.IntegrityError(str(error))
    for kind, (made, message) in _ERRORS.items():
        if isinstance(error, kind):
            return made(message)
    return sqlite3.OperationalError(str(error))


class _Log:
    """An open file of the fake disk, read and written in turn."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._offset = 0

    def read(self, size: int, /) -> bytes:
        data = self._handle.read(size, self._offset)
        self._offset += len(data)
        return data

    def seek(self, offset: int, whence: int, /) -> int:
        """`whence`: from where it stands."""
        self._offset += offset
        return self._offset

    def write(self, data: bytes, /) -> int:
        self._handle.write(data, self._offset)
        self._offset += len(data)
        return len(data)


def _make_durable(process: Process, path: str) -> None:
    """As `persistence.cached_log` does it with a real file."""
    if process.exists(path):
        log = process.open(path)
        try:
            write_again(_Log(log))
            log.sync()
        except DiskFailed as error:
            raise sqlite3.OperationalError(str(error)) from error


def connect(process: Process, *, checkpoint_pages: int = 1000) -> Callable[[Path], sqlite3.Connection]:
    """For `Journal` and `Plan`. `checkpoint_pages`: how long the WAL gets before SQLite moves it into the database."""

    def connected(path: Path) -> sqlite3.Connection:
        _make_durable(process, f"{path}-wal")
        return cast(sqlite3.Connection, Connection(process, path, checkpoint_pages=checkpoint_pages))

    return connected
