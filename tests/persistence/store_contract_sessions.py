"""What every store must answer about sessions. `store_contract.py` puts the parts together."""

from collections.abc import Sequence
from itertools import takewhile

import msgspec
import pytest

from engine.analysis import Anomaly, Summary
from persistence.ports import SessionFilter, Store
from persistence.tables import PROVENANCE, SESSIONS
from tests.persistence.store_rows import (
    FEBRUARY_MS,
    full_summary,
    put_summaries,
    session_ids,
    session_rows,
    summary,
)

# The columns up to the migration `insights`.
BEFORE_INSIGHTS = list(takewhile(lambda name: name not in PROVENANCE, SESSIONS.columns))


class SessionsContract:
    def test_a_summary_comes_back_as_it_went_in(self, store: Store, project: str) -> None:
        stored = [full_summary(project), summary(project, session_id="s2", ended_ms=None, end_reason=None)]
        store.insert("sessions", session_rows(*stored), token=project)
        assert [store.session(project, name, None) for name in ("s1", "s2")] == stored
        assert store.sessions(SessionFilter(project)) == stored[::-1]

    def test_a_row_of_a_version_that_knew_less_is_read(self, store: Store, project: str) -> None:
        rows = session_rows(summary(project)).select(BEFORE_INSIGHTS)
        store.insert("sessions", rows, token=project)
        assert store.session(project, "s1", None) == summary(project)

    def test_an_anomaly_that_was_withdrawn_is_not_one_of_the_sessions(self, store: Store, project: str) -> None:
        rage = Anomaly("a1", "rage_click", "high", "Six clicks", 1, 2)
        dead = Anomaly("a2", "dead_click", "medium", "No response", 1, 2, 2, status="withdrawn")
        put_summaries(store, summary(project, anomalies=[rage, dead]))
        assert session_ids(store, SessionFilter(project, anomaly="rage_click")) == ["s1"]
        assert session_ids(store, SessionFilter(project, anomaly="dead_click")) == []

    def test_an_unknown_session_is_none(self, store: Store, project: str) -> None:
        put_summaries(store, summary(project))
        assert store.session(project, "s2", None) is None
        assert store.session(project, "s1", 2) is None
        assert store.session(f"{project}x", "s1", None) is None

    def test_without_generation_the_latest_answers(self, store: Store, project: str) -> None:
        first, second = summary(project, generation=1), summary(project, generation=2)
        put_summaries(store, second, first)
        assert store.session(project, "s1", None) == second
        assert store.session(project, "s1", 1) == first

    @pytest.mark.parametrize("versions", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
    def test_the_highest_version_stands(self, store: Store, project: str, versions: Sequence[int]) -> None:
        put_summaries(store, *(summary(project, version=version) for version in versions))
        assert store.sessions(SessionFilter(project)) == [summary(project, version=3)]
        assert store.session(project, "s1", None) == summary(project, version=3)

    @pytest.mark.parametrize("newer_first", [True, False])
    def test_a_start_moved_into_an_earlier_month_leaves_one_session(
        self, store: Store, project: str, newer_first: bool
    ) -> None:
        older = summary(project, version=1)
        newer = summary(project, version=2, started_ms=FEBRUARY_MS - 60_000, events_late=1)
        put_summaries(store, *((newer, older) if newer_first else (older, newer)))
        assert store.session(project, "s1", None) == newer
        assert store.sessions(SessionFilter(project)) == [newer]
        assert store.sessions(SessionFilter(project, from_ms=FEBRUARY_MS)) == []
        assert store.sessions(SessionFilter(project, to_ms=FEBRUARY_MS)) == [newer]

    def test_newest_sessions_come_first(self, store: Store, project: str) -> None:
        starts = {"a": 2, "b": 3, "c": 2}
        put_summaries(
            store, *(summary(project, session_id=name, started_ms=FEBRUARY_MS + n) for name, n in starts.items())
        )
        assert session_ids(store, SessionFilter(project)) == ["b", "c", "a"]

    def test_pages_hold_every_session_once(self, store: Store, project: str) -> None:
        stored = [
            summary(project, session_id=f"s{n // 2:02}", generation=n % 2 + 1, started_ms=FEBRUARY_MS + n // 5)
            for n in range(14)
        ]
        store.insert("sessions", session_rows(*stored), token=project)
        wanted, got = SessionFilter(project, limit=3), list[Summary]()
        while page := store.sessions(wanted):
            got += page
            last = page[-1]
            wanted = msgspec.structs.replace(wanted, before=(last.started_ms, last.session_id, last.generation))
        assert got == sorted(stored, key=lambda s: (s.started_ms, s.session_id, s.generation), reverse=True)

    def test_filters_narrow(self, store: Store, project: str) -> None:
        rage = Anomaly("a1", "rage_click", "high", "Six clicks", 1, 2)
        put_summaries(
            store,
            summary(project, session_id="plain"),
            summary(project, session_id="raging", anomalies=[rage], user_id="u2"),
            summary(project, session_id="open", state="live", started_ms=FEBRUARY_MS + 5),
        )
        assert session_ids(store, SessionFilter(project, anomaly="rage_click")) == ["raging"]
        assert session_ids(store, SessionFilter(project, user_id="u2")) == ["raging"]
        assert session_ids(store, SessionFilter(project, state="live")) == ["open"]
        assert session_ids(store, SessionFilter(project, state="ended")) == ["raging", "plain"]
        assert session_ids(store, SessionFilter(project, from_ms=FEBRUARY_MS + 5)) == ["open"]
        assert session_ids(store, SessionFilter(project, to_ms=FEBRUARY_MS + 5)) == ["raging", "plain"]
        assert session_ids(store, SessionFilter(project, user_id="u2", state="live")) == []

    def test_a_filter_looks_at_the_highest_version_only(self, store: Store, project: str) -> None:
        put_summaries(store, summary(project, version=1, user_id="u1"), summary(project, version=2, user_id="u2"))
        assert session_ids(store, SessionFilter(project, user_id="u1")) == []
