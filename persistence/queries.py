"""The SQL of the readers. Texts are put together from constants only; every value is a parameter that the driver binds.

FINAL gives each row once in its highest version. Times are Unix milliseconds in and out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from persistence.ports import EventFilter, SessionFilter, StatsFilter
from persistence.stored_events import columns_of
from persistence.summary_rows import DAY_MS
from persistence.tables import SESSIONS

# What DateTime64 can hold: 1900-01-01 up to 2299-12-31.
_FIRST_MS: Final = -2_208_988_800_000
_LAST_MS: Final = 10_413_791_999_999
_LAST_DAY: Final = 65_535  # of the type Date, 2149-06-06

# A late event moves a start by less than the longest session; more than that, so that no version is left out unread.
_START_MARGIN_DAYS: Final = 31

_TIME: Final = "fromUnixTimestamp64Milli({{{name}:Int64}}, 'UTC')"
_SESSION_COLUMNS: Final = ", ".join(SESSIONS.columns)

# Versions of a session may lie in two partitions; those of an event cannot, its time is part of the key.
_ACROSS_PARTITIONS: Final = {"do_not_merge_across_partitions_select_final": 0}
WITHIN_PARTITIONS: Final = {"do_not_merge_across_partitions_select_final": 1}


class Query(msgspec.Struct, frozen=True):
    sql: str
    parameters: Mapping[str, Any]
    settings: Mapping[str, Any]


class _Where:
    """Conditions joined by AND, with the parameters they name."""

    def __init__(self, project_id: str) -> None:
        self._conditions = ["project_id = {project_id:String}"]
        self.parameters: dict[str, Any] = {"project_id": project_id}

    def add(self, condition: str, **parameters: Any) -> None:
        self._conditions.append(condition)
        self.parameters |= parameters

    def add_range(self, column: str, from_ms: int | None, to_ms: int | None) -> None:
        if from_ms is not None:
            self.add(f"{column} >= {_time('from_ms')}", from_ms=_storable(from_ms))
        if to_ms is not None:
            self.add(f"{column} < {_time('to_ms')}", to_ms=_storable(to_ms))

    def __str__(self) -> str:
        return " AND ".join(self._conditions)


def session_query(project_id: str, session_id: str, generation: int | None) -> Query:
    """The session's row: of `generation`, or of the latest. So few rows share the key that sorting beats FINAL."""
    where = _Where(project_id)
    where.add("session_id = {session_id:String}", session_id=session_id)
    if generation is not None:
        where.add("generation = {generation:UInt64}", generation=generation)
    sql = f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE {where} ORDER BY generation DESC, version DESC LIMIT 1"
    return Query(sql, where.parameters, {})


def sessions_query(wanted: SessionFilter) -> Query:
    """Newest first. The inner query finds the keys of the page, so that only its rows are read in full."""
    where = _sessions_where(wanted)
    order = "ORDER BY started_at DESC, session_id DESC, generation DESC"
    sql = (
        f"SELECT {_SESSION_COLUMNS} FROM sessions FINAL "
        "WHERE project_id = {project_id:String} AND (session_id, generation) IN ("
        f"SELECT session_id, generation FROM sessions FINAL WHERE {where} {order} LIMIT {{limit:UInt32}}) {order}"
    )
    return Query(sql, where.parameters | {"limit": wanted.limit}, _ACROSS_PARTITIONS)


def events_query(wanted: EventFilter) -> Query:
    """A page by (timestamp, event_id)."""
    where = _events_where(wanted)
    way = "DESC" if wanted.order == "desc" else "ASC"
    sql = (
        f"SELECT {', '.join(columns_of(wanted.fields))} FROM events FINAL WHERE {where} "
        f"ORDER BY timestamp {way}, event_id {way} LIMIT {{limit:UInt32}}"
    )
    return Query(sql, where.parameters | {"limit": wanted.limit}, WITHIN_PARTITIONS)


def uniques_query(wanted: StatsFilter) -> Query:
    """One row: users (those that have an id), sessions."""
    where = _Where(wanted.project_id)
    where.add_range("timestamp", wanted.from_ms, wanted.to_ms)
    sql = (
        f"SELECT uniqExactIf(user_id, user_id != ''), uniqExact(session_id, generation) FROM events FINAL WHERE {where}"
    )
    return Query(sql, where.parameters, WITHIN_PARTITIONS)


def counts_query(wanted: StatsFilter) -> Query:
    """Rows of (start of the interval in ms, event type, count)."""
    where = _Where(wanted.project_id)
    where.add_range("timestamp", wanted.from_ms, wanted.to_ms)
    start = "toStartOfHour(timestamp)" if wanted.interval == "hour" else "toStartOfDay(timestamp)"
    sql = (
        f"SELECT toInt64(toUnixTimestamp({start})) * 1000 AS at_ms, event_type, count() "
        f"FROM events FINAL WHERE {where} GROUP BY at_ms, event_type ORDER BY at_ms, event_type"
    )
    return Query(sql, where.parameters, WITHIN_PARTITIONS)


