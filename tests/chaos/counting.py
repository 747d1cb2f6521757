"""What the monitor counted and reported beside the rows: each event once, each probe in one alert.

Not compared: how many anomalies there were, for one that grows again after 1,024 others counts again; and the ends of
sessions, which go on while the server stops.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.config import Session
from engine.wire import HISTORIC, ISOLATED, OVERFLOWED
from gateway.payloads import extractors
from tests.chaos.monitor import PROBES, Cell, Kept
from tests.chaos.refold import seen_of
from tests.chaos.rows import Row

_NOT_COUNTED = OVERFLOWED | ISOLATED | HISTORIC


def expected_counts(rows: Iterable[Row], limits: Session) -> Counter[Cell]:
    """Of the events that were folded."""
    counts: Counter[Cell] = Counter()
    read = extractors(limits)
    sessions = set[tuple[str, int]]()
    for row in rows:
        if row["late"] or row["flags"] & _NOT_COUNTED:
            continue
        event = seen_of(row, read)
        counts["events", event.event_type] += 1
        counts["page_views", ""] += event.event_type in limits.page_types
        counts["clicks", ""] += event.click is not None
        counts["js_errors", ""] += event.error is not None
        sessions.add((row["session_id"], row["generation"]))
    counts["sessions_started", ""] = len(sessions)
    return counts


def differing_counts(counted: Mapping[Cell, int], expected: Mapping[Cell, int]) -> list[str]:
    found = Counter(counted), Counter(expected)
    cells = sorted(cell for cell in found[0].keys() | found[1].keys() if found[0][cell] != found[1][cell])
    return [f"{' '.join(cell).strip()} {found[0][cell]} of {found[1][cell]}" for cell in cells]


def alert_faults(probes: Mapping[str, int], kept: Sequence[Kept], stored: Iterable[Row]) -> Iterator[str]:
    """`probes`: how many batches of each type were acked; `stored`: the rows of the table."""
    alerts = Counter(one.alert.group for one in kept if one.alert.rule == PROBES.name)
    for group in sorted(alerts.keys() | probes.keys()):
        if alerts[group] != probes.get(group, 0):
            yield f"{alerts[group]} alerts about {probes.get(group, 0)} probes {group}"
    yield from _overlaps(kept)
    yield from _wrongly_stored(kept, [*stored])


def _overlaps(kept: Sequence[Kept]) -> Iterator[str]:
    """While one fires, the same rule fires no other for the same thing."""
    until_ms: dict[tuple[str, str], float] = defaultdict(float)
    for alert in sorted((one.alert for one in kept), key=lambda alert: alert.started_ms):
        what = alert.rule, alert.group
        if alert.started_ms < until_ms[what]:
            yield f"alert {alert.id} began while another one of {' '.join(what)} fired"
        if (alert.state == "resolved") != bool(alert.resolved_ms):
            yield f"alert {alert.id} is {alert.state}, resolved at {alert.resolved_ms}"
        until_ms[what] = alert.resolved_ms or float("inf")


def _wrongly_stored(kept: Sequence[Kept], stored: Sequence[Row]) -> Iterator[str]:
    """What changed a moment before the end may not be there yet; what the monitor takes for stored is."""
    rows = {row["alert_id"]: row for row in stored}
    if len(rows) != len(stored):
        yield f"{len(stored) - len(rows)} alerts have several rows"
    known = {one.alert.id: one for one in kept}
    yield from (f"alert {alert_id} is stored, and the monitor has none" for alert_id in rows.keys() - known.keys())
    for alert_id, (alert, stored_version) in known.items():
        row = rows.get(alert_id)
        version = row["version"] if row else 0
        if not stored_version <= version <= alert.version:
            yield f"alert {alert_id} is stored in version {version} of {stored_version} to {alert.version}"
        elif row and version == alert.version and row["state"] != alert.state:
            yield f"alert {alert_id} is {alert.state}, and stored as {row['state']}"
