"""Every distribution against the table of seed 002, by chi-square with fixed seeds."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from simulator.arrivals import Arrivals
from simulator.clockwork import Tempo, time_factor
from simulator.devices import DEVICES
from simulator.journey import Journey
from simulator.tables import EVENT_TYPES, PLACES, REFERRERS, SEGMENTS, TRANSITIONS
from simulator.texts import PAGE_TEXTS
from tests.simulator.traffic import MONDAY_NOON_MS, Event, assert_drawn_from, at_ms, by_session, events, scenario

SEED_WEIGHTS = {
    "page_view": 40,
    "product_view": 25,
    "search": 10,
    "add_to_cart": 8,
    "begin_checkout": 5,
    "login": 4,
    "wishlist_add": 3,
    "complete_checkout": 2,
    "remove_from_cart": 2,
    "newsletter_signup": 1.5,
    "account_create": 1.5,
    "logout": 1,
    "review_write": 1,
    "contact_support": 1,
}
SEED_SEGMENTS = {"new_visitor": 35, "returning_visitor": 40, "loyal_customer": 20, "power_user": 5}
SEED_LENGTHS = {"new_visitor": 0.6, "returning_visitor": 1.0, "loyal_customer": 1.5, "power_user": 2.0}
SEED_DEVICES = {
    ("mobile", "iOS"): 35,
    ("mobile", "Android"): 30,
    ("desktop", "Windows"): 20,
    ("desktop", "macOS"): 10,
    ("tablet", "iPadOS"): 5,
}
SEED_CITIES = ("San Francisco", "New York", "Austin", "Toronto", "London", "Berlin", "Sydney")
SEED_JOURNEY = (
    ("page_view", "product_view", 0.25),
    ("product_view", "add_to_cart", 0.20),
    ("add_to_cart", "begin_checkout", 0.25),
    ("begin_checkout", "complete_checkout", 0.60),
)


@pytest.fixture(scope="module")
def day() -> list[Event]:
    """Long enough for the rarest segment; nobody is so young that the shares of returning people differ."""
    return events(seed=11, events=60_000)


@pytest.fixture(scope="module")
def first_events(day: list[Event]) -> list[Event]:
    return [session[0] for session in by_session(day).values()]


def test_the_tables_are_the_seeds() -> None:
    assert {name: found.weight for name, found in EVENT_TYPES.items()} == SEED_WEIGHTS
    assert {name: round(100 * found.share) for name, found in SEGMENTS.items()} == SEED_SEGMENTS
    assert tuple(place.city for place in PLACES) == SEED_CITIES
    assert {name: found.length for name, found in SEGMENTS.items()} == SEED_LENGTHS
    assert all(TRANSITIONS[now][then] == chance for now, then, chance in SEED_JOURNEY)
    counts = (len(EVENT_TYPES), len(SEGMENTS), len(DEVICES), len(PLACES), len(REFERRERS), len(TRANSITIONS))
    assert counts == (14, 4, 5, 7, 6, 5)
    assert len(PAGE_TEXTS) == 13


def test_after_a_type_without_a_row_the_normalised_weights_decide() -> None:
    journey, random = Journey(), Random(5).random
    assert_drawn_from(Counter(journey.next("login", random()) for _ in range(40_000)), SEED_WEIGHTS)


@pytest.mark.parametrize("event_type", TRANSITIONS)
def test_what_follows_a_type_is_drawn_from_its_row(event_type: str, day: list[Event]) -> None:
    followers = Counter(
        after["event_type"]
        for session in by_session(day).values()
        for before, after in pairwise(session)
        if before["event_type"] == event_type and after["event_type"] != "session_end"
    )
    assert_drawn_from(followers, TRANSITIONS[event_type])


def test_a_session_begins_with_anything_but_its_end(first_events: list[Event]) -> None:
    weights = {name: weight for name, weight in SEED_WEIGHTS.items() if name != "logout"}
    assert_drawn_from(Counter(event["event_type"] for event in first_events), weights)


def test_segments(first_events: list[Event]) -> None:
    assert_drawn_from(Counter(event["user_segment"] for event in first_events), SEED_SEGMENTS)


def test_devices_places_and_referrers_of_new_people(first_events: list[Event]) -> None:
    """Who comes back brings the device and the city of before, so only first visits are draws."""
    firsts = {event["user_id"]: event for event in reversed(first_events)}.values()
    kinds = Counter((event["device_info"]["type"], event["device_info"]["os"]) for event in firsts)
    assert_drawn_from(kinds, SEED_DEVICES)
    assert_drawn_from(Counter(event["location"]["city"] for event in firsts), dict.fromkeys(SEED_CITIES, 1))


def test_referrers(first_events: list[Event]) -> None:
    shares = {"organic": 40, "direct": 25, "social": 15, "paid": 10, "email": 5, "referral": 5}
    assert_drawn_from(Counter(event["referrer"]["type"] for event in first_events), shares)


def test_seven_of_ten_events_belong_to_a_session_that_was_there(day: list[Event]) -> None:
    own = [event for event in day[2_000:] if event["event_type"] != "session_end"]
    new = sum(event["session_info"]["is_new_session"] for event in own)
    assert_drawn_from({"new": new, "there": len(own) - new}, {"new": 0.3, "there": 0.7})


@pytest.mark.parametrize("segment", SEED_LENGTHS)
def test_sessions_are_as_long_as_their_segment_says(segment: str) -> None:
    arrivals = Arrivals(scenario(session_range_s=(60, 1_800)), Random(3).random)
    sessions = [arrivals.session(MONDAY_NOON_MS) for _ in range(12_000)]
    factor = SEED_LENGTHS[segment]
    lengths_s = [(s.ends_ms - s.started_ms) / 1000 / factor for s in sessions if s.person.segment == segment]
    assert min(lengths_s) >= 60
    assert max(lengths_s) <= 1_800
    assert_drawn_from(Counter(int((length_s - 60) // 174) for length_s in lengths_s), dict.fromkeys(range(10), 1))


def test_nobody_stays_longer_than_that(day: list[Event]) -> None:
    for session in by_session(day).values():
        longest_ms = 1_800_000 * SEED_LENGTHS[session[0]["user_segment"]]
        assert at_ms(session[-1]) - at_ms(session[0]) <= longest_ms


@pytest.mark.parametrize(
    ("day", "hour", "factor"),
    [
        (5, 8, 1.0),
        (5, 9, 1.2),
        (5, 17, 1.2),
        (5, 18, 1.0),
        (5, 19, 2.0),
        (5, 22, 2.0),
        (5, 23, 0.2),
        (6, 0, 0.2),
        (6, 5, 0.2),
        (6, 6, 1.0),
        (10, 12, 1.8 * 1.2),
        (11, 20, 1.8 * 2.0),
        (11, 3, 1.8 * 0.2),
    ],
)
def test_the_factors_of_an_hour_are_multiplied(day: int, hour: int, factor: float) -> None:
    for minute in (0, 59):
        assert time_factor(datetime(2026, 1, day, hour, minute, tzinfo=UTC)) == pytest.approx(factor)


def test_pauses_are_within_30_percent_of_the_rate() -> None:
    tempo = Tempo(5_000, UTC)
    monday_20h_ms = 1_767_643_200_000
    pauses = [tempo.pause_ms(monday_20h_ms, number) for number in (0.0, 0.5, 0.999999)]
    assert pauses == pytest.approx([252, 360, 468], rel=0.001)


def test_the_hours_are_those_of_the_zone_and_without_one_all_are_alike() -> None:
    at_20h_in_berlin_ms = 1_767_639_600_000
    assert Tempo(5_000, ZoneInfo("Europe/Berlin")).pause_ms(at_20h_in_berlin_ms, 0.5) == pytest.approx(360)
    assert Tempo(5_000, None).pause_ms(at_20h_in_berlin_ms, 0.5) == pytest.approx(720)


def test_the_rate_is_that_of_all_events() -> None:
    made = events(seed=2, rate_per_hour=36_000, duration_ms=600_000, zone=None, troubles={"thrashed_cursor": 0.5})
    assert len([event for event in made if at_ms(event) < at_ms(made[0]) + 600_000]) == pytest.approx(6_000, rel=0.03)
