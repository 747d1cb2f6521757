"""The frames of a journal: what they are, and reading them so that neither a change nor a hole stays unseen."""

import sqlite3
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from engine.errors import JournalDamaged
from persistence.meta import Meta
from persistence.sqlite_errors import MEND, translated

TABLE: Final = """
CREATE TABLE IF NOT EXISTS frames (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, epoch INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL, outcome BLOB NOT NULL)
"""
_READ: Final = """
SELECT seq, kind, epoch, received_ms, body, outcome, crc FROM frames WHERE seq > ? ORDER BY seq LIMIT ?
"""


class Frame(NamedTuple):
    """`kind`: batch, tick, sweep, start or rules. `body`: what came in, `outcome`: what it did, an
    `engine.wire.Outcome`."""

    seq: int
    kind: str
    epoch: int
    received_ms: int
    body: bytes
    outcome: bytes

    def checksum(self) -> int:
        head = f"{self.seq} {self.kind} {self.epoch} {self.received_ms}"
        return crc32(self.outcome, crc32(self.body, crc32(head.encode())))


class Frames:
    """Reads what another process may be writing. Raises JournalDamaged on a wrong checksum or a hole."""

    def __init__(self, db: sqlite3.Connection, meta: Meta, path: Path) -> None:
        self._db = db
        self._meta = meta
        self._path = path

    def read(self, after_seq: int, max_frames: int, max_bytes: int) -> list[Frame]:
        with translated(self._path):
            return self._read(after_seq, max_frames, max_bytes)

    def _read(self, after_seq: int, max_frames: int, max_bytes: int) -> list[Frame]:
        frames: list[Frame] = []
        size_bytes = 0
        for *fields, crc in self._db.execute(_READ, (after_seq, max_frames)):
            frame = Frame(*fields)
            self._check(frame, crc)
            if frames:
                self._check_hole(frames[-1].seq, frame.seq)
            frames.append(frame)
            size_bytes += len(frame.body) + len(frame.outcome)
            if size_bytes >= max_bytes:
                break
        if frames:
            # Looked up after the frames: what was deleted before they were read is in this number already.
            self._check_hole(max(after_seq, self._meta.get("trimmed_seq", 0)), frames[0].seq)
        return frames

    def _check(self, frame: Frame, crc: int) -> None:
        # A byte that changed may have made a blob a text or a number.
        is_blob = isinstance(frame.body, bytes) and isinstance(frame.outcome, bytes)
        if not is_blob or frame.checksum() != crc:
            message = f"{self._path}: frame {frame.seq} does not match its checksum; {MEND}."
            raise JournalDamaged(message)

    def _check_hole(self, before_seq: int, seq: int) -> None:
        if seq > before_seq + 1:
            message = f"{self._path}: frames {before_seq + 1} to {seq - 1} are missing; {MEND}."
            raise JournalDamaged(message)

    def last_seq(self) -> int:
        """The highest number that was given, also when its frame is deleted."""
        saved = self._meta.get("as_of", 0)  # looked up first: what is saved later may be newer than what is read next
        with translated(self._path):
            highest = self._db.execute("SELECT max(seq) FROM frames").fetchone()[0] or 0
        last = max(highest, self._meta.get("trimmed_seq", 0))
        if last < saved:
            self._check_hole(last, saved + 1)
        return last
