"""What a shard counts: each folded event by its kind, sessions that begin and end, each anomaly once."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import Anomaly, Summary
from engine.sensor import MAX_CELLS, MAX_GROUPS, MAX_KNOWN, MAX_WAITING_CELLS, OLD_MS, Sensor
from engine.slices import MAX_SESSIONS, OTHER
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    HISTORIC,
    LATE_FOLDED,
    LATE_RAW,
    AnomalyRow,
    Batch,
    Click,
    ErrorInfo,
    Event,
    Facts,
    Outcome,
    encode,
)
from tests.builders import T0, batch, closed, event, make_registry

PAGE_TYPES = frozenset({"page_view", "screen_view"})


def cells(sensor: Sensor) -> dict[tuple[str, str], int]:
    """(metric, group) -> count, of the slice that is cut now."""
    sensor.cut("j", 9)
    return {(cell.metric, cell.group): cell.count for cell in sensor.waiting[-1].cells}


def took(*events: Event, statuses: bytes | None = None, indexes: list[int] | None = None, **outcome: Any) -> Sensor:
    sensor = Sensor()
    done = statuses if statuses is not None else bytes([ACCEPTED] * len(events))
    outcome.setdefault("generations", [1] * len(events))
    sensor.took(Batch("g", 1, T0, events), Outcome(done, indexes=indexes or [], **outcome), T0, PAGE_TYPES)
    return sensor


def anomaly(name: str = "a", session: str = "s1", **fields: Any) -> AnomalyRow:
    values: dict[str, Any] = {"details": {"element": "#pay", "path": "/cart"}, "last_ms": T0, **fields}
    kind, page = values.pop("type", "rage_click"), values.pop("page", "")
    return AnomalyRow("default", session, 1, "u", Anomaly(name, kind, "high", "!", T0, T0, **values), page)


def over(session: str = "s1", **fields: Any) -> Summary:
    return Summary("default", session, "u1", 1, "ended", 3, T0, T0, **fields)


def test_only_events_that_were_folded_count() -> None:
    statuses = bytes([ACCEPTED, DUPLICATE, LATE_FOLDED, LATE_RAW])
    assert cells(took(*(event("click", at) for at in range(4)), statuses=statuses)) == {("events", "click"): 2}


def test_an_event_counts_by_what_it_is() -> None:
    sensor = took(
        event("click", 1, click=Click(1, 1, "#pay", "button", "Pay")),
        event("click", 2, click=Click(1, 1, "", "button", "Pay")),
        event("js_error", 3, path="/cart", error=ErrorInfo("boom")),
        event("fetch", 4, facts=Facts(route="/api", status=200)),
        event("fetch", 5, facts=Facts(route="/api", status=400)),
        event("fetch", 6, facts=Facts(route="/api", status=-1)),
        event("fetch", 7, facts=Facts(route="/api")),
        event("page_view", 8, path="/cart"),
        event("screen_view", 9, screen_name="home"),
    )
    assert cells(sensor) == {
        ("events", "click"): 2,
        ("events", "js_error"): 1,
        ("events", "fetch"): 4,
        ("events", "page_view"): 1,
        ("events", "screen_view"): 1,
        ("clicks", "#pay"): 1,
        ("clicks", 'button "Pay"'): 1,
        ("js_errors", "/cart"): 1,
        ("requests", "/api"): 4,
        ("request_errors", "/api"): 2,
        ("page_views", "/cart"): 1,
        ("page_views", "home"): 1,
    }


def test_vitals_are_summed() -> None:
    sensor = took(*(event("web_vitals", at, path="/", facts=Facts(lcp=1000.4 * at, ttfb=80)) for at in (1, 2)))
    sensor.cut("j", 1)
    found = {cell.metric: (cell.count, cell.total) for cell in sensor.waiting[0].cells}
    assert (found["lcp"], found["ttfb"]) == ((2, 3001), (2, 160))


def test_what_an_import_brings_says_nothing_about_now() -> None:
    sensor = took(
        event("click", 1, flags=HISTORIC),
        indexes=[1],
        anomalies=[anomaly(last_ms=T0 - OLD_MS)],
        summaries=[Summary("default", "s1", "u", 1, "ended", 1, 0, T0 - OLD_MS)],
    )
    assert not sensor.is_open


def test_a_session_begins_with_its_first_event_and_ends_with_its_summary() -> None:
    sensor = took(event("x", 1), event("x", 2), indexes=[1, 2])
    sensor.ended(Outcome(summaries=[over(is_bounce=True), over("s2")]), T0 + 5)
    found = cells(sensor)
    assert (found["sessions_started", ""], found["sessions_ended", ""], found["bounces", ""]) == (1, 2, 1)
    assert sensor.waiting[0].at_ms == T0 + 5


def test_a_session_that_a_late_event_changed_does_not_end_again() -> None:
    late = bytes([LATE_FOLDED])
    assert ("sessions_ended", "") not in cells(took(event("x", 1), statuses=late, summaries=[over()]))


def test_a_session_that_ends_before_the_last_event_of_its_batch_ends_once() -> None:
    registry, sensor = make_registry(), Sensor()
    for number, came in enumerate(
        [batch(event("page_view", 0), event("app_close", 10), event("click", 20)), batch(event("click", 5))]
    ):
        sensor.took(came, registry.apply(came, came.received_ms, number + 1), came.received_ms, PAGE_TYPES)
    assert cells(sensor)["sessions_ended", ""] == 1


def test_a_session_that_is_closed_by_a_call_ends() -> None:
    registry, sensor = make_registry(), Sensor()
    for number, came in enumerate([batch(event("page_view", 0)), batch(controls=[closed()])]):
        sensor.took(came, registry.apply(came, came.received_ms, number + 1), came.received_ms, PAGE_TYPES)
    found = cells(sensor)
    assert (found["sessions_started", ""], found["sessions_ended", ""]) == (1, 1)


def test_an_anomaly_counts_once_also_when_its_first_version_was_never_seen() -> None:
    rows = [anomaly("a", version=3), anomaly("a", version=4), anomaly("b"), anomaly("c", "s2")]
    sensor = took(anomalies=rows)
    sensor.cut("j", 1)
    [cell] = sensor.waiting[0].cells
    assert (cell.metric, cell.group, cell.count, len(cell.sessions)) == ("rage_click", "#pay", 3, 2)


def test_an_anomaly_that_is_withdrawn_is_taken_back_once() -> None:
    sensor = took(anomalies=[anomaly("a"), anomaly("b"), anomaly("never seen", status="withdrawn")])
    sensor.cut("j", 1)
    for _ in range(2):
        sensor.ended(Outcome(anomalies=[anomaly("a", status="withdrawn", version=2)]), T0)
    assert cells(sensor) == {("rage_click", "#pay"): -1}


def test_an_anomaly_of_clicks_counts_for_its_element_and_any_other_for_its_path() -> None:
    rows = [
        anomaly("a", type="dead_click", details={"path": "/cart"}),
        anomaly("b", type="thrashed_cursor", details={"path": "/cart"}),
        anomaly("c", type="slow_page", details={"page": "/pay"}, page="/done"),
        anomaly("d", type="u_turn", details={"page": "https://shop.example/list?page=2"}, page="/list"),
        anomaly("e", type="rapid_fire", details={}, page="/cart"),
    ]
    assert cells(took(anomalies=rows)) == {
        ("dead_click", ""): 1,
        ("thrashed_cursor", "/cart"): 1,
        ("slow_page", "/pay"): 1,
        ("u_turn", "/list"): 1,
        ("rapid_fire", "/cart"): 1,
    }


def test_an_anomaly_is_taken_back_where_it_was_counted() -> None:
    sensor = took(anomalies=[anomaly("a", type="rapid_fire", details={}, page="/cart")])
    sensor.ended(
        Outcome(anomalies=[anomaly("a", type="rapid_fire", details={}, page="/pay", status="withdrawn", version=2)]), T0
    )
    assert cells(sensor) == {("rapid_fire", "/cart"): 0}


def test_sessions_of_a_cell_are_bounded_and_its_count_is_not() -> None:
    sensor = took(anomalies=[anomaly(f"a{n}", f"s{n}") for n in range(MAX_SESSIONS + 5)])
    sensor.cut("j", 1)
    [cell] = sensor.waiting[0].cells
    assert (len(cell.sessions), cell.count) == (MAX_SESSIONS, MAX_SESSIONS + 5)


def test_anomalies_that_are_remembered_are_bounded() -> None:
    assert len(took(anomalies=[anomaly(f"a{n}") for n in range(MAX_KNOWN + 5)]).known) == MAX_KNOWN


def test_groups_beyond_the_bound_count_together() -> None:
    found = cells(took(*(event(f"kind{number}", number) for number in range(MAX_GROUPS + 10))))
    assert (len(found), found["events", OTHER]) == (MAX_GROUPS + 1, 10)


def test_a_slice_is_bounded_however_many_projects_there_are() -> None:
    sensor = Sensor()
    for project in range(120):
        events = [Event(f"p{project}", f"e{n}", "s", "u", f"k{n}", T0) for n in range(100)]
        sensor.took(Batch("g", 1, T0, events), Outcome(bytes(100)), T0, PAGE_TYPES)
    sensor.cut("j", 1)
    assert len(sensor.waiting[0].cells) <= MAX_CELLS + 101
    assert sum(cell.count for cell in sensor.waiting[0].cells) == 12_000


def test_slices_that_wait_for_long_keep_their_sums_and_lose_their_groups() -> None:
    sensor = Sensor()
    for number in range(MAX_WAITING_CELLS // MAX_GROUPS + 1):
        sensor.took(
            Batch("g", 1, T0, [event(f"k{n}") for n in range(MAX_GROUPS)]), Outcome(bytes(MAX_GROUPS)), T0, PAGE_TYPES
        )
        sensor.cut("j", number + 1)
    [cell] = sensor.waiting[-1].cells
    assert (cell.group, cell.count) == (OTHER, MAX_GROUPS)


def test_a_slice_begins_where_the_one_before_ended() -> None:
    sensor = took(event("x", 1))
    sensor.cut("j", 4)
    assert not sensor.is_open
    sensor.took(Batch("g", 2, T0, [event("x", 2)]), Outcome(bytes([ACCEPTED])), T0, PAGE_TYPES)
    sensor.cut("j", 7)
    assert [(one.after_seq, one.upto_seq) for one in sensor.waiting] == [(0, 4), (4, 7)]
    sensor.acked(4)
    assert [one.upto_seq for one in sensor.waiting] == [7]


@given(cuts=st.sets(st.integers(1, 39)), saved=st.sets(st.integers(0, 39)))
def test_any_cut_and_any_restart_counts_the_same(cuts: set[int], saved: set[int]) -> None:
    events = [event(("click", "page_view")[n % 2], n, path="/", click=Click(1, 1, "#a")) for n in range(40)]
    sensor = Sensor()
    for number, one in enumerate(events):
        if number in cuts:
            sensor.cut("j", number)
        if number in saved:
            sensor = msgspec.msgpack.decode(encode(sensor), type=Sensor)
        sensor.took(Batch("g", number, T0, [one]), Outcome(bytes(1), anomalies=[anomaly()]), T0, PAGE_TYPES)
    sensor.cut("j", 40)
    sums: dict[str, int] = {}
    for cell in (cell for part in sensor.waiting for cell in part.cells):
        sums[cell.metric] = sums.get(cell.metric, 0) + cell.count
    assert sums == {"events": 40, "clicks": 40, "page_views": 20, "rage_click": 1}
    assert [part.after_seq for part in sensor.waiting[1:]] == [part.upto_seq for part in sensor.waiting[:-1]]
