"""The way of a client's events without a server, for the tests of the checker: decoder, shard, journal, rows."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from actors.shard import Shard
from engine.book import decode_book, encode_book
from engine.config import Config
from engine.overlay import Overlay
from engine.rulebook import configured
from engine.slices import Slice
from engine.wire import Batch, encode
from gateway.agent import AgentReader
from gateway.decode import Decoded, Decoder
from gateway.normalise import Arrival, Normaliser
from gateway.views import session_view
from persistence.columns import plain
from persistence.flush import flush_rules
from persistence.journal import Journal, JournalReader
from persistence.ports import SessionFilter
from persistence.tables import EVENTS, default_of
from persistence.unpacked import unpack
from tests.builders import T0
from tests.chaos.books import Books
from tests.chaos.record import Sent


class World:
    """One shard. Its clock is `now_ms`; whoever drives it moves it on."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.now_ms = T0
        self._folder = folder
        self._config = config
        self._decoder = Decoder(config, Normaliser(config, AgentReader()))
        self._number = self._told_seq = 0
        self._shard = Shard(number=0, journal=Journal(folder), config=config, now_ms=T0, free_disk_percent=lambda: 50.0)

    def clock(self) -> int:
        return self.now_ms

    def send(self, batch: Sequence[Sent]) -> Decoded:
        body = json.dumps([one.event for one in batch]).encode()
        decoded = self._decoder.decode(body, Arrival(self.now_ms, self.now_ms + 86_400_000))
        self._number += 1
        payload = Batch("g1", self._number, self.now_ms, decoded.events, [], decoded.bad_rows)
        self._shard.apply(encode(payload))
        return decoded

    def configure(self, own: Overlay) -> None:
        """As `PUT /api/v1/detectors` does."""
        book = configured(self._config).put(decode_book(self._shard.rules()), "default", own)
        self._shard.configure(encode_book(book), self.now_ms)

    def tick(self, *, sinks_done_seq: int = 0) -> None:
        self._shard.tick(self.now_ms, sinks_done_seq)

    def slices(self) -> list[Slice]:
        """What the monitor would get, which has nothing yet of what comes now."""
        found = self._shard.slices(self._told_seq)
        self._told_seq = found[-1].upto_seq if found else self._told_seq
        return found

    def views(self) -> list[dict[str, Any]]:
        """What `/api/v1/sessions` would list."""
        found = self._shard.sessions(SessionFilter("default", limit=100_000))
        return [msgspec.to_builtins(session_view(summary)) for summary in found]

    def books(self, *, later: int = 0) -> Books:
        """As the journal tells them, or by so many frames later."""
        books = Books()
        with closing(JournalReader(self._folder)) as reader:
            frames = reader.frames(0, max_frames=100_000)
        books.took(0, [frame._replace(seq=frame.seq + later) for frame in frames])
        return books

    def rows(self) -> list[dict[str, Any]]:
        """Of raw events, as `tests/chaos/rows.py` reads them."""
        reader = JournalReader(self._folder)
        runs = unpack(reader.frames(0, max_frames=100_000), 0, flush_rules(self._config.clickhouse))
        stored = [row for run in runs if EVENTS.name in run.tables for row in plain(run.tables[EVENTS.name])]
        reader.close()
        return [_filled(row) for row in stored]

    def close(self) -> None:
        self._shard.close()


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """With what the database puts where an insert says nothing."""
    full = {name: default_of(kind) for name, kind in EVENTS.columns.items()}
    full |= {name: value for name, value in row.items() if value is not None}
    return {**full, "at_ms": full["timestamp"], "received_ms": full["received_at"]}
