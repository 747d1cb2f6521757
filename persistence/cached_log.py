"""SQLite's write-ahead log as the kernel's cache has it, made durable before anything is built on it.

After a failed fsync Linux takes the pages for clean: they are read, a second fsync succeeds, and they are never
written. A start that took them for durable would put acked events behind a hole that the next power cut shows.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final, Protocol

_BLOCK_BYTES: Final = 1_048_576


class Log(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int, /) -> int: ...
    def write(self, data: bytes, /) -> int: ...


def write_again(log: Log) -> None:
    """What it reads from here on, in place; to be synced then."""
    while block := log.read(_BLOCK_BYTES):
        log.seek(-len(block), os.SEEK_CUR)
        log.write(block)


def make_durable(database: Path) -> None:
    """The log of a database that nobody writes to. Raises sqlite3.OperationalError when that fails."""
    path = database.with_name(database.name + "-wal")
    if not path.exists():
        return
    try:
        with path.open("r+b") as log:
            write_again(log)
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
