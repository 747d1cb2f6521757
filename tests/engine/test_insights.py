"""What a session says of itself beside its counts, folded and summarised."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import Anomaly, Campaign, Frustration, FrustrationPart, PageStay, Summary
from engine.registry import Registry
from engine.session import encode_session
from engine.summary import summarise
from engine.wire import Event, Facts
from tests.builders import GAP, MINUTE, T0, batch, click, event, make_registry
from tests.engine.drive import S1, take, tick
from tests.engine.streams import streams

SHOP = "https://shop.example"


def page(path: str, at: int = 0, *, query: str = "", **fields: Any) -> Event:
    return event("page_view", at, path=path, url=f"{SHOP}{path}{query}", **fields)


def summary_of(*events: Event) -> Summary:
    registry = make_registry()
    take(registry, *events)
    return summarise(registry.residents.live[S1])


@pytest.mark.parametrize("kind", ["click", "typing", "search", "mouse_move", "scroll", "mouse_down", "text_select"])
def test_what_the_user_does_is_active_time(kind: str) -> None:
    assert summary_of(page("/"), event(kind, 9_000)).active_ms == 9_000


@pytest.mark.parametrize("kind", ["js_error", "heartbeat", "network_request", "dom_mutation", "web_vitals"])
def test_what_the_page_does_by_itself_is_no_active_time(kind: str) -> None:
    assert summary_of(page("/"), event(kind, 9_000), event(kind, 18_000)).active_ms == 0


def test_pages_have_their_time_and_depth() -> None:
    found = summary_of(
        page("/"),
        page("/cart", 5_000),
        event("scroll", 6_000, path="/cart", scroll_depth=60),
        event("scroll", 7_000, path="/cart", scroll_depth=40),
    )
    assert found.pages == [PageStay("/", 1, 5_000, 0), PageStay("/cart", 1, 2_000, 60)]


def test_a_screen_is_a_page() -> None:
    found = summary_of(event("screen_view", screen_name="home"), event("screen_view", 3_000, screen_name="chat"))
    assert [(stay.path, stay.time_ms) for stay in found.pages] == [("home", 3_000), ("chat", 0)]


def test_an_event_without_a_page_is_on_none() -> None:
    assert summary_of(event("page_view"), event("scroll", 1, scroll_depth=50)).pages == []


def test_the_worst_vitals_are_kept() -> None:
    found = summary_of(
        event("web_vitals", facts=Facts(lcp=3_100.0, cls=0.01)), event("page_load", 9, facts=Facts(lcp=900.0, load=1.0))
    )
    assert found.vitals == {"lcp": 3_100.0, "cls": 0.01, "load": 1.0}


def test_the_campaign_is_of_the_page_that_came_first_in_event_time() -> None:
    first, second = page("/", query="?utm_source=news"), page("/b", 1_000, query="?utm_source=other")
    assert summary_of(second, first).campaign == Campaign(source="news")
    assert summary_of(page("/", query="")).campaign == Campaign()


# -- the sessions of a user -------------------------------------------------------------------------------------------


def ended(registry: Registry, *events: Event) -> list[Summary]:
    """The sessions that the events ended, one frame each, and the one that lives on."""
    found: list[Summary] = []
    for number, one in enumerate(events):
        found += registry.apply(batch(one, number=number, received=one.at_ms - T0), one.at_ms, number + 1).summaries
    return [*found, *map(summarise, registry.residents.live.values())]


def visits(*times: int, session: str = "") -> list[Event]:
    return [event("click", at, session=session, id=f"visit-{at}") for at in times]


def test_the_sessions_of_a_user_are_counted_and_know_the_one_before() -> None:
    found = ended(make_registry(), *visits(0, 2 * GAP, 4 * GAP))
    assert [one.session_index for one in found] == [1, 2, 3]
    assert [one.previous_session_id for one in found] == [None, *(one.session_id for one in found[:2])]


def test_the_session_before_is_known_when_it_ended_by_its_timer() -> None:
    registry = make_registry()
    [first] = ended(registry, *visits(0))
    tick(registry, GAP)
    [second] = ended(registry, *visits(3 * GAP))
    assert (second.session_index, second.previous_session_id) == (2, first.session_id)


def test_of_a_clients_id_only_the_visit_before_under_the_same_id_is_known() -> None:
    found = ended(make_registry(), *visits(0, 2 * GAP, session="s1"))
    assert [(one.session_index, one.previous_session_id) for one in found] == [(None, None), (None, "s1")]


def said(at: int, session: str = "s1", **facts: Any) -> Event:
    return event("page_view", at, session=session, path="/", facts=Facts(**facts))


def test_of_a_clients_id_its_client_may_say_the_rest_and_the_first_word_counts() -> None:
    events = [said(0, session_index=4, previous_session_id="s0"), said(1, session_index=5, previous_session_id="s9")]
    found = summary_of(said(-1, navigation="push"), *events)
    assert (found.session_index, found.previous_session_id) == (4, "s0")


def test_what_the_engine_knows_itself_goes_before_what_a_client_says() -> None:
    stream = [
        said(at, session, session_index=9, previous_session_id="x") for session in ("", "s1") for at in (0, 2 * GAP)
    ]
    by_user, by_id = ended(make_registry(), *stream[:2]), ended(make_registry(), *stream[2:])
    assert [one.session_index for one in by_user] == [1, 2]
    assert [one.previous_session_id for one in by_user] == [None, by_user[0].session_id]
    assert [(one.session_index, one.previous_session_id) for one in by_id] == [(9, "x"), (9, "s1")]


@given(st.permutations([(0, "news.example"), (1, ""), (2, "other.example")]))
def test_the_referrer_is_that_of_the_earliest_page_in_any_order_of_arrival(order: list[tuple[int, str]]) -> None:
    assert summary_of(*(said(at, referrer_host=host) for at, host in order)).referrer_host == "news.example"
    assert summary_of(*(said(at, referrer_host=host) for at, host in order if at)).referrer_host == ""


def test_an_earlier_page_without_facts_takes_the_referrer_away() -> None:
    assert summary_of(said(5, referrer_host="news.example"), event("page_view", 0, path="/")).referrer_host == ""


def test_a_session_older_than_all_that_are_known_has_none_before_it() -> None:
    found = ended(make_registry(), *visits(10 * GAP, 0))
    assert [(one.started_ms, one.previous_session_id) for one in found] == [(T0, None), (T0 + 10 * GAP, None)]


# -- frustration and anomalies ----------------------------------------------------------------------------------------


def troubled(*anomalies: Anomaly) -> Summary:
    registry = make_registry()
    take(registry, event())
    session = registry.residents.live[S1]
    session.anomalies = anomalies
    return summarise(session)


def test_the_score_is_of_the_sessions_anomalies() -> None:
    rage = Anomaly("a1", "rage_click", "high", "Six clicks", T0, T0)
    assert troubled(rage).frustration == Frustration(30, [FrustrationPart("rage_click", 1, 30)])
    assert troubled().frustration == Frustration()


def test_an_anomaly_that_was_withdrawn_is_shown_and_counts_for_nothing() -> None:
    gone = Anomaly("a1", "dead_click", "medium", "No response", T0, T0, 2, status="withdrawn")
    found = troubled(gone)
    assert (found.anomalies, found.has_dead_click, found.frustration.score) == ([gone], False, 0)


# -- as a whole -------------------------------------------------------------------------------------------------------


@given(streams(owners=[("s1", "u1")]), st.integers(1, 59))
def test_a_snapshot_anywhere_changes_nothing(stream: list[Event], place: int) -> None:
    whole, halved = make_registry(), make_registry()
    for number, one in enumerate(stream):
        whole.apply(batch(one), T0 + number, number + 1)
        halved.apply(batch(one), T0 + number, number + 1)
        if number == place:
            for key, session in halved.residents.live.items():
                halved.residents.live[key] = halved.folder.decode(encode_session(session))
    found = [[summarise(s) for s in registry.residents.live.values()] for registry in (whole, halved)]
    assert found[0] == found[1]


def test_a_session_with_a_thousand_pages_and_pauses_is_small() -> None:
    registry = make_registry()
    for number in range(1_000):
        at = number * 20_000
        take(registry, page(f"/{number}", at), event("scroll", at, path=f"/{number}", scroll_depth=number % 100))
    session = registry.residents.live[S1]
    assert len(msgspec.msgpack.encode((session.activity, session.pages, session.vitals))) < 2_000
    assert len(summarise(session).pages) == 51


def test_clicks_cost_pages_nothing() -> None:
    registry = make_registry()
    take(registry, *(click(at) for at in range(0, MINUTE, 1_000)))
    assert registry.residents.live[S1].pages is None
