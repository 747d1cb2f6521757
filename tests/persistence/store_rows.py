"""Rows for the store's contract, and short ways to put them in and read them back."""

from collections.abc import Callable
from typing import Any

from engine.analysis import (
    ActionCount,
    Anomaly,
    Campaign,
    CommonPattern,
    Frustration,
    FrustrationPart,
    PageStay,
    RepeatedPattern,
    Summary,
)
from engine.device import Device
from persistence.columns import Columns, typed
from persistence.ports import EventFilter, Rows, SessionFilter, Store
from persistence.summary_rows import sessions_columns
from persistence.tables import BAD_ROWS, EVENTS, SESSIONS, VITALS

RowsOf = Callable[[str, str], list[dict[str, Any]]]  # (table, project) -> what a reader sees

HOUR_MS = 3_600_000
FEBRUARY_MS = 1_769_904_000_000  # 2026-02-01T00:00:00Z
UNEXPIRED_MS = 4_000_000_000_000  # in 2096: bad rows of the past are removed at once


def event_rows(project: str, *events: tuple[str, int], **constant: Any) -> Rows:
    """Rows of (event_id, at_ms) pairs; `constant` fills a column with one value."""
    filled = {"project_id": project, "session_id": "s1", "generation": 1, "event_type": "click", "received_at": 1}
    columns: Columns = {
        "event_id": [event_id for event_id, _ in events],
        "timestamp": [at_ms for _, at_ms in events],
        **{name: [value] * len(events) for name, value in (filled | constant).items()},
    }
    return typed(EVENTS, columns)


def session_rows(*summaries: Summary) -> Rows:
    return typed(SESSIONS, sessions_columns(summaries))


def bad_rows(project: str, *codes: str) -> Rows:
    """One row per code."""
    rows = len(codes)
    return typed(BAD_ROWS, {"project_id": [project] * rows, "received_at": [UNEXPIRED_MS] * rows, "code": list(codes)})


def summary(project: str, **fields: Any) -> Summary:
    known: dict[str, Any] = {
        "project_id": project,
        "session_id": "s1",
        "user_id": "u1",
        "generation": 1,
        "state": "ended",
        "version": 1,
        "started_ms": FEBRUARY_MS,
        "last_active_ms": FEBRUARY_MS + 1_000,
    }
    return Summary(**(known | fields))


def full_summary(project: str) -> Summary:
    """Every field away from its default."""
    return summary(
        project,
        ended_ms=FEBRUARY_MS + 1_000,
        end_reason="timeout",
        event_count=7,
        page_count=6,
        click_count=5,
        error_count=4,
        unique_screens=3,
        max_scroll_depth=100,
        entry_url="https://shop.example/a?q=ü",
        entry_path="/a",
        exit_url="https://shop.example/b",
        exit_path="/b",
        is_bounce=True,
        has_error=True,
        has_rage_click=True,
        has_dead_click=True,
        most_used_actions=[ActionCount("click", 5, 71.4)],
        common_patterns=[CommonPattern(["a", "b", "c"], 2, 12.5)],
        repeated_patterns=[RepeatedPattern(["a", "b"], 3, FEBRUARY_MS, FEBRUARY_MS + 9)],
        anomalies=[Anomaly("a1", "rage_click", "high", "Six clicks", 1, 2, 3, ["e1"], {"x": 1.5, "n": 6, "on": "b"})],
        device=Device("Firefox", "140", "Linux", "6", "desktop", 1920, 1080, 1900, 900),
        country="DE",
        city="Köln",
        events_duplicate=2,
        events_late=1,
        active_ms=900,
        pages=[PageStay("/a", 2, 800, 100)],
        vitals={name: place + 0.5 for place, name in enumerate(VITALS)},
        session_index=3,
        previous_session_id="s0",
        campaign=Campaign("news", "email", "spring", "shoes", "top", "gclid"),
        frustration=Frustration(30, [FrustrationPart("rage_click", 1, 30)]),
        clock_offset_ms=-86_400_000,
        referrer_host="news.example",
    )


def put_summaries(store: Store, *summaries: Summary) -> None:
    """One insert each, in this order."""
    for summary_ in summaries:
        key = (summary_.project_id, summary_.session_id, summary_.generation, summary_.version, summary_.started_ms)
        store.insert("sessions", session_rows(summary_), token=str(key))


def ids(store: Store, wanted: EventFilter) -> list[str]:
    return [event.event_id for event in store.events(wanted)]


def session_ids(store: Store, wanted: SessionFilter) -> list[str]:
    return [found.session_id for found in store.sessions(wanted)]


def daily(rows_of: RowsOf, project: str) -> dict[tuple[str, int], int]:
    rows = rows_of("aggregated_events", project)
    return {(row["event_type"], row["date"]): row["count"] for row in rows if row["count"]}
