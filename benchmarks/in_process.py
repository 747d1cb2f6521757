"""`python -m benchmarks.in_process FILE ANSWERS`: the lines of FILE through the gateway's decoder and a registry with
all detectors, in this process: what sessiond does of the peers' work, without server, journal and store.

Bodies of 100 lines, as a client sends them. The clock is the events' own: sessions end when their gap has passed.
"""

import gc
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.fold import new_registry
from benchmarks.peers.answers import Answer, tell, write
from engine.config import Config
from engine.registry import Registry
from engine.wire import Batch, Event, Outcome
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser

BODY_LINES: Final = 100
_SAVED_EVERY: Final = 100  # bodies; a server saves what changed four times a second
_ENDS: Final = 500
_LATEST_MS: Final = 2**53


class Counting:
    """Folds event by event; `answers` when the file is at its end."""

    def __init__(self) -> None:
        self._registry: Registry = new_registry()
        self._ended: list[Answer] = []
        self._frames = 0

    def take(self, events: list[Event]) -> None:
        now_ms = events[-1].at_ms
        self._keep(self._registry.apply(Batch("bench", self._next(), now_ms, events), now_ms, self._frames))
        if due := self._registry.due(now_ms, limit=_ENDS):
            self._keep(self._registry.end(due, now_ms, self._next()))
        if self._frames % _SAVED_EVERY == 0:
            self._registry.residents.saved(list(self._registry.residents.dirty))

    def _next(self) -> int:
        self._frames += 1
        return self._frames

    def _keep(self, outcome: Outcome) -> None:
        self._ended += (Answer(s.user_id, s.started_ms, s.last_active_ms, s.event_count) for s in outcome.summaries)

    def answers(self) -> Iterator[Answer]:
        yield from self._ended
        for session in self._registry.residents.live.values():
            yield Answer(session.user_id, session.started_ms, session.last_ms, session.event_count)


def bodies(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        while some := list(islice(lines, BODY_LINES)):
            yield b"[" + b",".join(some) + b"]"


def main(file: Path, target: Path) -> None:
    config = Config()
    decoder, arrival = Decoder(config, Normaliser(config, AgentReader())), Arrival(0, _LATEST_MS)
    counting, decode_s = Counting(), 0.0
    started_s = perf_counter()
    for body in bodies(file):
        before_s = perf_counter()
        events = decoder.decode(body, arrival).events
        decode_s += perf_counter() - before_s
        counting.take(events)
    seconds = perf_counter() - started_s
    tell(seconds, decode_s=decode_s)
    write(counting.answers(), target)


if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 100)  # as a shard does: sessions hold no cycles to look for
    main(Path(sys.argv[1]), Path(sys.argv[2]))
