"""What a shard knows for those who watch live: its last happenings, and who is where. Kept in memory, and made again
at a start from the journal and the sessions."""

from typing import Final

import msgspec

from actors.ports import ShardStats
from engine import slots
from engine.analysis import Summary
from engine.config import Live as LiveConfig
from engine.happening import Position, Told, happenings_of
from engine.live import Live, LiveFilter, LiveIndex
from engine.registry import Registry
from engine.ring import END, Ring
from engine.wire import AnomalyRow, Began, Outcome
from persistence.journal import Frame, Journal

_FRAMES_BEFORE: Final = 200  # that a start reads beside those it replays, so that a restart is seldom a gap


class _Outcome(msgspec.Struct, array_like=True):
    """An outcome as far as it is told: what runs parallel to the events is skipped unread."""

    statuses: msgspec.Raw = msgspec.Raw()
    generations: msgspec.Raw = msgspec.Raw()
    session_ids: msgspec.Raw = msgspec.Raw()
    controls: msgspec.Raw = msgspec.Raw()
    summaries: list[Summary] = []
    anomalies: list[AnomalyRow] = []
    unsure: int = 0
    indexes: msgspec.Raw = msgspec.Raw()
    begun: list[Began] = []


_decode = msgspec.msgpack.Decoder(_Outcome).decode


class LiveView:
    """Of one shard; calls as for `Shard`."""

    def __init__(self, registry: Registry, config: LiveConfig) -> None:
        self._registry = registry
        self._residents = registry.residents
        self._ring = Ring(Position(0, END))
        self._index = LiveIndex(registry.residents.live, tuple(len(funnel.steps) for funnel in config.funnels))

    def begin(self, journal: Journal, replay_after: int) -> None:
        """Before the frames after `replay_after` are replayed: some of those before them are still there."""
        before = journal.frames(max(0, replay_after - _FRAMES_BEFORE), max_frames=_FRAMES_BEFORE)
        before = [frame for frame in before if frame.seq <= replay_after]
        self._ring = Ring(Position(before[0].seq - 1 if before else replay_after, END))
        for frame in before:
            self.replayed(frame)

    def replayed(self, frame: Frame) -> None:
        told = _decode(frame.outcome)
        outcome = Outcome(summaries=told.summaries, anomalies=told.anomalies, begun=told.begun)
        self._ring.add(frame.seq, happenings_of(outcome, frame.seq, frame.received_ms))

    def recovered(self) -> None:
        self._registry.folder.moved.clear()
        self._index.rebuild()

    def took(self, outcome: Outcome, seq: int) -> None:
        """After a frame is on disk."""
        now_ms, moved = self._registry.own.clock_ms, self._registry.folder.moved
        items = happenings_of(outcome, seq, now_ms)
        moved.update(self._key_of(item.project_id, item.session_id) for item in items)
        for key in moved:
            self._index.changed(key, now_ms)
        moved.clear()
        self._ring.add(seq, items)

    def _key_of(self, project_id: str, session_id: str) -> str:
        """Without the disk: what changed in a frame is in memory."""
        if session_id.startswith(slots.MADE):
            return self._residents.key_of(project_id, session_id)
        return f"{project_id}\0{session_id}"

    def counted(self, stats: ShardStats) -> ShardStats:
        stats.happenings, stats.happenings_bytes = len(self._ring), self._ring.size_bytes
        return stats

    def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        return self._ring.after(None if after is None else Position(*after), limit)

    def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        return self._index.look(wanted, now_ms)
