"""How much room is left where the data lies, and when that is too little."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from engine.config import Journal
from engine.errors import DiskFull, OperatorError

_log = structlog.get_logger(__name__)

# To open a database takes an epoch, a frame and the index of a WAL. A process that starts with less would only die.
START_BYTES: Final = 8_000_000
# The second: the index beside a WAL cannot grow.
_FULL_CODES: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})


class Disk:
    """The file system of a folder, which must exist. Asking takes a microsecond."""

    def __init__(self, folder: Path, limits: Journal) -> None:
        self._folder = folder
        self._limits = limits

    def free_bytes(self) -> int:
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize

    def free_percent(self) -> float:
        found = os.statvfs(self._folder)
        return 100 * found.f_bavail / found.f_blocks

    def floor_percent(self) -> float:
        """Below it nothing is accepted: the larger of the two limits."""
        found = os.statvfs(self._folder)
        return max(self._limits.min_free_disk_percent, 100 * self._limits.min_free_disk_bytes / _total(found))

    def is_full(self) -> bool:
        """No process of ours can start."""
        return self.free_bytes() < START_BYTES

    def wait_for_room(self, *, pause: Callable[[], None]) -> None:
        """Returns when a process can start. `pause` is called between two looks."""
        if not self.is_full():
            return
        _log.error("the disk is full; waiting until there is room", folder=str(self._folder), needed=START_BYTES)
        while self.is_full():
            pause()
        _log.info("there is room on the disk again", folder=str(self._folder))


def _total(found: os.statvfs_result) -> int:
    return found.f_blocks * found.f_frsize


def write_error(path: Path, error: sqlite3.Error) -> OperatorError:
    """What it means that SQLite could not read or write `path`."""
    if getattr(error, "sqlite_errorcode", None) in _FULL_CODES:
        return DiskFull(f"The disk is full: {path} cannot be written. Make room, and it goes on by itself.")
    return OperatorError(f"{path} cannot be read or written: {error}.")
