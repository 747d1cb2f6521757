"""A shard on a real journal, without Ray, and everything its journal ever said."""

from collections.abc import Callable, Iterable
from pathlib import Path

from actors.ports import ShardStats
from actors.shard import Shard
from engine.analysis import Summary
from engine.config import Config
from engine.config import Journal as JournalLimits
from engine.config import Session as Limits
from engine.session import encode_session
from engine.wire import Batch, Control, Event, Reply, decode_reply, encode
from persistence.journal import Frame, Journal, JournalReader
from tests.builders import T0


class Death(BaseException):
    """The end of a process, as far as a test in one process can have it: nothing catches it."""


class Trap(frozenset[str]):
    """Close types that kill who asks about a `deadly` type, or asks when the `fuse` has burnt down."""

    def __init__(self, _: Iterable[str] = ()) -> None:
        self.deadly: set[object] = set()
        self.fuse: int | None = None

    def __contains__(self, event_type: object) -> bool:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Death
        if event_type in self.deadly:
            raise Death
        return super().__contains__(event_type)


def config(
    *, snapshot_sessions: int = 500, max_replay_events: int = 200_000, trap: Trap | None = None, **limits: int
) -> Config:
    more = {} if trap is None else {"close_types": trap}
    return Config(
        session=Limits(**limits, **more),  # type: ignore[arg-type]
        journal=JournalLimits(snapshot_sessions=snapshot_sessions, max_replay_events=max_replay_events, lock_wait_ms=0),
    )


class ShardRig:
    """Times are milliseconds after `T0`. `crash` forgets everything that is not on disk; `restart` stops in order."""

    def __init__(self, folder: Path, settings: Config | None = None) -> None:
        self._folder = folder
        self._config = settings or config()
        self._number = 0
        self.free_disk_percent = 50.0
        self.now = 0
        self.frames: list[Frame] = []
        self.shard = self._open()

    def _open(self) -> Shard:
        journal = Journal(self._folder)
        try:
            return Shard(
                number=0,
                journal=journal,
                config=self._config,
                now_ms=T0 + self.now,
                free_disk_percent=lambda: self.free_disk_percent,
            )
        except Death:
            journal.close()  # as the kernel would
            raise

    def payload(self, *events: Event, controls: tuple[Control, ...] = (), number: int | None = None) -> bytes:
        """The next batch of gateway g1, or the one with that number."""
        if number is None:
            self._number += 1
        return encode(Batch("g1", number or self._number, T0 + self.now, list(events), list(controls)))

    def send(self, *events: Event, controls: tuple[Control, ...] = ()) -> Reply:
        return decode_reply(self.shard.apply(self.payload(*events, controls=controls)))

    def tick(self, now: int | None = None) -> ShardStats:
        """Every frame so far is stored by all sinks."""
        self.now = self.now if now is None else now
        self.read()
        return self.shard.tick(T0 + self.now, self.frames[-1].seq)

    def read(self) -> list[Frame]:
        """The frames that are new since the last call."""
        reader = JournalReader(self._folder)
        new = reader.frames(self.frames[-1].seq if self.frames else 0, max_frames=100_000)
        reader.close()
        self.frames += new
        return new

    def session(self, session_id: str = "s1", generation: int | None = None) -> Summary | None:
        return self.shard.session("default", session_id, generation)

    def states(self) -> dict[tuple[str, int], bytes]:
        """Every session that has its state, live or ended, in memory or saved, encoded."""
        residents, rows = self.shard._residents, self.shard._journal.sessions
        keys = {*residents.dirty, *residents.live, *rows.ended_after(0)}
        saved = {(row.key, row.generation): row.state for key in keys for row in rows.latest(key, 1000) if row.state}
        memory = {(s.key, s.generation): encode_session(s) for key in keys for s in residents.changed(key)}
        return {**saved, **memory}

    def restart(self) -> None:
        self.shard.close()
        self.start()

    def crash(self) -> None:
        self.close()
        self.start()

    def start(self) -> None:
        self.shard = self._open()

    def close(self) -> None:
        self.shard._journal.close()


Stop = Callable[[ShardRig], None]
