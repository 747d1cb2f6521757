"""A disk that keeps synced and unsynced bytes apart and fails when told to. It knows nothing of SQLite: `vfs.py` shows
it to SQLite as a file system."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple, TypeAlias

from tests.simulation.file import File, Truncate, Write

Operation: TypeAlias = Literal["read", "write", "truncate", "sync", "delete"]
Kind: TypeAlias = Literal["kill", "power", "full", "write", "read", "sync", "sync-forgets"]

_CHANGING: Final = frozenset({"write", "truncate", "sync", "delete"})
_COUNTED: Final[dict[Kind, frozenset[str]]] = {
    "kill": _CHANGING,
    "power": _CHANGING,
    "full": frozenset({"write"}),
    "write": frozenset({"write"}),
    "read": frozenset({"read"}),
    "sync": frozenset({"sync"}),
    "sync-forgets": frozenset({"sync"}),
}


class Crashed(Exception):
    """The process that was at work is dead. The code under test has no handler for it, as for a kill -9."""


class DiskFailed(Exception):
    def __init__(self, message: str, *, is_full: bool) -> None:
        super().__init__(message)
        self.is_full = is_full


class Fault(NamedTuple):
    """Strikes once, after `countdown` operations of the kinds that it counts.

    kill: the process at work dies. power: all do, and the writes that were not synced are each lost, kept or torn.
    full: this write and all others fail until `heal`. write, read, sync: one fails. sync-forgets: one sync fails, and
    what it should have written is never written, although it is read. `seed`: of the chances in it; None: the worst,
    nothing of what is under way survives.
    """

    kind: Kind
    countdown: int = 0
    seed: int | None = None

    def chance(self) -> random.Random | None:
        return None if self.seed is None else random.Random(self.seed)


class Strike(NamedTuple):
    """A fault that came true. `was_pending`: the file held writes that had not been synced."""

    kind: Kind
    process: str
    path: str
    operation: Operation
    was_pending: bool


class Process:
    """Whoever uses the disk. Once it is dead nothing that it does changes or tells anything."""

    def __init__(self, disk: "FakeDisk", name: str) -> None:
        self.name = name
        self.disk = disk
        self.is_dead = False

    def kill(self) -> None:
        """What it wrote is in the kernel's hands, and stays."""
        self.is_dead = True

    def require_alive(self) -> None:
        if self.is_dead:
            message = f"The process {self.name} is dead."
            raise Crashed(message)

    def exists(self, path: str) -> bool:
        return path in self.disk.files

    def open(self, path: str | None) -> "Handle":
        """Makes the file if need be; None: one without a name."""
        self.require_alive()
        file = File() if path is None else self.disk.files.setdefault(path, File())
        return Handle(self, path or "", file)

    def delete(self, path: str) -> None:
        self.require_alive()
        if path in self.disk.files:
            self.disk.meet(self, path, self.disk.files[path], "delete")
            del self.disk.files[path]


class Handle:
    """An open file of a process."""

    def __init__(self, process: Process, path: str, file: File) -> None:
        self._process = process
        self._path = path
        self._file = file

    def read(self, size_bytes: int, offset: int) -> bytes:
        """Short at the end of the file."""
        self._meet("read")
        return bytes(self._file.cached[offset : offset + size_bytes])

    def write(self, data: bytes, offset: int) -> None:
        change = Write(offset, data)
        self._meet("write", change)
        self._file.change(change)

    def truncate(self, size_bytes: int) -> None:
        self._meet("truncate")
        self._file.change(Truncate(size_bytes))

    def sync(self) -> None:
        self._meet("sync")
        self._file.sync()

    def size_bytes(self) -> int:
        self._process.require_alive()
        return len(self._file.cached)

    def _meet(self, operation: Operation, change: Write | None = None) -> None:
        self._process.disk.meet(self._process, self._path, self._file, operation, change)


class FakeDisk:
    """`strikes`: the faults that came true; `operations`: what was asked of it, by kind."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.strikes: list[Strike] = []
        self.operations: Counter[Operation] = Counter()
        self.is_full = False
        self._processes: list[Process] = []
        self._is_calm = False
        self._armed: Fault | None = None
        self._countdown = 0

    def process(self, name: str) -> Process:
        self._processes = [process for process in self._processes if not process.is_dead]
        self._processes.append(Process(self, name))
        return self._processes[-1]

    def arm(self, fault: Fault) -> None:
        """Takes the place of the one that was armed."""
        self._armed = fault
        self._countdown = fault.countdown

    @contextmanager
    def calm(self) -> Iterator[None]:
        """Nothing strikes and nothing counts: for whoever looks on."""
        self._is_calm = True
        try:
            yield
        finally:
            self._is_calm = False

    def heal(self) -> None:
        self._armed = None
        self.is_full = False

    def cut_power(self, seed: int | None) -> None:
        for process in self._processes:
            process.kill()
        chance = None if seed is None else random.Random(seed)
        for path in sorted(self.files):
            self.files[path].lose_power(chance)

    def evict(self) -> None:
        """The cache lets go of clean pages, as it may at any time."""
        for file in self.files.values():
            file.evict()

    def meet(self, process: Process, path: str, file: File, operation: Operation, change: Write | None = None) -> None:
        """Every operation comes by here before it happens. Raises when it does not happen, or only a part of it."""
        process.require_alive()
        if self._is_calm:
            return
        self.operations[operation] += 1
        fault = self._due(operation)
        if fault is None:
            return
        self.strikes.append(Strike(fault.kind, process.name, path, operation, bool(file.pending)))
        chance = fault.chance()
        if change is not None and chance is not None:
            file.change(change.torn(chance))
        self._strike(fault, process, file)

    def _due(self, operation: Operation) -> Fault | None:
        if self.is_full and operation == "write":
            return Fault("full")
        fault = self._armed
        if fault is None or operation not in _COUNTED[fault.kind]:
            return None
        self._countdown -= 1
        if self._countdown >= 0:
            return None
        self._armed = None
        return fault

    def _strike(self, fault: Fault, process: Process, file: File) -> None:
        if fault.kind == "kill":
            process.kill()
        elif fault.kind == "power":
            self.cut_power(fault.seed)
        elif fault.kind == "full":
            self.is_full = True
        elif fault.kind == "sync-forgets":
            file.forget()
        process.require_alive()
        message = f"The operation failed ({fault.kind})."
        raise DiskFailed(message, is_full=fault.kind == "full")
