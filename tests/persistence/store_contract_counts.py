"""How every store must count. `store_contract.py` puts the parts together."""

from typing import Any

import pytest

from persistence.ports import DailyCount, EventStats, StatsFilter, Store
from persistence.summary_rows import DAY_MS
from tests.persistence.store_rows import (
    FEBRUARY_MS,
    HOUR_MS,
    RowsOf,
    daily,
    event_rows,
)


class CountsContract:
    def test_stats_count_each_event_once(self, store: Store, project: str) -> None:
        for number in range(2):
            for session, user, kind in (("s1", "u1", "click"), ("s2", "", "click"), ("s3", "u1", "page_view")):
                rows = event_rows(project, (session, FEBRUARY_MS), session_id=session, user_id=user, event_type=kind)
                store.insert("events", rows, token=f"{project}-{session}-{number}")
        assert store.stats(StatsFilter(project, FEBRUARY_MS, FEBRUARY_MS + 1)) == EventStats(
            total=3,
            unique_users=1,
            unique_sessions=3,
            by_type=[("click", 2), ("page_view", 1)],
            series=[(FEBRUARY_MS, 3)],
            daily=[DailyCount("click", "2026-02-01", 2), DailyCount("page_view", "2026-02-01", 1)],
        )

    @pytest.mark.parametrize(("interval", "step_ms"), [("hour", HOUR_MS), ("day", DAY_MS)])
    def test_series_start_at_full_intervals(self, store: Store, project: str, interval: Any, step_ms: int) -> None:
        events = [("a", FEBRUARY_MS - 1), ("b", FEBRUARY_MS), ("c", FEBRUARY_MS + HOUR_MS - 1)]
        store.insert("events", event_rows(project, *events), token=project)
        stats = store.stats(StatsFilter(project, 0, FEBRUARY_MS * 2, interval))
        assert stats.series == [(FEBRUARY_MS - step_ms, 1), (FEBRUARY_MS, 2)]
        assert stats.daily == [DailyCount("click", "2026-01-31", 1), DailyCount("click", "2026-02-01", 2)]

    def test_two_generations_are_two_sessions(self, store: Store, project: str) -> None:
        for generation in (1, 2):
            rows = event_rows(project, (f"e{generation}", FEBRUARY_MS), generation=generation)
            store.insert("events", rows, token=f"{project}-{generation}")
        assert store.stats(StatsFilter(project, FEBRUARY_MS, FEBRUARY_MS + 1)).unique_sessions == 2

    def test_a_range_without_events_counts_nothing(self, store: Store, project: str) -> None:
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=project)
        assert store.stats(StatsFilter(project, FEBRUARY_MS + 1, FEBRUARY_MS + 2)) == EventStats(0, 0, 0, [], [], [])

    def test_duplicates_do_not_inflate_daily_counts(self, store: Store, rows_of: RowsOf, project: str) -> None:
        for number in range(3):
            store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=f"{project}-{number}")
            store.refresh_daily([(project, "2026-02-01")])
        assert daily(rows_of, project) == {("click", FEBRUARY_MS // DAY_MS): 1}

    def test_only_the_named_days_are_counted_again(self, store: Store, rows_of: RowsOf, project: str) -> None:
        events = [(f"e{n}", FEBRUARY_MS + (n - 1) * DAY_MS) for n in range(3)]
        store.insert("events", event_rows(project, *events), token=project)
        store.refresh_daily([(project, "2026-01-31"), (project, "2026-02-02"), (f"{project}x", "2026-02-01")])
        day = FEBRUARY_MS // DAY_MS
        assert daily(rows_of, project) == {("click", day - 1): 1, ("click", day + 1): 1}

    def test_a_type_that_is_gone_from_its_day_does_not_linger(
        self, store: Store, rows_of: RowsOf, project: str
    ) -> None:
        for received_ms, kind in ((1, "click"), (2, "tap")):
            rows = event_rows(project, ("e1", FEBRUARY_MS), received_at=received_ms, event_type=kind)
            store.insert("events", rows, token=f"{project}-{kind}")
            store.refresh_daily([(project, "2026-02-01")])
        assert daily(rows_of, project) == {("tap", FEBRUARY_MS // DAY_MS): 1}

    def test_refreshing_no_day_does_nothing(self, store: Store, rows_of: RowsOf, project: str) -> None:
        store.refresh_daily([])
        assert daily(rows_of, project) == {}
