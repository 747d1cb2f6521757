"""Frames become rows: which events are stored, which columns are sent, and where a row says it came from."""

import json
from typing import Any

import msgspec
import pytest

from engine.device import Device
from engine.errors import JournalDamaged
from engine.wire import (
    DUPLICATE,
    ISOLATED,
    LATE_FOLDED,
    LATE_RAW,
    OVERFLOW,
    OVERFLOWED,
    QUARANTINED,
    Click,
    ErrorInfo,
    Event,
    Facts,
    Outcome,
    encode,
)
from persistence.chunk import chunk_of
from persistence.columns import plain
from persistence.journal import Frame
from persistence.summary_rows import sessions_row
from persistence.tables import TABLES
from tests.persistence.frames import (
    DAY_MS,
    NOON_DAY,
    NOON_MS,
    anomaly_row,
    bad_row,
    batch_frame,
    event,
    full_event,
    outcome_of,
    summary,
    tick_frame,
    unpacked,
)

REQUIRED = {
    "project_id",
    "session_id",
    "generation",
    "user_id",
    "event_id",
    "event_type",
    "timestamp",
    "received_at",
    "src_shard",
    "src_seq",
    "src_index",
}


def tables_of(*frames: Frame, shard: int = 0) -> dict[str, dict[str, list[Any]]]:
    """{table: {column: values}}"""
    tables = {}
    for table, rows in chunk_of(unpacked(*frames, shard=shard)).tables.items():
        values = plain(rows)
        tables[table] = {name: [row[name] for row in values] for name in rows.column_names}
    return tables


def columns_of(*events: Event) -> dict[str, list[Any]]:
    return tables_of(batch_frame(7, events), shard=3)["events"]


def test_an_event_is_stored_with_its_place_in_the_journal() -> None:
    events = [event("e1"), event("e2", at_ms=NOON_MS + 1)]
    tables = tables_of(batch_frame(7, events, received_ms=NOON_MS + 9), shard=3)
    assert tables == {
        "events": {
            "project_id": ["default", "default"],
            "session_id": ["s1", "s1"],
            "generation": [1, 1],
            "user_id": ["u1", "u1"],
            "event_id": ["e1", "e2"],
            "event_type": ["click", "click"],
            "timestamp": [NOON_MS, NOON_MS + 1],
            "received_at": [NOON_MS + 9, NOON_MS + 9],
            "src_shard": [3, 3],
            "src_seq": [7, 7],
            "src_index": [0, 1],
        }
    }


def test_columns_that_hold_only_defaults_are_not_sent() -> None:
    assert columns_of(event("e1"), event("e2")).keys() == REQUIRED


def test_a_column_is_sent_whole_when_one_event_has_a_value() -> None:
    second = event("e2")
    second.country = "DE"
    assert columns_of(event("e1"), second)["country"] == ["", "DE"]


def test_every_field_of_an_event_has_its_column() -> None:
    columns = columns_of(full_event("e1"))
    sent = {name: values[0] for name, values in columns.items() if name not in REQUIRED}
    assert sent == {
        "url": "https://shop.example/a",
        "path": "/a",
        "title": "A",
        "referrer": "https://ref.example/",
        "screen_name": "home",
        "payload": '{"a":1}',
        "custom": '{"b":2}',
        "ip": "10.0.0.1",
        "country": "DE",
        "city": "Berlin",
        "flags": 1,
        "browser": "Chrome",
        "browser_version": "120",
        "os": "Linux",
        "os_version": "6",
        "device_type": "desktop",
        "screen_width": 1920,
        "screen_height": 1080,
        "viewport_width": 1600,
        "viewport_height": 900,
    }


def test_groups_are_flattened_and_what_was_not_said_is_none() -> None:
    click, error, vitals = event("e1"), event("e2"), event("e3")
    click.click, click.scroll_depth = Click(x=0, y=20, selector="#buy", tag="a", text="Buy"), 0
    error.error = ErrorInfo("boom", "at f", "TypeError")
    vitals.facts = Facts(lcp=1200.5, cls=0.0)
    columns = columns_of(click, error, vitals)
    assert {name: values for name, values in columns.items() if name not in REQUIRED} == {
        "scroll_depth": [0, None, None],
        "click_x": [0, None, None],
        "click_y": [20, None, None],
        "target_selector": ["#buy", None, None],
        "target_tag": ["a", None, None],
        "target_text": ["Buy", None, None],
        "error_message": [None, "boom", None],
        "error_stack": [None, "at f", None],
        "error_type": [None, "TypeError", None],
        "lcp": [None, None, 1200.5],
        "cls": [None, None, 0.0],
    }


