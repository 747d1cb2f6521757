"""What a shard counts for the monitor, event by event, until a slice of it is cut. Part of the shard's snapshot.

Only events that were folded count, and none of an import. Metrics and their groups: `events` by type, `page_views`,
`js_errors`, `lcp` and `ttfb` (with their sums) by path, `clicks` by element, `requests` and `request_errors` by route,
`sessions_started`, `sessions_ended` and `bounces` as a whole, and each type of anomaly by element or path.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
import xxhash

from engine.alerting.metrics import CLICK_ANOMALIES
from engine.analysis import Summary
from engine.element import element_of
from engine.slices import MAX_SESSIONS, OTHER, Cell, Slice
from engine.wire import ACCEPTED, HISTORIC, LATE_FOLDED, AnomalyRow, Batch, Outcome, Seen

MAX_GROUPS: Final = 500  # of a metric of a project, in one slice
MAX_PROJECTS: Final = 100
MAX_CELLS: Final = 5_000  # of one slice
MAX_WAITING_CELLS: Final = 20_000  # of the slices that wait; beyond, new ones have no groups
MAX_KNOWN: Final = 1_024  # anomalies; one that grows again after so many others counts again
MAX_NAME: Final = 200  # characters of a group
OLD_MS: Final = 86_400_000  # what happened longer ago than this says nothing about now
_FOLDED: Final = (ACCEPTED, LATE_FOLDED)
_MIN_ERROR: Final = 400  # HTTP status

Groups = dict[str, Cell]


class Sensor(msgspec.Struct, array_like=True):
    """`waiting`: slices that the monitor has not acked, oldest first. `cut_seq`: the frame up to which was cut. `open`:
    by project and metric, what came since then. `known`: the group of each anomaly that is counted, the one that
    changed last at the end. New fields go to the end with a default."""

    waiting: list[Slice] = []
    cut_seq: int = 0
    at_ms: int = 0  # receive time of the last frame
    open: dict[str, dict[str, Groups]] = {}
    cells: int = 0  # in `open`
    known: dict[int, str] = {}

    @property
    def is_open(self) -> bool:
        """Something came since the last cut."""
        return bool(self.open)

    def took(self, batch: Batch[Seen], outcome: Outcome, received_ms: int, page_types: Collection[str]) -> None:
        """A frame of events, and what it did."""
        self.at_ms = received_ms
        events, statuses = batch.events, outcome.statuses
        is_plain = len(statuses) == len(events) and not any(statuses)
        self._events(events if is_plain else _folded(events, statuses), page_types)
        if 1 in outcome.indexes:
            for event, index in zip(events, outcome.indexes, strict=False):
                if index == 1 and not event.flags & HISTORIC:
                    self._add(event.project_id, "sessions_started", "")
        self._anomalies(outcome.anomalies)
        if outcome.summaries:
            again = _issued_again(events, outcome) if LATE_FOLDED in statuses else frozenset()
            self._endings([one for one in outcome.summaries if (one.session_id, one.generation) not in again])

    def ended(self, outcome: Outcome, now_ms: int) -> None:
        """A frame that ended sessions."""
        self.at_ms = now_ms
        self._anomalies(outcome.anomalies)
        self._endings(outcome.summaries)

    def cut(self, journal_id: str, upto_seq: int) -> None:
        """Close the slice of the frames up to `upto_seq`."""
        cells = [cell for metrics in self.open.values() for groups in metrics.values() for cell in groups.values()]
        if sum(len(one.cells) for one in self.waiting) + len(cells) > MAX_WAITING_CELLS:
            cells = _without_groups(cells)
        self.waiting.append(Slice(journal_id, self.cut_seq, upto_seq, self.at_ms, cells))
        self.cut_seq = upto_seq
        self.open = {}
        self.cells = 0

    def acked(self, seq: int) -> None:
        """The monitor has the slices that end at or before this frame."""
        while self.waiting and self.waiting[0].upto_seq <= seq:
            del self.waiting[0]

    # -- events ---------------------------------------------------------------------------------------------------

    def _events(self, events: Sequence[Seen], page_types: Collection[str]) -> None:
        project_id, types = "", dict[str, int]()
        for event in events:
            if event.flags & HISTORIC:
                continue
            if event.project_id != project_id:
                self._types(project_id, types)
                project_id, types = event.project_id, {}
            kind = event.event_type
            types[kind] = types.get(kind, 0) + 1
            if event.click is not None:
                self._add(project_id, "clicks", element_of(event.click))
            if kind in page_types:
                self._add(project_id, "page_views", event.path or event.screen_name)
            if event.error is not None:
                self._add(project_id, "js_errors", event.path or event.screen_name)
            if event.facts is not None:
                self._facts(event)
        self._types(project_id, types)

    def _types(self, project_id: str, types: dict[str, int]) -> None:
        for kind, count in types.items():
            self._add(project_id, "events", kind, count)

    def _facts(self, event: Seen) -> None:
        facts, project_id = event.facts, event.project_id
        if facts is None:
            return
        if facts.route:
            self._add(project_id, "requests", facts.route)
            if facts.status < 0 or facts.status >= _MIN_ERROR:
                self._add(project_id, "request_errors", facts.route)
        path = event.path or event.screen_name
        if facts.lcp is not None:
            self._add(project_id, "lcp", path).total += round(facts.lcp)  # whole, so that sums do not depend on order
        if facts.ttfb is not None:
            self._add(project_id, "ttfb", path).total += round(facts.ttfb)

    # -- sessions -------------------------------------------------------------------------------------------------

    def _anomalies(self, rows: Sequence[AnomalyRow]) -> None:
        for row in rows:
            if row.anomaly.last_ms > self.at_ms - OLD_MS:
                self._anomaly(row)

    def _anomaly(self, row: AnomalyRow) -> None:
        """Once, whatever it grows to; taken back when it is withdrawn. Its first version may never be seen: a frame
        shows an anomaly in its last form."""
        anomaly, known = row.anomaly, self.known
        name = _hash(anomaly.id)
        group = known.pop(name, None)
        if anomaly.status == "withdrawn":
            if group is not None:
                self._add(row.project_id, anomaly.type, group, -1)
            return
        known[name] = _group_of(row) if group is None else group
        if group is not None:
            return
        if len(known) > MAX_KNOWN:
            del known[next(iter(known))]
        sessions = self._add(row.project_id, anomaly.type, known[name]).sessions
        session = _hash(f"{row.session_id} {row.generation}")
        if len(sessions) < MAX_SESSIONS and session not in sessions:
            sessions.append(session)

    def _endings(self, summaries: Sequence[Summary]) -> None:
        for summary in summaries:
            if summary.last_active_ms > self.at_ms - OLD_MS:
                self._add(summary.project_id, "sessions_ended", "")
                if summary.is_bounce:
                    self._add(summary.project_id, "bounces", "")

    # -- cells ----------------------------------------------------------------------------------------------------

    def _add(self, project_id: str, metric: str, group: str, count: int = 1) -> Cell:
        try:
            cell = self.open[project_id][metric][group]
        except KeyError:
            cell = self._cell(project_id, metric, group[:MAX_NAME])
        cell.count += count
        return cell

    def _cell(self, project_id: str, metric: str, group: str) -> Cell:
        if project_id not in self.open and len(self.open) >= MAX_PROJECTS:
            project_id = OTHER
        groups = self.open.setdefault(project_id, {}).setdefault(metric, {})
        if group not in groups and (len(groups) >= MAX_GROUPS or self.cells >= MAX_CELLS):
            group = OTHER
        if group not in groups:
            groups[group] = Cell(project_id, metric, group)
            self.cells += 1
        return groups[group]


def _folded(events: Sequence[Seen], statuses: bytes) -> list[Seen]:
    return [event for event, status in zip(events, statuses, strict=False) if status in _FOLDED]


def _issued_again(events: Sequence[Seen], outcome: Outcome) -> frozenset[tuple[str, int]]:
    """Sessions that had ended before this frame: all that came for them came late."""
    late, live = set[tuple[str, int]](), set[tuple[str, int]]()
    for place, (event, status) in enumerate(zip(events, outcome.statuses, strict=False)):
        if status in _FOLDED:
            session = (outcome.session_ids.get(place, event.session_id), outcome.generations[place])
            (late if status == LATE_FOLDED else live).add(session)
    return frozenset(late - live)


def _group_of(row: AnomalyRow) -> str:
    """Of clicks the element, as clicks are counted; else the path on which it was, as far as the anomaly says it."""
    details = row.anomaly.details
    if row.anomaly.type in CLICK_ANOMALIES:
        return str(details.get("element") or "")
    page = str(details.get("path") or details.get("page") or "")
    return row.page if not page or "://" in page or "?" in page else page


def _without_groups(cells: Sequence[Cell]) -> list[Cell]:
    """Their sums by project and metric."""
    sums: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        one = sums.setdefault((cell.project_id, cell.metric), Cell(cell.project_id, cell.metric, OTHER))
        one.count += cell.count
        one.total += cell.total
        one.sessions = list(dict.fromkeys([*one.sessions, *cell.sessions]))[:MAX_SESSIONS]
    return list(sums.values())


def _hash(name: str) -> int:
    return int(xxhash.xxh3_64_intdigest(name.encode()))
