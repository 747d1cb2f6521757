"""Seed 002's message: everything it says ends in a column, or in `custom` under its own name."""

import json
from typing import Any

from engine.device import Device
from engine.wire import Event
from gateway.decode import Decoder
from gateway.normalise import Arrival

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
MESSAGE: dict[str, Any] = {
    "event_id": "evt_1703123456_123456",
    "event_type": "product_view",
    "timestamp": "2024-01-01T12:00:00Z",
    "session_id": "sess_1703123456_user_123456789",
    "user_id": "user_123456789",
    "user_segment": "returning_visitor",
    "page_info": {"page_url": "/product/1?a=b", "page_title": "MacBook", "page_category": "product"},
    "event_data": {"product_id": "1", "price": 1899.99},
    "device_info": {
        "type": "mobile",
        "os": "iOS",
        "browser": "Safari",
        "user_agent": AGENT,
        "screen_resolution": "375x667",
        "viewport_size": "375x600",
    },
    "location": {"country": "US", "state": "CA", "city": "San Francisco", "latitude": 37.7749},
    "referrer": {"type": "organic", "source": "google.com", "utm_source": None},
    "session_info": {"events_in_session": 5, "is_new_session": False},
    "technical_info": {"ip_address": "192.168.1.100", "user_agent": AGENT, "page_load_time_ms": 1250},
}


def decoded(decoder: Decoder, arrival: Arrival, message: dict[str, Any]) -> Event:
    found = decoder.decode(json.dumps(message).encode(), arrival)
    assert found.rejected == []
    return found.events[0]


def test_every_part_that_has_a_column_is_in_it(decoder: Decoder, arrival: Arrival) -> None:
    event = decoded(decoder, arrival, MESSAGE)
    assert (event.url, event.path, event.title) == ("/product/1?a=b", "/product/1", "MacBook")
    assert (event.country, event.city, event.client_ip) == ("US", "San Francisco", "192.168.1.100")
    assert event.referrer == "google.com"
    assert json.loads(event.payload) == MESSAGE["event_data"]
    assert event.device == Device("Safari", "", "iOS", "", "mobile", 375, 667, 375, 600)


def test_every_other_part_is_in_custom_under_its_name(decoder: Decoder, arrival: Arrival) -> None:
    assert json.loads(decoded(decoder, arrival, MESSAGE).custom) == {
        "user_segment": "returning_visitor",
        "page_info": {"page_category": "product"},
        "location": {"state": "CA", "latitude": 37.7749},
        "referrer": {"type": "organic", "utm_source": None},
        "session_info": {"events_in_session": 5, "is_new_session": False},
        "technical_info": {"page_load_time_ms": 1250},
    }


def test_a_field_of_the_event_itself_wins(decoder: Decoder, arrival: Arrival) -> None:
    event = decoded(decoder, arrival, {**MESSAGE, "url": "https://a.example/own", "country": "DE"})
    assert (event.url, event.country) == ("https://a.example/own", "DE")
    assert json.loads(event.custom)["page_info"] == {"page_url": "/product/1?a=b", "page_category": "product"}


def test_a_nested_value_of_another_type_is_kept_and_harms_nothing(decoder: Decoder, arrival: Arrival) -> None:
    event = decoded(decoder, arrival, {**MESSAGE, "location": {"country": 5}, "technical_info": None})
    assert event.country == ""
    assert json.loads(event.custom)["location"] == {"country": 5}


def test_a_referrer_in_words_stays_a_referrer(decoder: Decoder, arrival: Arrival) -> None:
    assert decoded(decoder, arrival, {**MESSAGE, "referrer": "https://b.example/"}).referrer == "https://b.example/"
