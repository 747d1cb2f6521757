"""Reads the shards' journals while they are written, so that frames are seen before they are deleted."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.errors import JournalDamaged, OperatorError
from persistence.journal import FILE, Frame, JournalReader
from tests.chaos.books import Books

_EVERY_S: Final = 0.2


class JournalWatch:
    """A thread. A hole or a wrong checksum is a problem, and so is a frame of somebody who has lost the journal to a
    successor before. `frames`: how many were seen, `unseen`: how many were deleted before that; `owners`: how many
    processes wrote them. `books`: the rules that they told of."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._last: dict[Path, tuple[int, int]] = {}  # (number, epoch) of the last frame in a folder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journals")
        self.frames = 0
        self.unseen = 0
        self.books = Books()
        self.owners = 0
        self.problems: set[str] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            self._look_at_all()
        self._look_at_all()  # what was written since the last time

    def _look_at_all(self) -> None:
        for file in sorted(self._data_dir.glob(f"shard-*/{FILE}")):
            self._look(file.parent)

    def _look(self, folder: Path) -> None:
        try:
            reader = JournalReader(folder)
        except OperatorError:
            return  # its shard is about to make it
        try:
            self._follow(folder, reader)
        except JournalDamaged as error:
            self.problems.add(f"{folder.name}: {error.message}")
        finally:
            reader.close()

    def _follow(self, folder: Path, reader: JournalReader) -> None:
        seq, epoch = self._last.get(folder, (0, 0))
        while frames := reader.frames(seq):
            self.problems.update(f"{folder.name}: {fault}" for fault in outlived(epoch, frames))
            self.frames += len(frames)
            self.unseen += frames[0].seq - seq - 1
            self.books.took(int(folder.name.removeprefix("shard-")), frames)
            self.owners += len({frame.epoch for frame in frames} - {epoch})
            seq, epoch = frames[-1].seq, max(epoch, *(frame.epoch for frame in frames))
            self._last[folder] = seq, epoch


def outlived(epoch: int, frames: Sequence[Frame]) -> list[str]:
    """The frames that were written in an epoch that was over. `epoch`: of the frame before them."""
    found = []
    for frame in frames:
        if frame.epoch < epoch:
            found.append(f"frame {frame.seq} is of epoch {frame.epoch}, and epoch {epoch} has begun before it")
        epoch = max(epoch, frame.epoch)
    return found
