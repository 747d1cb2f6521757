"""What a shard is folding at this moment, in a page of its folder that outlives the process.

A page of memory that belongs to a file: to write it costs a tenth of a microsecond and no system call, and the kernel
keeps it when the process dies, however it dies. It is never synced: a power cut is not the fault of an event.
"""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

from engine.errors import OperatorError, SessiondError
from engine.poison import KINDS, NOWHERE, Subject

FILE: Final = "mark"

# Kind (0 = nothing is being folded), number, place, gateway; the place alone is written again and again.
_LAYOUT: Final = Struct("<Bq8s64s")
_PLACE: Final = slice(9, 17)
_pack_into = _LAYOUT.pack_into


class Marked(NamedTuple):
    """`place`: the step of the subject at which its process died; `NOWHERE` if the steps were not marked."""

    subject: Subject
    place: bytes


class Mark:
    """The process that holds the lock of the folder writes it, and reads what the one before it left."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            self._page = _page(path)
        except OSError as error:
            message = f"{path} cannot be written: {error}."
            raise OperatorError(message) from error

    def read(self) -> Marked | None:
        """What was being folded when the last process died; None if it died elsewhere."""
        kind, number, place, gateway = _LAYOUT.unpack_from(self._page)
        if kind not in KINDS:
            return None
        return Marked(Subject(kind, gateway.rstrip(b"\0").decode(errors="replace"), number), place)

    @contextmanager
    def folding(self, subject: Subject) -> Iterator[None]:
        """Whoever leaves this by an exception dies of it: the mark stays, as it would after a signal. What we raise
        ourselves says that the disk or the journal is ill, which is no event's fault."""
        kind, gateway, number = subject
        _pack_into(self._page, 0, kind, number, NOWHERE, gateway.encode())
        try:
            yield
        except SessiondError:
            self.clear()
            raise
        self.clear()

    def at(self, place: bytes) -> None:
        """The step that comes next; eight bytes that name it."""
        self._page[_PLACE] = place

    def clear(self) -> None:
        self._page[0] = 0

    def close(self) -> None:
        self._page.close()


def _page(path: Path) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if os.fstat(descriptor).st_size < mmap.PAGESIZE:
            # Written, not only made longer: a page without a place on a full disk would kill who writes to it.
            os.pwrite(descriptor, bytes(mmap.PAGESIZE), 0)
        return mmap.mmap(descriptor, mmap.PAGESIZE)
    finally:
        os.close(descriptor)
