"""The message of seed 002, and that what it says belongs together."""

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from simulator.journey import Journey
from simulator.shop import ALL_PRODUCTS
from simulator.simulation import SESSION_END, Simulation
from simulator.tables import EVENT_TYPES
from tests.simulator.traffic import Event, at_ms, by_session, events, scenario

SEED_EXAMPLE = json.loads("""
{
  "event_id": "evt_1703123456_123456",
  "event_type": "product_view",
  "timestamp": "2024-01-01T12:00:00Z",
  "session_id": "sess_1703123456_user_123456789",
  "user_id": "user_123456789",
  "user_segment": "returning_visitor",
  "page_info": {
    "page_url": "/product/prod_electronics_1234",
    "page_title": "MacBook Pro 14-inch - Product",
    "page_category": "product",
    "product_id": "prod_electronics_1234",
    "product_category": "electronics"
  },
  "event_data": {
    "product_id": "prod_electronics_1234", "product_category": "electronics", "quantity": 1, "price": 1899.99
  },
  "device_info": {
    "type": "mobile",
    "os": "iOS",
    "browser": "Safari",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15",
    "screen_resolution": "375x667",
    "viewport_size": "375x667"
  },
  "location": {
    "country": "US",
    "state": "CA",
    "city": "San Francisco",
    "timezone": "America/Los_Angeles",
    "latitude": 37.7749,
    "longitude": -122.4194
  },
  "referrer": {
    "type": "organic", "source": "google.com", "utm_source": null, "utm_medium": null, "utm_campaign": null
  },
  "session_info": {
    "session_start": "2024-01-01T11:45:00Z",
    "events_in_session": 5,
    "session_duration_so_far": 900,
    "is_new_session": false
  },
  "technical_info": {
    "ip_address": "192.168.1.100",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15",
    "page_load_time_ms": 1250,
    "time_on_page_ms": 45000
  }
}
""")
FORMS = {
    "event_id": r"evt_\d{10}_\d{6}",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "session_id": r"sess_\d{10}_user_\d{9}",
    "user_id": r"user_\d{9}",
}
DATA = {
    "search": {"search_term": str, "search_results_count": int, "search_duration_ms": int},
    "product_view": {"product_id": str, "product_category": str, "quantity": int, "price": float},
    "add_to_cart": {"product_id": str, "product_category": str, "quantity": int, "price": float},
    "complete_checkout": {"order_id": str, "order_value": float, "payment_method": str},
}
PRICES = {product.id: product.price for product in ALL_PRODUCTS}
OPEN = {"event_data"}  # differs by type


@pytest.fixture(scope="module")
def made() -> list[Event]:
    return events(seed=8, events=20_000)


def test_every_message_has_the_seeds_members_in_the_seeds_order(made: list[Event]) -> None:
    for event in made:
        assert list(event) == list(SEED_EXAMPLE)
        for name in set(SEED_EXAMPLE) - OPEN:
            assert_same_shape(event[name], SEED_EXAMPLE[name])


def assert_same_shape(value: Any, example: Any) -> None:
    """A page that shows no product has no product in it; what is null in the example may be a text."""
    if isinstance(example, dict):
        assert list(value) == list(example)[: len(value)]
        assert len(value) == len(example) or list(value) == ["page_url", "page_title", "page_category"]
        for name in value:
            assert_same_shape(value[name], example[name])
    else:
        assert type(value) is type(example) or (example is None and isinstance(value, str))


@pytest.mark.parametrize("name", FORMS)
def test_ids_and_times_have_the_seeds_form(name: str, made: list[Event]) -> None:
    assert all(re.fullmatch(FORMS[name], event[name]) for event in made)


@pytest.mark.parametrize("event_type", DATA)
def test_the_data_of_a_type_are_the_seeds(event_type: str, made: list[Event]) -> None:
    found = [event["event_data"] for event in made if event["event_type"] == event_type]
    assert found
    for data in found:
        assert {name: type(value) for name, value in data.items()} == DATA[event_type]


def test_every_type_comes_and_no_other(made: list[Event]) -> None:
    assert {event["event_type"] for event in made} == {*EVENT_TYPES, SESSION_END}


def test_what_is_said_of_the_session_is_so(made: list[Event]) -> None:
    for session_id, session in by_session(made).items():
        start_ms = at_ms(session[0])
        for number, event in enumerate(session, 1):
            said = event["session_info"]
            assert said["session_start"] == session[0]["timestamp"]
            assert said["events_in_session"] == number
            assert said["is_new_session"] == (number == 1)
            assert said["session_duration_so_far"] == (at_ms(event) - start_ms) // 1000
            assert session_id == f"sess_{start_ms // 1000}_{event['user_id']}"


def test_user_agent_os_browser_and_screen_belong_together(made: list[Event]) -> None:
    systems = {"iOS": "iPhone", "Android": "Android", "Windows": "Windows NT", "macOS": "Macintosh", "iPadOS": "iPad"}
    for event in made:
        device, agent = event["device_info"], event["device_info"]["user_agent"]
        assert systems[device["os"]] in agent
        assert {"Edge": "Edg"}.get(device["browser"], device["browser"]) in agent
        assert event["technical_info"]["user_agent"] == agent
        screen, viewport = (tuple(map(int, device[name].split("x"))) for name in ("screen_resolution", "viewport_size"))
        assert viewport[0] <= screen[0]
        assert viewport[1] <= screen[1]
        assert (device["type"] == "desktop") == (screen[0] > screen[1])


def test_coordinates_and_time_zone_belong_to_the_city(made: list[Event]) -> None:
    places = {json.dumps(event["location"]) for event in made}
    assert len(places) == len({event["location"]["city"] for event in made}) == 7
    for place in map(json.loads, places):
        assert ZoneInfo(place["timezone"])
        is_southern, is_western = place["latitude"] < 0, place["longitude"] < -10
        assert is_southern == (place["country"] == "AU")
        assert is_western == (place["country"] in ("US", "CA"))


def test_a_product_has_one_price_and_its_own_page(made: list[Event]) -> None:
    for event in made:
        data, page = event["event_data"], event["page_info"]
        if "price" in data:
            assert data["price"] == PRICES[data["product_id"]]
        if "product_id" in page:
            assert page["page_url"] == f"/product/{page['product_id']}"
            assert page["product_category"] in page["product_id"]


def test_an_order_is_worth_what_is_in_the_cart(made: list[Event]) -> None:
    for session in by_session(made).values():
        cart: list[float] = []
        for event in session:
            data = event["event_data"]
            if event["event_type"] == "add_to_cart":
                cart += [data["price"]] * data["quantity"]
            elif event["event_type"] == "remove_from_cart" and cart:
                assert data["price"] == cart.pop()
            elif event["event_type"] in ("begin_checkout", "complete_checkout"):
                assert not cart or data["order_value"] == pytest.approx(sum(cart))
                cart = [] if event["event_type"] == "complete_checkout" else cart


def test_a_changed_journey_holds_from_the_next_event_on() -> None:
    journey = Journey()
    simulation = Simulation(scenario(reuse=0.99), journey)
    for _ in range(100):
        simulation.next()
    for row in journey.transitions.values():
        row.clear()
        row["share_link"] = 1.0
    journey.transitions["share_link"] = {"share_link": 1.0}
    types = [json.loads(message.text)["event_type"] for message in (simulation.next() for _ in range(2_000)) if message]
    assert types.count("share_link") > 1_000
