"""Bytewax: a session window per user with a gap of 30 minutes of event time. One worker, nothing can be recovered.

`… FILE ANSWERS EVENTS`: so many events come as one batch, 1,000 from its own file source. Each batch costs Bytewax time
for every live session, so the figure is mostly that of the batch: small ones are those of a stream that is read live.
The file is in the order of time, so folding in any order saves Bytewax a sort. Its watermark moves on with the clock on
the wall too: it waits a minute, or two events closer in the file than in the run would make the second one late.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bytewax import operators
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.operators import windowing
from bytewax.testing import TestingSink, run_main

from benchmarks.peers.answers import Answer, tell, to_ms, write
from benchmarks.peers.lines import Visit, visits

GAP: Final = timedelta(minutes=30)
LATENESS: Final = timedelta(minutes=1)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_EVER: Final = datetime.min.replace(tzinfo=UTC)

Count = tuple[datetime, datetime, int]  # the first, the last, how many


class Part(StatelessSourcePartition):
    def __init__(self, file: Path, batch_events: int) -> None:
        self._coming = visits(file)
        self._batch_events = batch_events

    def next_batch(self) -> list[Visit]:
        batch = list(islice(self._coming, self._batch_events))
        if not batch:
            raise StopIteration
        return batch


class Source(DynamicSource):
    def __init__(self, file: Path, batch_events: int) -> None:
        self._file = file
        self._batch_events = batch_events

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Part:
        return Part(self._file, self._batch_events)


def fold(count: Count, visit: Visit) -> Count:
    first, last, events = count
    return min(first, visit.timestamp), max(last, visit.timestamp), events + 1


def merge(one: Count, other: Count) -> Count:
    return min(one[0], other[0]), max(one[1], other[1]), one[2] + other[2]


def flow(source: Source, found: list[Any]) -> Dataflow:
    whole = Dataflow("sessions")
    users = operators.key_on("by_user", operators.input("file", whole, source), lambda visit: visit.user_id)
    clock = windowing.EventClock(lambda visit: visit.timestamp, wait_for_system_duration=LATENESS)
    windower = windowing.SessionWindower(GAP)
    start = (_NEVER, _EVER, 0)
    counted = windowing.fold_window("count", users, clock, windower, lambda: start, fold, merge, ordered=False)
    operators.output("answers", counted.down, TestingSink(found))
    return whole


def answers(found: Iterable[Any]) -> Iterable[Answer]:
    return (Answer(user_id, to_ms(first), to_ms(last), count) for user_id, (_, (first, last, count)) in found)


def main(file: Path, target: Path, batch_events: int) -> None:
    found: list[Any] = []
    started_s = perf_counter()
    run_main(flow(Source(file, batch_events), found))
    tell(perf_counter() - started_s)
    write(answers(found), target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