def test_a_duplicate_is_not_stored_and_the_others_keep_their_index() -> None:
    events = [event("e1"), event("e1"), event("e2")]
    outcome = outcome_of(events, statuses=bytes([0, DUPLICATE, 0]), session_ids={2: "sn_2"})
    columns = tables_of(batch_frame(1, events, outcome=outcome))["events"]
    assert (columns["event_id"], columns["src_index"], columns["session_id"]) == (["e1", "e2"], [0, 2], ["s1", "sn_2"])


def test_a_batch_of_duplicates_gives_no_rows() -> None:
    events = [event("e1"), event("e2")]
    outcome = outcome_of(events, statuses=bytes([DUPLICATE, DUPLICATE]))
    assert tables_of(batch_frame(1, events, outcome=outcome)) == {}


def test_an_event_too_late_to_fold_is_marked() -> None:
    events = [event("e1"), event("e2"), event("e3")]
    outcome = outcome_of(events, statuses=bytes([0, LATE_RAW, LATE_FOLDED]))
    assert tables_of(batch_frame(1, events, outcome=outcome))["events"]["late"] == [0, 1, 0]


def test_an_event_that_was_not_folded_says_why() -> None:
    events = [event("e1"), full_event("e2"), event("e3"), event("e4")]
    statuses = bytes([OVERFLOW, QUARANTINED, DUPLICATE, 0])
    columns = tables_of(batch_frame(1, events, outcome=outcome_of(events, statuses=statuses)))["events"]
    assert (columns["event_id"], columns["flags"]) == (["e1", "e2", "e4"], [OVERFLOWED, 1 | ISOLATED, 0])


def test_an_event_without_session_id_is_stored_under_the_session_it_was_given() -> None:
    events = [event("e1", session_id=""), event("e2"), event("e3", session_id="")]
    outcome = outcome_of(events, session_ids={0: "sn_a", 2: "sn_b"})
    columns = tables_of(batch_frame(1, events, outcome=outcome))["events"]
    assert columns["session_id"] == ["sn_a", "s1", "sn_b"]


def test_an_event_that_the_fold_skipped_is_still_stored() -> None:
    events = [event("e1"), event("e2")]
    columns = tables_of(batch_frame(1, events, outcome=Outcome(generations=[3])))["events"]
    assert (columns["event_id"], columns["generation"]) == (["e1", "e2"], [3, 0])


def test_frames_follow_each_other_in_the_columns() -> None:
    first, second = batch_frame(4, [event("e1")], received_ms=NOON_MS), batch_frame(5, [event("e2")], received_ms=1)
    columns = tables_of(first, second)["events"]
    assert (columns["src_seq"], columns["received_at"]) == ([4, 5], [NOON_MS, 1])


def test_frames_that_lack_a_column_say_nothing_in_it() -> None:
    said = event("e2")
    said.country, said.click = "DE", Click(x=1, y=2)
    columns = tables_of(batch_frame(1, [event("e1")]), batch_frame(2, [said]), batch_frame(3, [event("e3")]))["events"]
    assert (columns["country"], columns["click_x"]) == ([None, "DE", None], [None, 1, None])


def test_a_tick_stores_the_summaries_and_anomalies_of_the_sessions_it_ended() -> None:
    outcome = Outcome(summaries=[summary("s1"), summary("s2")], anomalies=[anomaly_row()])
    tables = tables_of(tick_frame(9, outcome), shard=2)
    assert list(tables) == ["anomalies", "sessions"]
    rows = [{name: values[index] for name, values in tables["sessions"].items()} for index in range(2)]
    assert rows == [sessions_row(summary(name)) | {"src_shard": 2, "src_seq": 9} for name in ("s1", "s2")]
    origin = {"src_shard": [2], "src_seq": [9]}
    assert tables["anomalies"] == origin | {
        "project_id": ["default"],
        "session_id": ["s1"],
        "generation": [1],
        "user_id": ["u1"],
        "anomaly_id": ["a1"],
        "type": ["rage_click"],
        "severity": ["high"],
        "description": ["Six clicks."],
        "started_at": [NOON_MS],
        "detected_at": [NOON_MS + 900],
        "version": [1],
        "event_ids": [["e1", "e2"]],
        "details": ['{"count":6}'],
        "thresholds": ["{}"],
        "status": ["confirmed"],
        "rule_version": [1],
        "last_at": [NOON_MS + 900],
    }


