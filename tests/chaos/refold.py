"""Sessions built again from the raw rows in the store, beside what the server said of them while it ran.

The rows of a session, in the order of its journal, are folded with the same code and settings but in one go: no
snapshot, no restart, no replay. Duplicates are not stored, and whether an event came late is not in its row: what
counts those (`events_duplicate`, `events_late`) cannot be compared.

Each frame is folded under the rules that its shard had then, which the journals told while they were there. A session
that ended may have done so under later ones: so nobody may change the rules of detectors that speak at the end.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, Final

import msgspec

from engine import slots
from engine.book import Book
from engine.config import Config
from engine.device import Device
from engine.fold import Folder
from engine.rulebook import Rulebook
from engine.session import Session
from engine.summary import summarise
from engine.wire import ISOLATED, OVERFLOWED, Event
from gateway.payloads import Extractor, extractors
from gateway.views import session_view
from persistence.tables import DEVICE
from tests.chaos.books import Books
from tests.chaos.rows import Row

Place = tuple[str, int]  # session id, generation
View = Mapping[str, Any]

# Nor can the place among the sessions of a user: a row has no generation of those.
_NOT_COMPARED: Final = frozenset({"events_duplicate", "events_late", "session_index", "previous_session_id"})
_SLACK_MS: Final = 5_000  # a busy machine ticks late
# May be found when the session ends, and no row tells when that was.
AT_THE_END: Final = frozenset({"missing_close", "form_abandonment", "dead_click"})
GONE: Final = "withdrawn"


class Refold:
    """The sessions of these rows of raw events, which come by shard, frame and index.

    `started_ms`: when the server last began: nobody times out before the grace after that has passed. `books`: the
    rules in force, where they changed.
    """

    def __init__(self, rows: Iterable[Row], config: Config, *, started_ms: int = 0, books: Books | None = None) -> None:
        self._config = config
        self._limits = config.session
        self._extractors = extractors(config.session)
        self._books = books or Books()
        self._folders: dict[int, Folder] = {}  # by version of the book
        self._not_before_ms = started_ms + config.session.grace_ms
        self._rows: dict[Place, list[Row]] = defaultdict(list)
        for row in rows:
            if not row["late"] and not row["flags"] & (OVERFLOWED | ISOLATED):
                self._rows[row["session_id"], row["generation"]].append(row)
        self._newest_ms: Counter[str] = Counter()  # of all generations of a key
        for found in self._rows.values():
            key = key_of(found[0])
            self._newest_ms[key] = max(self._newest_ms[key], *(row["at_ms"] for row in found))
        self.sessions = {place: self._folded(place, found) for place, found in self._rows.items()}

    def _folded(self, place: Place, rows: Sequence[Row]) -> Session:
        session_id, generation = place
        session = Session(
            key=key_of(rows[0]),
            made_id=session_id if session_id.startswith(slots.MADE) else "",
            project_id=rows[0]["project_id"],
            user_id="",
            generation=generation,
            started_ms=0,
            last_ms=0,
            received_ms=0,
        )
        for _, frame in groupby(rows, key=lambda row: row["src_seq"]):
            batch = sorted(frame, key=lambda row: int(row["at_ms"]))  # as a shard folds it
            folder = self._folder(batch[0])
            for row in batch:
                folder.fold(session, seen_of(row, self._extractors), row["received_ms"])
            for _ in folder.settle():
                pass
        return session

    def _folder(self, row: Row) -> Folder:
        """That folds as the shard did when this row came."""
        book = self._books.at(row["src_shard"], row["src_seq"])
        if book.version not in self._folders:
            self._folders[book.version] = self._made(book)
        return self._folders[book.version]

    def _made(self, book: Book) -> Folder:
        rulebook = Rulebook(self._config.detectors)
        if book != Book():
            rulebook.take(book, 0)
        return Folder(self._limits, rulebook, self._config.live.funnels)

    def differences(self, told: View, at_ms: int) -> Iterator[str]:
        """What is wrong with an analysis that was read at `at_ms`, of a session that got no event afterwards."""
        place = told["session_id"], told["generation"]
        name = f"session {place[0]} generation {place[1]}"
        session = self.sessions.get(place)
        if session is None:
            yield f"{name} has no rows"
            return
        yield from (f"{name} {fault}" for fault in self._end_faults(place, told, at_ms))
        if told["end_reason"] and session.is_live:
            self._folder(self._rows[place][-1]).end(session, told["end_reason"], at_ms)
        expected = _comparable(msgspec.to_builtins(session_view(summarise(session))))
        for field, value in _comparable(told).items():
            if value != expected[field]:
                yield f"{name}: `{field}` is {value!r}, its rows say {expected[field]!r}"

    def _end_faults(self, place: Place, told: View, at_ms: int) -> Iterator[str]:
        rows = self._rows[place]
        is_closed = any(row["event_type"] in self._limits.close_types for row in rows)
        if is_closed != (told["end_reason"] == "close"):
            yield f"ended by {told['end_reason']}, and a close event is {'' if is_closed else 'not '}among its rows"
        is_newest = max(row["at_ms"] for row in rows) >= self._newest_ms[key_of(rows[0])]  # an older one ends at once
        times_ms = [row["received_ms"] for row in rows]
        # One that has ended takes late events, so it is not the last event that it must have waited for.
        longest_ms = max(later - earlier for earlier, later in pairwise([*times_ms, max(at_ms, times_ms[-1])]))
        if told["end_reason"] == "timeout" and is_newest and longest_ms < self._limits.gap_ms:
            yield f"timed out, and never waited more than {longest_ms} ms for an event"
        late_ms = at_ms - max(times_ms[-1] + self._limits.gap_ms, self._not_before_ms)
        if told["state"] == "live" and late_ms > _SLACK_MS:
            yield f"is still live, {late_ms} ms after its time"

    def standing(self) -> set[str]:
        """The ids of anomalies that were not withdrawn, of those that do not depend on how a session ends."""
        found = [anomaly for session in self.sessions.values() for anomaly in session.anomalies]
        return {anomaly.id for anomaly in found if anomaly.type not in AT_THE_END and anomaly.status != GONE}


def key_of(row: Row) -> str:
    """Of a row, or of an answer: under which at most one session is live."""
    if row["session_id"].startswith(slots.MADE):
        return slots.user_key(row["project_id"], row["user_id"])
    return slots.session_key(row["project_id"], row["session_id"])


def seen_of(row: Row, read: Mapping[str, Extractor]) -> Event:
    """With what the gateway read from the payload."""
    event = event_of(row)
    extract = read.get(event.event_type)
    if extract is not None and event.payload:
        extract(event)
    return event


def event_of(row: Row) -> Event:
    """The inverse of what `persistence/event_columns.py` does, as far as the fold looks."""
    device = Device(*(row[name] for name in DEVICE))
    return Event(
        project_id=row["project_id"],
        event_id=row["event_id"],
        session_id=row["session_id"],
        user_id=row["user_id"],
        event_type=row["event_type"],
        at_ms=row["at_ms"],
        flags=row["flags"],
        url=row["url"],
        path=row["path"],
        screen_name=row["screen_name"],
        device=device if device != Device() else None,
        country=row["country"],
        city=row["city"],
        scroll_depth=row["scroll_depth"],
        payload=row["payload"],
    )


def _comparable(view: View) -> dict[str, Any]:
    anomalies = [
        {**anomaly, "version": 0, "started_at": "", "last_at": "", "detected_at": ""}
        if anomaly["type"] in AT_THE_END
        else {**anomaly, "version": 0}  # a batch that comes after the end has its say once
        for anomaly in view["anomalies"]
        if anomaly["status"] != GONE
    ]
    rest = {name: value for name, value in view.items() if name not in _NOT_COMPARED}
    return {**rest, "anomalies": sorted(anomalies, key=lambda anomaly: str(anomaly["id"]))}
