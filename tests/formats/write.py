"""Writes a data folder as this version leaves it: `python -m tests.formats.write`, once before a format is released.

Two shards: the first one was killed (its WAL, and frames that no snapshot holds, are there), the second one stopped in
order. The sinks have the first part of the frames. In the archive beside the folder, `expected.json` says what its
sessions answered to the code that wrote it.
"""

import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.daily_counts import DailyCounts
from actors.persister import Persister
from actors.shard import Shard
from engine import slots
from engine.config import ClickHouse, Config
from engine.config import Journal as JournalLimits
from engine.wire import BadRow, Batch, Control, Event, encode
from gateway.views import session_view
from persistence.clickhouse import ClickHouseStore
from persistence.flush import FlushRules
from persistence.journal import FORMAT, Journal, JournalReader
from persistence.plan import Plan, Source
from persistence.retry import Backoff
from tests.builders import GAP, HOUR, MINUTE, T0, click, closed, event

HERE: Final = Path(__file__).parent
SHARDS: Final = 2
SESSIONS: Final = tuple(f"s{number}" for number in range(30))
_KINDS: Final = ("page_view", "click", "search", "scroll", "add_to_cart", "page_view")


def shard_of(item: Event | Control) -> int:
    if item.session_id:
        return slots.shard_of(slots.slot_of_session(item.project_id, item.session_id), SHARDS)
    assert isinstance(item, Event)
    return slots.shard_of(slots.slot_of(slots.user_key(item.project_id, item.user_id)), SHARDS)


class Writer:
    """The engine without Ray and threads; times are milliseconds after `T0`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._done = [0] * SHARDS
        self._number = 0
        config = Config(journal=JournalLimits(snapshot_sessions=4, max_snapshot_sessions=4))
        (folder / "layout.json").write_text(json.dumps({"format": 1, "shards": SHARDS}) + "\n")
        self.shards = [
            Shard(
                number=number,
                journal=Journal(folder / f"shard-{number}"),
                config=config,
                now_ms=T0,
                free_disk_percent=lambda: 50.0,
            )
            for number in range(SHARDS)
        ]

    def send(self, at: int, *items: Event | Control | BadRow) -> None:
        self._number += 1
        for number, shard in enumerate(self.shards):
            own = [item for item in items if not isinstance(item, BadRow) and shard_of(item) == number]
            events = [item for item in own if isinstance(item, Event)]
            controls = [item for item in own if isinstance(item, Control)]
            bad_rows = [item for item in items if isinstance(item, BadRow) and not number]
            shard.apply(encode(Batch("g1", self._number, T0 + at, events, controls, bad_rows)))

    def tick(self, at: int) -> None:
        for shard, done_seq in zip(self.shards, self._done, strict=True):
            shard.tick(T0 + at, done_seq)

    def store(self, at: int) -> None:
        """Every frame so far goes to the sink."""
        store = ClickHouseStore(ClickHouse(), path=str(self._folder / "clickhouse"))
        store.migrate()
        plan = Plan(self._folder / "sinks.db")
        daily = DailyCounts(sink="clickhouse", plan=plan, store=store, interval_ms=60_000)
        for number in range(SHARDS):
            reader = JournalReader(self._folder / f"shard-{number}")
            persister = Persister(
                source=Source("clickhouse", number, reader.journal_id),
                reader=reader,
                store=store,
                plan=plan,
                daily=daily,
                rules=FlushRules(),
                backoff=Backoff(500, 30_000),
            )
            assert persister.flush(T0 + at)
            self._done[number] = persister.stats(T0 + at).done_seq
            persister.close()
        plan.close()
        store.close()

    def analyses(self) -> dict[str, Any]:
        """What `/session/analysis` says of each session, and of each earlier generation ("s1#1")."""
        found = {}
        for name in SESSIONS:
            shard = self.shards[shard_of(event(session=name))]
            for generation in (None, 1, 2):
                summary = shard.session("default", name, generation)
                if summary is not None:
                    place = name if generation is None else f"{name}#{generation}"
                    found[place] = msgspec.to_builtins(session_view(summary))
        return found


def live_a_life(writer: Writer) -> None:
    """A few hundred events of every kind; what comes after `store` is in the journals only."""
    for step, kind in enumerate(_KINDS):
        at = step * 5_000
        writer.send(at, *(event(kind, at, session=name, user=f"u-{name}", path=f"/{kind}") for name in SESSIONS[:20]))
        writer.tick(at)
    for name in SESSIONS[:6]:
        clicks = [click(MINUTE + n * 100, session=name, user=f"u-{name}", id=f"{name}-rage-{n}") for n in range(8)]
        writer.send(MINUTE, *clicks)
        writer.send(MINUTE, *clicks[:3])  # duplicates
    writer.send(2 * MINUTE, *(closed(name) for name in SESSIONS[:3]))
    writer.send(2 * MINUTE, BadRow("default", T0, "invalid_event", "`timestamp` is missing.", b'{"x": 1}'))
    writer.send(2 * MINUTE, event("page_view", 2 * MINUTE, session="", user="walker", id="walk-1"))
    for minute in range(3, 62, 10):
        writer.send(minute * MINUTE, event("page_view", minute * MINUTE, session="s9", user="u-s9"))
        writer.tick(minute * MINUTE)
    for second in range(30):
        writer.tick(HOUR + 2 * MINUTE + second * 1_000)
    writer.store(HOUR)

    at = HOUR + 5 * MINUTE
    writer.tick(at)
    writer.send(
        at, *(event("error", 45_000, session=name, user=f"u-{name}", id=f"{name}-late") for name in SESSIONS[:8])
    )
    writer.send(at, *(event(k, at, session=name, user=f"u-{name}") for name in SESSIONS[10:20] for k in _KINDS))
    writer.send(at + GAP, *(event("page_view", at + GAP, session=name, user=f"u-{name}") for name in SESSIONS[20:]))
    writer.tick(at + GAP)
    writer.send(at + GAP, *(event("click", at + GAP + 1, session=name, user=f"u-{name}") for name in SESSIONS[18:26]))


def write(archive: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, copy = Path(place) / "live", Path(place) / "data"
        folder.mkdir()
        writer = Writer(folder)
        live_a_life(writer)
        expected = {"format": FORMAT, "analyses": writer.analyses()}
        writer.shards[1].close()
        # As a kill leaves it: what is in the WAL stays there.
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("*-shm", "lock"))
        writer.shards[0].close()
        (copy / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
        with tarfile.open(archive, "w:xz") as packed:
            packed.add(copy, arcname="data")


if __name__ == "__main__":
    target = HERE / f"format-{FORMAT}.tar.xz"
    write(target)
    sys.stdout.write(f"{target.relative_to(Path.cwd())}: {target.stat().st_size:,} bytes\n")
