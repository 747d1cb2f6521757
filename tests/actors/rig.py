"""A journal, a store and a persister between them, without threads; `crash` forgets everything that is not on disk."""

from collections import Counter
from pathlib import Path
from typing import Self

from actors.daily_counts import DailyCounts
from actors.persister import Persister
from persistence.flush import FlushRules
from persistence.journal import Frame, Journal, JournalReader
from persistence.plan import Plan, Position, Source
from persistence.ports import Store
from persistence.retry import Backoff
from tests.persistence.frames import write

BACKOFF = Backoff(min_ms=500, max_ms=30_000)


class Rig:
    def __init__(self, folder: Path, store: Store, rules: FlushRules, plan: type[Plan] = Plan) -> None:
        self._folder = folder
        self._plan = plan
        self._store = store
        self._rules = rules
        self.journal = Journal(folder / "shard-0")
        self.source = Source(sink="clickhouse", shard=0, journal_id=self.journal.journal_id)
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self.journal.close()

    def write(self, *frames: Frame) -> None:
        write(self.journal, *frames)

    def crash(self) -> None:
        self._end()
        self._begin()

    def booked(self) -> dict[str, int]:
        """The ledger's sums of all projects and minutes."""
        with self.plan.reader() as plan:
            sums = plan.ledger(self.source, 0, 2**62)
        return dict(sum((Counter({name: count}) for _, name, count in sums), Counter()))

    def position(self) -> Position:
        return self.plan.position(self.source)

    def _begin(self) -> None:
        self.plan = self._plan(self._folder / "sinks.db")
        self.daily = DailyCounts(sink="clickhouse", plan=self.plan, store=self._store, interval_ms=60_000)
        self.persister = Persister(
            source=self.source,
            reader=JournalReader(self._folder / "shard-0"),
            store=self._store,
            plan=self.plan,
            daily=self.daily,
            rules=self._rules,
            backoff=BACKOFF,
        )

    def _end(self) -> None:
        self.persister.close()
        self.plan.close()
