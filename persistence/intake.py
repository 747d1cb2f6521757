"""Frames out of a journal and into a backlog, or, after a restart, exactly those that were planned."""

from engine.errors import OperatorError
from persistence.backlog import Backlog
from persistence.flush import FlushRules
from persistence.journal import JournalReader
from persistence.plan import Bounds, Position
from persistence.unpacked import Unpacked, unpack


class Intake:
    """`resume` first, then `read` as often as you like. `last_seq`: where the journal ended at the last look."""

    def __init__(self, reader: JournalReader, *, shard: int, rules: FlushRules) -> None:
        self.backlog = Backlog(rules)
        self.last_seq = 0
        self._reader = reader
        self._shard = shard
        self._rules = rules
        self._read_seq = 0

    def resume(self, position: Position) -> list[Unpacked]:
        """Begin behind `position`; the frames of its planned chunk, [] when nothing was planned.

        Raises `OperatorError` for a journal that lacks what the position speaks of.
        """
        begin_seq = position.planned.last_seq if position.planned else position.done_seq
        self.last_seq = self._reader.last_seq()
        _require_reached(begin_seq, self.last_seq)
        planned = self._frames_within(position.planned) if position.planned else []
        self.backlog.clear()
        self._read_seq = begin_seq
        return planned

    def read(self, now_ms: int) -> None:
        """Until the backlog is full or the journal ends."""
        self.last_seq = self._reader.last_seq()
        while self._read_seq < self.last_seq and not self.backlog.is_full():
            frames = self._reader.frames(
                self._read_seq, max_frames=self._rules.read_frames, max_bytes=self._rules.read_bytes
            )
            for run in unpack(frames, self._shard, self._rules):
                self.backlog.add(run, now_ms)
                self._read_seq = run.last_seq
            if not frames:
                # Deleted before this sink could see them, because the file with its position was lost.
                self._read_seq = self.last_seq

    def close(self) -> None:
        self._reader.close()

    def _frames_within(self, bounds: Bounds) -> list[Unpacked]:
        frames: list[Unpacked] = []
        seq = bounds.first_seq
        while seq <= bounds.last_seq:
            read = self._reader.frames(seq - 1, max_frames=bounds.last_seq - seq + 1)
            if not read or read[0].seq != seq:
                message = f"Frame {seq} was planned for the store and is no longer in the journal."
                raise OperatorError(message)
            frames += unpack(read, self._shard, self._rules)
            seq = read[-1].seq + 1
        return frames


def _require_reached(position_seq: int, last_seq: int) -> None:
    if position_seq > last_seq:
        message = (
            f"The journal ends at frame {last_seq}, but frames up to {position_seq} were sent already: it is an older"
            " copy, whose next frames would be taken for sent ones. Restore the whole data folder from one copy."
        )
        raise OperatorError(message)
