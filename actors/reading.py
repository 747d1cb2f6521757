"""What a shard answers without changing anything: its sessions, its ledger, how it is."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from actors.listing import Unstored, newest
from actors.ports import ShardStats
from actors.saving import Saving
from engine.analysis import Summary
from engine.ledger import Booked, Ledger
from engine.registry import Registry
from engine.summary import summarise
from engine.wire import DUPLICATE, LATE_FOLDED, LATE_RAW, OVERFLOW, QUARANTINED, Outcome
from persistence.journal import Journal
from persistence.ports import SessionFilter

_UNFOLDED: Final = {"overflow": OVERFLOW, "quarantined": QUARANTINED}


class Reading:
    """Over the parts of one shard, which go on changing. `free_disk_percent` is asked for every `stats`."""

    def __init__(
        self,
        *,
        registry: Registry,
        journal: Journal,
        saving: Saving,
        ledger: Ledger,
        stats: ShardStats,
        free_disk_percent: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._residents = registry.residents
        self._journal = journal
        self._saving = saving
        self._ledger = ledger
        self._stats = stats
        self._free_disk_percent = free_disk_percent
        self._unstored = Unstored()

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        """A session that is live, or ended and not yet forgotten."""
        key = self._residents.key_of(project_id, session_id)
        session = self._residents.find(key, session_id, generation)
        return None if session is None else summarise(session)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        """Live sessions, and ended ones that may not have reached the store yet; newest first."""
        return newest(self._residents.live.values(), self._unstored, wanted)

    def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
        """What was received in the minutes that begin in the range, and what became of it."""
        sums = Counter(self._ledger.sums(from_ms, to_ms))
        for project_id, name, count in self._journal.ledger.sums(from_ms, to_ms):
            sums[project_id, name] += count
        return [Booked(self._stats.shard, "", *entry, count) for entry, count in sums.items()]

    def stats(self, replay_after: int) -> ShardStats:
        """`replay_after`: a restart replays the frames after it."""
        stats, noted = self._stats, self._registry.folder.noted
        stats.live = len(self._residents.live)
        stats.last_seq = self._journal.last_seq
        stats.snapshot_seq = replay_after
        stats.replay_events = self._saving.replay_events
        stats.journal_bytes = self._journal.size_bytes()
        stats.free_disk_percent = self._free_disk_percent()
        stats.started = self._registry.tally.started
        stats.ended = dict(self._registry.tally.ended)
        stats.anomalies = dict(noted.reported)
        stats.detector_errors = dict(noted.errors)
        stats.findings_dropped = noted.dropped
        stats.unjudged = noted.too_late
        return stats

    def count(self, outcome: Outcome) -> None:
        """What the last frame did."""
        self._unstored.add(self._journal.last_seq, outcome.summaries)
        stats = self._stats
        for reason, status in _UNFOLDED.items():
            if status in outcome.statuses:
                stats.unfolded[reason] = stats.unfolded.get(reason, 0) + outcome.statuses.count(status)
        stats.duplicates += outcome.statuses.count(DUPLICATE)
        stats.late += outcome.statuses.count(LATE_RAW) + outcome.statuses.count(LATE_FOLDED)

    def stored(self, seq: int) -> None:
        """Every sink has the frames up to `seq`."""
        self._unstored.stored(seq)