def test_refused_events_keep_their_bytes() -> None:
    frame = batch_frame(3, [], bad_rows=[bad_row(original=b"\xff\x00"), bad_row(code="invalid_json")])
    assert tables_of(frame, shard=1) == {
        "bad_rows": {
            "project_id": ["default", "default"],
            "received_at": [NOON_MS, NOON_MS],
            "code": ["invalid_event", "invalid_json"],
            "message": ["`event_type` is missing.", "`event_type` is missing."],
            "original": [b"\xff\x00", b'{"x":1}'],
            "src_shard": [1, 1],
            "src_seq": [3, 3],
            "src_index": [0, 1],
        }
    }


def test_events_are_inserted_before_the_summaries_that_speak_of_them() -> None:
    frame = batch_frame(1, [event("e1")], outcome=outcome_of([event("e1")], summaries=[summary()]))
    assert list(tables_of(frame)) == ["events", "sessions"]


def test_every_column_that_is_sent_exists() -> None:
    made = full_event("e1")
    made.click, made.error, made.facts = Click(x=1, y=1), ErrorInfo("m"), Facts(1.0, 1.0, 1.0, 1.0)
    outcome = outcome_of([made], statuses=bytes([LATE_RAW]), summaries=[summary()], anomalies=[anomaly_row()])
    tables = tables_of(batch_frame(1, [made], outcome=outcome, bad_rows=[bad_row()]))
    assert tables.keys() == {"events", "anomalies", "sessions", "bad_rows"}
    for table, columns in tables.items():
        assert columns.keys() <= TABLES[table].columns.keys()


def test_days_are_those_of_the_events_in_utc() -> None:
    midnight_ms = NOON_MS + DAY_MS // 2
    events = [event("e1", at_ms=midnight_ms - 1), event("e2", at_ms=midnight_ms), event("e3")]
    assert chunk_of(unpacked(batch_frame(1, events))).days == {("default", NOON_DAY), ("default", "2026-01-03")}


def test_a_restart_frame_without_outcome_gives_nothing() -> None:
    assert tables_of(Frame(1, "start", 1, NOON_MS, encode(NOON_MS), b"")) == {}


def test_an_event_that_its_columns_cannot_hold_becomes_a_bad_row() -> None:
    events = [event("e1"), full_event("e2"), event("e3")]
    events[1].device = Device(screen_width=70_000)
    frame = batch_frame(7, events, bad_rows=[bad_row()], received_ms=NOON_MS + 9)
    tables = tables_of(frame, shard=2)
    assert (tables["events"]["event_id"], tables["events"]["src_index"]) == (["e1", "e3"], [0, 2])
    bad = {name: values[1] for name, values in tables["bad_rows"].items()}
    assert json.loads(bad.pop("original"))["event_id"] == "e2"
    reason = "Column `screen_width` of table `events` cannot hold a value"
    assert bad.pop("message").startswith(f"Table `events` refused the row: {reason}")
    assert bad == {
        "project_id": "default",
        "received_at": NOON_MS + 9,
        "code": "store_refused",
        "src_shard": 2,
        "src_seq": 7,
        "src_index": 1,
    }


def test_a_frame_of_which_no_row_fits_gives_bad_rows_only() -> None:
    outcome = Outcome(summaries=[msgspec.structs.replace(summary(), event_count=-1)])
    assert {table: len(rows["code"]) for table, rows in tables_of(tick_frame(1, outcome)).items()} == {"bad_rows": 1}


def test_bytes_of_another_version_are_reported_with_the_frame() -> None:
    with pytest.raises(JournalDamaged, match="Frame 5 does not decode"):
        unpacked(Frame(5, "batch", 1, NOON_MS, b"\xc1", b""))
