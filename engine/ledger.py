"""The delivery ledger: what became of every event that a shard received, per minute of its receive time and project.

What came is counted from the batch, what became of it from the statuses: that the two agree is a check, no definition.
"""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import msgspec

from engine.config import Journal
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, LATE_RAW, OVERFLOW, QUARANTINED, Batch, Seen

Entry = tuple[int, str, str]  # the minute as its first millisecond, project, name

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000

RECEIVED: Final = "received"
REJECTED: Final = "rejected:"  # and the reason
STORED: Final = "stored"  # by a sink
REFUSED: Final = "refused"  # by a sink, which keeps it in `bad_rows`

_NAMES: Final = (
    (ACCEPTED, "accepted"),
    (DUPLICATE, "duplicate"),
    (LATE_FOLDED, "late"),
    (LATE_RAW, "late"),
    (OVERFLOW, "overflow"),
    (QUARANTINED, "quarantined"),
)

_project_of = attrgetter("project_id")


class Booked(msgspec.Struct, frozen=True, array_like=True):
    """One sum of the ledger. `sink` "": counted by the shard itself."""

    shard: int
    sink: str
    project_id: str
    name: str
    count: int


class Ledger:
    """`unsaved` holds what was counted since its owner saved and cleared it: some entries a minute and project."""

    def __init__(self) -> None:
        self.unsaved: Counter[Entry] = Counter()

    def count(self, batch: Batch[Seen], statuses: bytes, received_ms: int) -> None:
        """A frame. `statuses`: one byte per event; those the fold had to skip may be missing at the end."""
        minute_ms = minute_of(received_ms)
        projects = list(map(_project_of, batch.events))
        if projects and projects.count(projects[0]) == len(projects):
            self._count(minute_ms, projects[0], len(projects), statuses)
        elif projects:
            self._count_mixed(minute_ms, projects, statuses)
        for row in batch.bad_rows:
            self.unsaved[minute_ms, row.project_id, RECEIVED] += 1
            self.unsaved[minute_ms, row.project_id, REJECTED + row.code] += 1

    def _count_mixed(self, minute_ms: int, projects: Sequence[str], statuses: bytes) -> None:
        for project_id in dict.fromkeys(projects):
            own = bytes(s for s, owner in zip(statuses, projects, strict=False) if owner == project_id)
            self._count(minute_ms, project_id, projects.count(project_id), own)

    def _count(self, minute_ms: int, project_id: str, events: int, statuses: bytes) -> None:
        unsaved = self.unsaved
        unsaved[minute_ms, project_id, RECEIVED] += events
        for status, name in _NAMES:
            if found := statuses.count(status):
                unsaved[minute_ms, project_id, name] += found
        if events > len(statuses):
            unsaved[minute_ms, project_id, "quarantined"] += events - len(statuses)

    def sums(self, from_ms: int, to_ms: int) -> Counter[tuple[str, str]]:
        """(project, name) -> count, of the unsaved minutes that begin in the range."""
        found: Counter[tuple[str, str]] = Counter()
        for (minute_ms, project_id, name), count in self.unsaved.items():
            if from_ms <= minute_ms < to_ms:
                found[project_id, name] += count
        return found


def forget_before(now_ms: int, limits: Journal) -> int:
    """A day more than is answered: shards and sinks do not forget at the same moment."""
    return now_ms - (limits.ledger_days + 1) * DAY_MS


def minute_of(at_ms: int) -> int:
    return at_ms - at_ms % MINUTE_MS
