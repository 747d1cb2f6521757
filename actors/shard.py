"""A shard: the sessions of a set of slots, their journal, and nothing else. A plain class; `shells.py` gives it a
process. One call at a time; when `apply` returns, the batch is on disk.

An `OperatorError` out of any call means that memory may be ahead of the disk: the process must end, and the next one
starts from what is on the disk.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import msgspec

from actors.archive import JournalArchive
from actors.careful_fold import CarefulFold
from actors.live_view import LiveView
from actors.ports import ShardStats
from actors.reading import Reading
from actors.saving import Saving
from actors.sensing import Sensing
from actors.shard_rules import RULES, ShardRules
from actors.snapshot import Snapshot, decode_snapshot, row_of
from engine.analysis import Summary
from engine.config import Config
from engine.errors import JournalDamaged, SessiondError, Wait
from engine.happening import Told
from engine.ledger import Booked, Ledger, forget_before
from engine.live import Live, LiveFilter
from engine.registry import Registry
from engine.slices import Slice
from engine.tally import Tally
from engine.wire import Batch, Outcome, Reply, Seen, decode_outcome, decode_seen, encode
from persistence.journal import Frame, Journal
from persistence.ledger_rows import Page
from persistence.ports import SessionFilter

_ENDS_PER_FRAME = 500
_ENDS_PER_TICK = 1_000  # when very many are due at once the rest ends in the next ticks, and events get in between


class Shard:
    """Owns the journal from now on. `free_disk_percent` is asked before each batch, so that no burst fills the disk;
    below `min_free_disk_percent` (None = as configured) nothing is accepted."""

    def __init__(
        self,
        *,
        number: int,
        journal: Journal,
        config: Config,
        now_ms: int,
        free_disk_percent: Callable[[], float],
        min_free_disk_percent: float | None = None,
    ) -> None:
        self._config = config
        self._free_disk_percent = free_disk_percent
        floor = config.journal.min_free_disk_percent if min_free_disk_percent is None else min_free_disk_percent
        self._min_free_disk_percent = floor
        self._journal = journal
        self._archive = JournalArchive(self._journal)
        self._rules = ShardRules(journal, config, on_change=lambda now_ms: self._registry.rules_changed(now_ms))
        self._registry = Registry(
            limits=config.session,
            rulebook=self._rules.rulebook,
            archive=self._archive,
            funnels=config.live.funnels,
        )
        self._residents = self._registry.residents
        self._ledger = Ledger()
        self._snapshot = Snapshot()
        self._replay_after = 0
        self._saving = Saving(config.journal)
        stats = ShardStats(shard=number, epoch=self._journal.epoch, min_free_disk_percent=floor)
        self._live = LiveView(self._registry, config.live)
        self._reading = Reading(
            registry=self._registry,
            journal=self._journal,
            saving=self._saving,
            ledger=self._ledger,
            stats=stats,
            free_disk_percent=free_disk_percent,
        )
        self._number = number
        try:
            self._recover()
            self._start(now_ms)
        except SessiondError:
            self._journal.close()
            raise
        except msgspec.DecodeError as error:
            self._journal.close()
            message = f"What shard {number} saved cannot be read ({error}); restore its folder from a copy."
            raise JournalDamaged(message) from error

    # -- life -----------------------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Snapshot, then the frames after it. A key that was saved later than a frame skips that frame."""
        saved, as_of, self._replay_after = self._journal.snapshot()
        if saved:
            self._snapshot = decode_snapshot(saved)
        self._registry.own = self._snapshot.own
        self._rules.load(self._snapshot.rules, self._replay_after)
        self._sensing = Sensing(self._snapshot.sensor, self._journal.journal_id, self._config)
        self._fold = CarefulFold(self._journal, self._registry, self._snapshot.isolated, shard=self._number)
        self._archive.load_live(self._registry.folder.decode, self._residents.put_live, self._replay_after)
        self._journal.check_live(len(self._residents.live))
        self._live.begin(self._journal, self._replay_after)
        with self._archive.replaying(self._replay_after), self._replaying():
            seq = self._replay_after
            while frames := self._journal.frames(seq):
                for frame in frames:
                    self._replay(frame, is_new=frame.seq > as_of)
                    self._live.replayed(frame)
                seq = frames[-1].seq
        self._live.recovered()
        self._registry.tally = Tally()
        self._registry.folder.noted.clear()

    @contextmanager
    def _replaying(self) -> Iterator[None]:
        self._registry.replaying = True
        yield
        self._registry.replaying = False

    def _replay(self, frame: Frame, *, is_new: bool) -> None:
        if frame.kind == "batch":
            batch = decode_seen(frame.body)
            reply = self._fold.replay(frame, batch, is_new=is_new)
            self._saving.took(len(batch.events))
            if is_new:
                self._snapshot.numbering.took(batch.gateway, batch.number, encode(reply))
                self._sensing.took(batch, decode_outcome(frame.outcome), frame.received_ms)
            if is_new and frame.seq > self._journal.ledger_after:
                self._ledger.count(batch, reply.statuses, frame.received_ms)
        elif frame.kind == "start":
            if is_new:
                self._registry.start(frame.received_ms)
        elif frame.kind == RULES:
            self._rules.replay(frame)
        else:
            self._fold.replay_end(frame)
            if is_new:
                self._sensing.ended(decode_outcome(frame.outcome), frame.received_ms)

    def _start(self, now_ms: int) -> None:
        now_ms = self._clamped(now_ms)
        self._journal.append("start", now_ms, encode(now_ms), encode(Outcome()))
        self._registry.start(now_ms)
        self._rules.settle(now_ms)

    def close(self) -> None:
        """Save everything, so that the next start replays nothing."""
        while self._residents.dirty or self._ledger.unsaved:
            self._save(len(self._residents.dirty), self._registry.own.clock_ms)
        self._journal.close()

    # -- writing --------------------------------------------------------------------------------------------------

    def apply(self, payload: bytes) -> bytes:
        """A batch as msgpack; the reply as msgpack. Raises Wait (nothing was taken) and BatchGap."""
        batch = decode_seen(payload)
        old = self._snapshot.numbering.seen(batch.gateway, batch.number)
        if old is not None:
            return old
        self._refuse_if_full(batch)
        now_ms = self._clamped(batch.received_ms)
        outcome, encoded = self._fold.apply(batch, now_ms, self._journal.last_seq + 1)
        self._journal.append("batch", now_ms, payload, encoded)
        self._fold.journaled(batch)
        reply = encode(Reply(outcome.statuses, outcome.controls))
        self._snapshot.numbering.took(batch.gateway, batch.number, reply)
        self._reading.count(outcome)
        self._live.took(outcome, self._journal.last_seq)
        self._ledger.count(batch, outcome.statuses, now_ms)
        self._sensing.took(batch, outcome, now_ms)
        self._saving.took(len(batch.events))
        return reply

    def _refuse_if_full(self, batch: Batch[Seen]) -> None:
        self._refuse_if_disk_full()
        if len(self._residents.live) >= self._config.session.max_live and self._registry.opens_any(batch):
            message = f"This shard holds {len(self._residents.live)} live sessions, the most it may."
            raise Wait(message, "too_many_sessions", 5000)

    def _refuse_if_disk_full(self) -> None:
        free_percent, floor_percent = self._free_disk_percent(), self._min_free_disk_percent
        if free_percent < floor_percent:
            message = f"Only {free_percent:.1f} % of the disk is free; nothing is accepted below {floor_percent:.1f} %."
            raise Wait(message, "disk_full", 5000)

    def sweep(self, project_id: str, now_ms: int) -> int:
        """End imported sessions of a project whose gap has passed, so many that events do not wait long; how many.
        0 = there are no more. Raises Wait as `apply` does."""
        self._refuse_if_disk_full()
        now_ms = self._clamped(now_ms)
        ending = self._registry.swept(project_id, now_ms)
        self._end("sweep", ending[:_ENDS_PER_FRAME], now_ms)
        return min(len(ending), _ENDS_PER_FRAME)

    def configure(self, book: bytes, now_ms: int) -> int:
        """Judge by this book of rules if it is newer; the version in force then, on disk. Raises Wait as `apply`."""
        self._refuse_if_disk_full()
        return self._rules.configure(book, self._clamped(now_ms))

    def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        """End who is due, save some of what changed, let go what every sink has. `sinks_done_seq`: the last frame
        that every sink has stored. On a disk with little room only the last, which makes room; with next to none
        nothing: a failed write would end the process."""
        free_percent, floor_percent = self._free_disk_percent(), self._min_free_disk_percent
        if free_percent * 2 >= floor_percent:
            self._end_and_save(self._clamped(now_ms))
        self._reading.stored(sinks_done_seq)
        if free_percent * 8 >= floor_percent and not self._journal.trim(min(self._replay_after, sinks_done_seq)):
            self._journal.shrink()  # in another tick, so that the pause is short; new frames use the room meanwhile
        return self.stats()

    def _end_and_save(self, now_ms: int) -> None:
        for _ in range(_ENDS_PER_TICK // _ENDS_PER_FRAME):
            self._end("tick", self._registry.due(now_ms, limit=_ENDS_PER_FRAME), now_ms)
        due = self._saving.due(len(self._residents.dirty), self._journal.last_seq, self._replay_after)
        # Refused events change no session, and what is counted waits for a save.
        if self._residents.dirty or self._ledger.unsaved or self._sensing.is_due(now_ms):
            self._save(due, now_ms)
        self._expire()

    def _end(self, kind: str, sessions: list[tuple[str, int]], now_ms: int) -> None:
        if not sessions:
            return
        ending, outcome, encoded = self._fold.end(kind, sessions, now_ms, self._journal.last_seq + 1)
        self._journal.append(kind, now_ms, ending.encoded(), encoded)
        if len(sessions) < _ENDS_PER_FRAME:
            self._fold.all_ended(kind)
        self._reading.count(outcome)
        self._live.took(outcome, self._journal.last_seq)
        self._sensing.ended(outcome, now_ms)

    def _clamped(self, now_ms: int) -> int:
        """Receive time never goes back, whichever gateway stamped it."""
        return max(now_ms, self._registry.own.clock_ms)

    def _save(self, limit: int, now_ms: int) -> None:
        """The keys that are dirty longest; what a restart must replay begins after the oldest one left."""
        dirty, as_of = self._residents.dirty, self._journal.last_seq
        keys = list(islice(dirty, limit))
        oldest_left = next(islice(dirty.values(), len(keys), None), as_of + 1)
        replay_after = oldest_left - 1
        self._sensing.cut(as_of, now_ms)
        rows = (row_of(session, as_of) for key in keys for session in self._residents.changed(key))
        self._snapshot.rules = self._rules.rulebook.kept(replay_after)
        ledger = Page(self._ledger.unsaved, forget_before(self._registry.own.clock_ms, self._config.journal))
        self._journal.save(rows, snapshot=encode(self._snapshot), as_of=as_of, replay_after=replay_after, ledger=ledger)
        self._ledger.unsaved.clear()
        self._archive.saved()
        self._replay_after = replay_after
        self._residents.saved(keys)
        if not dirty:
            self._journal.check_live(len(self._residents.live))

    def _expire(self) -> None:
        """Only what no frame can still see, neither one that a restart would replay nor the next one, which may carry
        a time before this tick's: else the same frames would decide otherwise."""
        limits = self._config.session
        received_ms = self._journal.received_ms(self._replay_after + 1)
        slim_before_ms = (self._registry.own.clock_ms if received_ms is None else received_ms) - limits.late_ms
        self._journal.expire(slim_before_ms=slim_before_ms, forget_before_ms=slim_before_ms - limits.remember_ms)

    # -- reading --------------------------------------------------------------------------------------------------

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._reading.session(project_id, session_id, generation)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._reading.sessions(wanted)

    def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
        return self._reading.ledger(from_ms, to_ms)

    def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        return self._live.happenings(after, limit)

    def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        return self._live.live(wanted, now_ms)

    def slices(self, acked_seq: int) -> list[Slice]:
        """What was counted for the monitor, which has it up to `acked_seq`; some at a time."""
        return self._sensing.slices(acked_seq)

    def rules(self) -> bytes:
        """The book of rules in force."""
        return self._rules.encoded()

    def stats(self) -> ShardStats:
        stats = self._live.counted(self._reading.stats(self._replay_after))
        stats.rules_version, stats.slices_dropped = self._rules.version, self._sensing.dropped
        return stats
