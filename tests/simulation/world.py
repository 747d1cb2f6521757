"""A data folder on a fake disk and the two processes on it, a shard and a persister: how they die and start again."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from actors.shard import Shard
from engine.config import Config
from engine.errors import OperatorError
from persistence.memory import FailingStore
from tests.builders import T0
from tests.simulation.connection import connect
from tests.simulation.disk import Crashed, FakeDisk
from tests.simulation.history import History
from tests.simulation.processes import PersisterProcess, Place, ShardProcess, connect_to_read
from tests.simulation.sink import CountingStore

T = TypeVar("T")

_FATAL: Final = (OperatorError, Crashed)
_MOST_STEPS: Final = 100


class World:
    """`now_ms`: the wall clock. `deaths`: how often a process ended other than in order, by process and cause."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.disk = FakeDisk()
        self.sink = CountingStore()
        self.store = FailingStore(self.sink)
        self.history = History(config.session)
        self.now_ms = T0
        self.free_disk_percent = 50.0
        self.deaths: Counter[str] = Counter()
        self.shard: ShardProcess | None = None
        self.persister: PersisterProcess | None = None
        self._folder = folder
        self.config = config
        self.checkpoint_pages = 1000  # how long the WAL gets before SQLite moves it into the database

    def place(self, name: str) -> Place:
        """For a new process."""
        process = self.disk.process(name)
        return Place(process, self._folder, connect(process, checkpoint_pages=self.checkpoint_pages))

    # -- the shard ------------------------------------------------------------------------------------------------

    def ask(self, work: Callable[[Shard], T]) -> T | None:
        """What the shard answers, started anew if it is down; None when it cannot be, or died. Raises Wait and
        BatchGap."""
        if not self.start_shard() or self.shard is None:
            return None
        strikes = len(self.disk.strikes)
        answer = None
        try:
            answer = work(self.shard.shard)
        except _FATAL as error:
            self._end_shard(error)
        else:
            self._check_nothing_was_swallowed(strikes)
        self._bury_the_dead()
        self._follow()
        return answer

    def start_shard(self) -> bool:
        """Whether it runs now."""
        if self.shard is None:
            place = self.place("shard")
            try:
                self.shard = ShardProcess(place, self.config, self.now_ms, lambda: self.free_disk_percent)
            except _FATAL as error:
                self._count("shard", error)
                place.process.kill()
            self._bury_the_dead()
            self._follow(is_start=True)
        return self.shard is not None

    def stop_shard(self) -> None:
        """In order, if the disk lets it."""
        if self.shard is not None:
            try:
                self.shard.stop()
            except _FATAL as error:
                self._end_shard(error)
            else:
                self._end_shard(None)
            self._bury_the_dead()

    def kill_shard(self) -> None:
        if self.shard is not None:
            self._end_shard(Crashed("kill -9"))

    def _end_shard(self, error: Exception | None) -> None:
        if self.shard is not None:
            self.shard.end()
            self.shard = None
            self._count("shard", error)

    def _check_nothing_was_swallowed(self, strikes: int) -> None:
        """The call succeeded: no write to the log failed, and no sync that the log needed."""
        for strike in self.disk.strikes[strikes:]:
            if strike.process == "shard" and strike.path.endswith("-wal"):
                assert strike.operation != "write", f"swallowed: {strike}"
                assert strike.operation != "sync" or not strike.was_pending, f"swallowed: {strike}"

    def _follow(self, *, is_start: bool = False) -> None:
        """The journal's new frames; after a start all that it holds, which must be what it held before."""
        if self.shard is not None:
            with self.disk.calm():
                journal = self.shard.journal
                self.history.follow(journal.frames(0 if is_start else self.history.last_seq))
                assert journal.last_seq == self.history.last_seq, "frames went before anybody could read them"

    # -- the persister --------------------------------------------------------------------------------------------

    def persist(self) -> None:
        """One step of the persister, started anew if it is down. Without a shard there is no journal to read."""
        if self.shard is None or not self._start_persister() or self.persister is None:
            return
        try:
            self.persister.step(self.now_ms)
        except Crashed as error:
            self._end_persister(error)
        self._bury_the_dead()

    def _start_persister(self) -> bool:
        if self.persister is None:
            place = self.place("persister")
            try:
                self.persister = PersisterProcess(place, self.store, connect_to_read(lambda: self.shard))
            except _FATAL as error:
                self._count("persister", error)
                place.process.kill()
            self._bury_the_dead()
        return self.persister is not None

    def kill_persister(self) -> None:
        if self.persister is not None:
            self._end_persister(Crashed("kill -9"))

    def _end_persister(self, error: Exception) -> None:
        if self.persister is not None:
            self.persister.end()
            self.persister = None
            self._count("persister", error)

    def drain(self) -> None:
        """Until everything is stored."""
        for _ in range(_MOST_STEPS):
            self.now_ms += 1_000
            self.persist()
            if self.persister is not None and self.persister.persister.flush(self.now_ms):
                return
        message = "the journal does not drain into a healthy store"
        raise AssertionError(message)

    def done_seq(self) -> int:
        """As the ticker knows it."""
        return self.persister.persister.stats(self.now_ms).done_seq if self.persister is not None else 0

    # -- both -----------------------------------------------------------------------------------------------------

    def run(self, work: Callable[[Place], None]) -> None:
        """Another process, while the shard is down."""
        place = self.place("other")
        try:
            work(place)
        except _FATAL as error:
            self._count("other", error)
        place.process.kill()
        self._bury_the_dead()

    def cut_power(self, seed: int | None) -> None:
        self.disk.cut_power(seed)
        self._bury_the_dead()

    def _bury_the_dead(self) -> None:
        """Who lost its power while another was at work."""
        if self.shard is not None and self.shard.process.is_dead:
            self._end_shard(Crashed("power"))
        if self.persister is not None and self.persister.process.is_dead:
            self._end_persister(Crashed("power"))

    def _count(self, process: str, error: Exception | None) -> None:
        if error is not None:
            self.deaths[f"{process}: {type(error).__name__}"] += 1

    def close(self) -> None:
        self.kill_persister()
        self.kill_shard()
