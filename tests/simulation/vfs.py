"""The fake disk as a file system of SQLite, one for each process on it.

Real SQLite runs on it in WAL mode. It has no shared memory, so a database is opened by one connection at a time
(`locking_mode=EXCLUSIVE`, which `connection.py` sets).
"""

from collections.abc import Callable
from types import TracebackType
from typing import Final, TypeVar

import apsw

from tests.simulation.disk import Crashed, DiskFailed, Handle, Process
from tests.simulation.file import SECTOR_BYTES

T = TypeVar("T")

Hooked = type[BaseException] | None


def _translated(work: Callable[[], T]) -> T:
    """What SQLite understands."""
    try:
        return work()
    except Crashed as error:
        raise apsw.IOError(str(error)) from error
    except DiskFailed as error:
        kind = apsw.FullError if error.is_full else apsw.IOError
        raise kind(str(error)) from error


class OpenFile:
    """What SQLite holds of an open file; locks are always granted."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def xRead(self, amount: int, offset: int) -> bytes:
        return _translated(lambda: self._handle.read(amount, offset))

    def xWrite(self, data: bytes, offset: int) -> None:
        _translated(lambda: self._handle.write(bytes(data), offset))

    def xTruncate(self, size: int) -> None:
        _translated(lambda: self._handle.truncate(size))

    def xSync(self, flags: int) -> None:
        _translated(self._handle.sync)

    def xFileSize(self) -> int:
        return _translated(self._handle.size_bytes)

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xClose(self) -> None:
        pass

    def xSectorSize(self) -> int:
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:
        """What SQLite assumes of every disk under Unix: a torn write leaves its neighbours alone."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xFileControl(self, operation: int, pointer: int) -> bool:
        return False

    def excepthook(self, kind: Hooked, value: BaseException | None, traceback: TracebackType | None) -> bool:
        """A dead process has nobody to tell."""
        return True


class ProcessVFS(apsw.VFS):
    """Registered until `unregister`, under a name of its own."""

    def __init__(self, process: Process) -> None:
        self.vfs_name: Final = f"fake-disk-{id(process)}"
        self._process = process
        super().__init__(self.vfs_name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> OpenFile:  # type: ignore[override]
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        return OpenFile(_translated(lambda: self._process.open(path)))

    def xDelete(self, filename: str, syncdir: bool) -> None:
        _translated(lambda: self._process.delete(filename))

    def xAccess(self, pathname: str, flags: int) -> bool:
        return self._process.exists(pathname)

    def xFullPathname(self, name: str) -> str:
        return name

    def excepthook(self, kind: Hooked, value: BaseException | None, traceback: TracebackType | None) -> bool:
        """A dead process has nobody to tell."""
        return True
