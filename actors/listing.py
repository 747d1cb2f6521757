"""Which sessions of a shard a list shows: the live ones, and ended ones that the store may not have yet."""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import chain
from typing import Final

from engine.analysis import Summary
from engine.session import Session
from engine.summary import summarise
from persistence.ports import SessionFilter

# While the store is away the list forgets the oldest ends beyond these; /session/analysis does not.
_MAX_UNSTORED: Final = 10_000  # 13 MB, typically
_MAX_UNSTORED_BYTES: Final = 32_000_000  # addresses and findings may be long
_USUAL_BYTES: Final = 1_300  # of a summary with short texts
_FINDING_BYTES: Final = 700

Place = tuple[int, str, int]


class Unstored:
    """Ended sessions between their frame and the store."""

    def __init__(self) -> None:
        self._ended: deque[tuple[int, int, Summary]] = deque()  # frame, bytes
        self.size_bytes = 0

    def add(self, seq: int, summaries: Iterable[Summary]) -> None:
        for summary in summaries:
            size_bytes = _size_bytes(summary)
            self._ended.append((seq, size_bytes, summary))
            self.size_bytes += size_bytes
            while len(self._ended) > _MAX_UNSTORED or self.size_bytes > _MAX_UNSTORED_BYTES:
                self._forget_oldest()

    def stored(self, seq: int) -> None:
        """The store has every frame up to `seq`."""
        while self._ended and self._ended[0][0] <= seq:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self.size_bytes -= self._ended.popleft()[1]

    def __iter__(self) -> Iterator[Summary]:
        return iter({(s.session_id, s.generation): s for _, _, s in self._ended}.values())


def _size_bytes(summary: Summary) -> int:
    """About what it takes in memory. A character takes up to four bytes."""
    texts = (summary.entry_url, summary.entry_path, summary.exit_url, summary.exit_path)
    ids = sum(sum(map(len, finding.event_ids)) + _FINDING_BYTES for finding in summary.anomalies)
    return _USUAL_BYTES + 4 * sum(map(len, texts)) + ids


def newest(live: Iterable[Session], unstored: Unstored, wanted: SessionFilter) -> list[Summary]:
    """At most `wanted.limit`, by (started_ms, session_id, generation) descending. Only those are summarised."""
    candidates: list[Session | Summary] = []
    if wanted.state != "ended":
        candidates += (session for session in live if _matches(session, wanted))
    if wanted.state != "live":
        candidates += (summary for summary in unstored if _matches(summary, wanted))
    return [
        found if isinstance(found, Summary) else summarise(found)
        for found in nlargest(wanted.limit, candidates, key=place_of)
    ]


def place_of(session: Session | Summary) -> Place:
    """Where a session stands in every list."""
    generation = session.public_generation if isinstance(session, Session) else session.generation
    return session.started_ms, session.session_id, generation


def merge(pages: Iterable[list[Summary]], limit: int) -> list[Summary]:
    """One page of many: each session once, in its highest version."""
    best: dict[tuple[str, int], Summary] = {}
    for summary in chain.from_iterable(pages):
        known = best.get((summary.session_id, summary.generation))
        if known is None or summary.version > known.version:
            best[summary.session_id, summary.generation] = summary
    return nlargest(limit, best.values(), key=place_of)


def _matches(session: Session | Summary, wanted: SessionFilter) -> bool:
    return (
        session.project_id == wanted.project_id
        and (not wanted.user_id or session.user_id == wanted.user_id)
        and (wanted.from_ms is None or session.started_ms >= wanted.from_ms)
        and (wanted.to_ms is None or session.started_ms < wanted.to_ms)
        and (wanted.before is None or place_of(session) < wanted.before)
        and (not wanted.anomaly or _has(session, wanted.anomaly))
    )


def _has(session: Session | Summary, kind: str) -> bool:
    return any(anomaly.type == kind and anomaly.status != "withdrawn" for anomaly in session.anomalies)