def refresh_query(project_id: str, days: Sequence[str]) -> Query:
    """Count `days` (YYYY-MM-DD, of one month) again. A type that is gone gets a row with 0, which readers skip.

    The version is above every earlier one even when the clock of the server went back.
    """
    chosen = "project_id = {project_id:String} AND has({days:Array(Date)}, "
    sql = (
        "INSERT INTO aggregated_events (project_id, date, event_type, count, computed_at) "
        "SELECT {project_id:String}, day, kind, sum(counted), greatest(now64(3, 'UTC'), ("
        "SELECT max(computed_at) + INTERVAL 1 MILLISECOND FROM aggregated_events "
        "WHERE project_id = {project_id:String})) FROM ("
        "SELECT toDate(timestamp) AS day, event_type AS kind, count() AS counted FROM events FINAL "
        f"WHERE {chosen}toDate(timestamp)) AND toYYYYMM(timestamp) = {{month:UInt32}} GROUP BY day, kind "
        "UNION ALL SELECT DISTINCT date, event_type, 0 FROM aggregated_events "
        f"WHERE {chosen}date)) GROUP BY day, kind"
    )
    parameters = {"project_id": project_id, "days": list(days), "month": int(days[0][:7].replace("-", ""))}
    # Two counts of a day may be equal row by row: they must not pass for one insert that was sent twice.
    return Query(sql, parameters, {**WITHIN_PARTITIONS, "async_insert": 0, "insert_deduplicate": 0})


def _sessions_where(wanted: SessionFilter) -> _Where:
    where = _Where(wanted.project_id)
    if wanted.state:
        where.add("state = {state:String}", state=wanted.state)
    if wanted.user_id:
        where.add("user_id = {user_id:String}", user_id=wanted.user_id)
    if wanted.anomaly:
        where.add("has(anomaly_types, {anomaly:String})", anomaly=wanted.anomaly)
    where.add_range("started_at", wanted.from_ms, wanted.to_ms)
    _add_start_dates(where, wanted)
    if wanted.before is not None:
        before = f"({_time('before_ms')}, {{before_id:String}}, {{before_generation:UInt64}})"
        where.add(
            f"(started_at, session_id, generation) < {before}",
            before_ms=_storable(wanted.before[0]),
            before_id=wanted.before[1],
            before_generation=wanted.before[2],
        )
    return where


def _add_start_dates(where: _Where, wanted: SessionFilter) -> None:
    """Leave out far partitions. Exact bounds would hide the newer version of a session whose start moved."""
    if wanted.from_ms is not None:
        from_day = _day(wanted.from_ms) - _START_MARGIN_DAYS
        where.add("start_date >= toDate({from_day:UInt16})", from_day=max(0, from_day))
    if wanted.to_ms is not None:
        to_day = _day(wanted.to_ms) + _START_MARGIN_DAYS
        where.add("start_date <= toDate({to_day:UInt16})", to_day=min(_LAST_DAY, to_day))


def _events_where(wanted: EventFilter) -> _Where:
    where = _Where(wanted.project_id)
    if wanted.session_id:
        where.add("session_id = {session_id:String}", session_id=wanted.session_id)
    if wanted.generation is not None:
        where.add("generation = {generation:UInt64}", generation=wanted.generation)
    if wanted.user_id:
        where.add("user_id = {user_id:String}", user_id=wanted.user_id)
        # The index by user finds the sessions, and those the rows: FINAL then merges a fifth of what it would.
        where.add(f"session_id IN (SELECT session_id FROM events WHERE {where})")
    if wanted.sessions:
        where.add(  # the ids find the rows by the index
            "has({session_ids:Array(String)}, session_id) AND "
            "has({keys:Array(String)}, concat(toString(generation), ':', session_id))",
            session_ids=sorted({session_id for session_id, _ in wanted.sessions}),
            keys=[f"{generation}:{session_id}" for session_id, generation in wanted.sessions],
        )
    where.add_range("timestamp", wanted.from_ms, wanted.to_ms)
    if wanted.after is not None:
        beyond = "<" if wanted.order == "desc" else ">"
        where.add(
            f"(timestamp, event_id) {beyond} ({_time('after_ms')}, {{after_id:String}})",
            after_ms=_storable(wanted.after[0]),
            after_id=wanted.after[1],
        )
    return where


def _time(name: str) -> str:
    return _TIME.format(name=name)


def _storable(at_ms: int) -> int:
    return max(_FIRST_MS, min(_LAST_MS, at_ms))


def _day(at_ms: int) -> int:
    return max(0, min(_LAST_DAY, at_ms // DAY_MS))
