"""Reads the shards' journals while they are written, so that frames are seen before they are deleted."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from actors.snapshot import decode_snapshot
from engine.book import Dated
from engine.errors import JournalDamaged, OperatorError
from persistence.journal import FILE, Frame, JournalReader, connect_to_read
from persistence.meta import Meta
from tests.chaos.books import Books

_EVERY_S: Final = 0.1


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
            self.look()
        self.look()  # what was written since the last time

    def look(self) -> None:
        for file in sorted(self._data_dir.glob(f"shard-*/{FILE}")):
            self._look(file.parent)

    def _look(self, folder: Path) -> None:
        try:
            still = Still(folder)
        except OperatorError:
            return  # its shard is about to make it
        try:
            self._follow(folder, still)
        except JournalDamaged as error:
            self.problems.add(f"{folder.name}: {error.message}")
        finally:
            still.reader.close()

    def _follow(self, folder: Path, still: "Still") -> None:
        shard = int(folder.name.removeprefix("shard-"))
        seq, epoch = self._last.get(folder, (0, 0))
        while seq < still.reader.last_seq():
            frames = still.reader.frames(seq)
            first_seq = frames[0].seq if frames else still.reader.last_seq() + 1
            if first_seq > seq + 1:
                self.unseen += first_seq - seq - 1
                for dated in still.rules():
                    self.books.found(shard, dated)
            self.problems.update(f"{folder.name}: {fault}" for fault in outlived(epoch, frames))
            self.frames += len(frames)
            self.owners += len({frame.epoch for frame in frames} - {epoch})
            self.books.took(shard, frames)
            seq, epoch = first_seq + len(frames) - 1, max([epoch, *(frame.epoch for frame in frames)])
            self._last[folder] = seq, epoch


class Still:
    """A journal as it was at one moment, whatever is written meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.reader = JournalReader(folder, connect=self._connect)

    def _connect(self, path: Path) -> sqlite3.Connection:
        self._db = connect_to_read(path)
        self._db.execute("BEGIN")
        return self._db

    def rules(self) -> list[Dated]:
        """What the shard kept of the frames that it let go: the last that told of rules."""
        saved = Meta(self._db, self._path).get("snapshot", b"")
        return decode_snapshot(saved).rules if saved else []


def outlived(epoch: int, frames: Sequence[Frame]) -> list[str]:
    """The frames that were written in an epoch that was over. `epoch`: of the frame before them."""
    found = []
    for frame in frames:
        if frame.epoch < epoch:
            found.append(f"frame {frame.seq} is of epoch {frame.epoch}, and epoch {epoch} has begun before it")
        epoch = max(epoch, frame.epoch)
    return found
