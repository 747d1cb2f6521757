"""What must hold of a world: state against history after every step, the store against history at the end."""

from collections import Counter
from typing import Any

import msgspec

from actors.shard import Shard
from engine.analysis import Summary
from engine.session import decode_session_raw, encode_session
from engine.summary import summarise
from persistence.summary_rows import DAY_MS, summary_of
from tests.simulation.history import History
from tests.simulation.sink import CountingStore

Place = tuple[str, int]  # key, generation


def states(shard: Shard) -> dict[Place, bytes]:
    """Every session that has its state, live or ended, in memory or saved, encoded."""
    residents, rows = shard._residents, shard._journal.sessions
    keys = {*residents.dirty, *residents.live, *rows.ended_after(0)}
    saved = {
        (row.key, row.generation): _again(row.state) for key in keys for row in rows.latest(key, 1000) if row.state
    }
    memory = {(s.key, s.generation): encode_session(s) for key in keys for s in residents.changed(key)}
    return {**saved, **memory}


def _again(state: bytes) -> bytes:
    """As this version writes it; what another one wrote may hold more."""
    return encode_session(decode_session_raw(state))


def check_state(shard: Shard, history: History, *, slim_before_ms: int) -> None:
    """The state is the fold of the frames, byte for byte; it may lack sessions that closed before `slim_before_ms`."""
    expected, found = history.sessions(), states(shard)
    assert found == {place: expected.get(place) for place in found}
    for place in expected.keys() - found.keys():
        session = decode_session_raw(expected[place])
        assert not session.is_live, f"{place} is lost"
        assert session.closed_ms < slim_before_ms, f"{place} is lost before its time"


def check_store(store: CountingStore, history: History) -> None:
    """Everything is stored: each event of the journal once, each session as it is, each anomaly in its last form."""
    doubled = [row for row, times in store.added.items() if times > 1]
    assert doubled == [], f"added twice: {doubled}"
    stored = Counter(row["event_id"] for row in store.rows("events"))
    assert stored == dict.fromkeys(history.statuses, 1)
    _check_sessions(store, history)
    _check_anomalies(store, history)
    _check_days(store)


def _check_sessions(store: CountingStore, history: History) -> None:
    expected = {}
    for state in history.sessions().values():
        session = decode_session_raw(state)
        if not session.is_live:
            expected[session.session_id, session.public_generation] = _settled(summarise(session))
    rows = [summary_of(row) for row in store.rows("sessions")]
    found = {(summary.session_id, summary.generation): _settled(summary) for summary in rows}
    assert found == expected


def _settled(summary: Summary) -> Summary:
    """Without what a duplicate changes: for that alone no summary is issued again."""
    return msgspec.structs.replace(summary, events_duplicate=0)


def _check_anomalies(store: CountingStore, history: History) -> None:
    expected: dict[str, int] = {}
    for state in history.sessions().values():
        expected |= {anomaly.id: anomaly.version for anomaly in decode_session_raw(state).anomalies}
    for outcome in history.outcomes:
        expected |= {row.anomaly.id: row.anomaly.version for row in outcome.anomalies}
    found: dict[str, int] = {row["anomaly_id"]: row["version"] for row in store.rows("anomalies")}
    assert found == expected


def _check_days(store: CountingStore) -> None:
    counted: Counter[Any] = Counter((row["timestamp"] // DAY_MS, row["event_type"]) for row in store.rows("events"))
    daily = {(row["date"], row["event_type"]): row["count"] for row in store.rows("aggregated_events")}
    assert daily == counted
