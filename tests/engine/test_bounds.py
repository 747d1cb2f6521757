"""Everything in the engine that a client can make grow, up to its bound."""

import gc
import tracemalloc
from collections import Counter

from engine.actionlog import extended
from engine.config import Session
from engine.device import Device
from engine.devices import MAX_DEVICE_TEXT
from engine.fold import Folder
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.session import Session as State
from engine.session import encode_session
from engine.wire import Event
from tests.builders import T0, batch, click, event, make_registry

LIMITS = Session(
    max_ids=1_000, max_actions=100, max_event_types=20, max_screens=50, max_anomalies=10, burst_events=1_000_000
)
BUDGET_BYTES = 350_000


def hostile(number: int) -> Event:
    """Long texts, ever new ones, in bursts that detectors report."""
    text = f"{number:08}" + "x" * 5_000
    made = click(number, number // 40 % 9, path=text) if number % 80 < 40 else event(f"type{number // 7 % 300}", number)
    made.event_id = f"{number:08}" + "i" * 192
    made.url = made.screen_name = made.country = made.city = text
    made.device = Device(text, text, text, text, text)
    return made


def test_a_session_of_any_number_of_any_events_stays_within_its_budget() -> None:
    folder, session = Folder(LIMITS, Rulebook(Rules())), State("default\0s1", "", "default", "", 1, T0, T0, T0)
    sizes = []
    for number in range(20_000):
        folder.fold(session, hostile(number), T0)
        if number % 2_000 == 1_999:
            sizes.append(len(encode_session(session)))
    print(f"bytes of the state after each 2,000 events: {sizes}")
    assert session.event_count == 20_000
    assert len(session.anomalies) == LIMITS.max_anomalies
    assert session.screens.count == LIMITS.max_screens
    assert len(session.log.names) <= LIMITS.max_event_types + 1
    assert max(sizes) < BUDGET_BYTES
    assert max(sizes[5:]) < 1.1 * max(sizes[:5])


def test_anomalies_that_were_withdrawn_are_bounded_as_well() -> None:
    """A form that is left and then sent after all, again and again; and late clicks that take back a U-turn."""
    folder, session = Folder(LIMITS, Rulebook(Rules())), State("default\0s1", "", "default", "", 1, T0, T0, T0)
    for number in range(0, 100_000, 1_000):
        for at, kind, path in ((0, "page_view", "/a"), (100, "form_start", "/a"), (400, "page_view", "/b")):
            folder.fold(session, event(kind, number + at, path=path), T0)
        folder.fold(session, event("form_submit", number + 800, path="/a"), T0)
        folder.fold(session, event("page_view", number + 900, path="/a", id=f"back{number}"), T0)
        folder.fold(session, event("click", number + 500, path="/b"), T0)
        list(folder.settle())
    statuses = Counter(anomaly.status for anomaly in session.anomalies)
    assert statuses["withdrawn"] >= LIMITS.max_anomalies
    assert len(session.anomalies) <= 2 * LIMITS.max_anomalies


def test_what_a_shard_remembers_of_types_and_devices_is_bounded() -> None:
    folder = Folder(LIMITS, Rulebook(Rules()))
    for number in range(12_000):
        session = State(f"default\0s{number}", "", "default", "", 1, T0, T0, T0)
        folder.fold(session, event(f"type{number}", device=Device(f"browser{number}" + "x" * 1_000)), T0)
        assert session.device is not None
        assert len(session.device.browser) == MAX_DEVICE_TEXT
    assert len(folder._kinds) == 1_000
    assert len(folder._devices) <= 10_000
    assert extended.cache_info().currsize <= 10_000


def test_texts_of_clients_are_freed_with_the_sessions_that_held_them() -> None:
    """Interned strings are not kept for ever: CPython drops them with their last reference."""
    registry = make_registry()
    tracemalloc.start()
    for round_ in range(30):
        fill_and_end(registry, round_)
        if round_ == 10:
            before_bytes = traced_bytes()
    after_bytes = traced_bytes()
    tracemalloc.stop()
    assert after_bytes - before_bytes < 20 * 100 * 2_000 / 10  # a tenth of the texts that came meanwhile


def traced_bytes() -> int:
    """Without what tests before this one left to the collector."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def fill_and_end(registry: Registry, round_: int) -> None:
    sessions = [f"s{round_}-{number}" for number in range(100)]
    texts = (f"/{name}" + "x" * 2_000 for name in sessions)
    events = [event(session=name, url=text, path=text) for name, text in zip(sessions, texts, strict=True)]
    registry.apply(batch(*events), T0, 1)
    registry.end([(f"default\0{name}", 1) for name in sessions], T0, 1)
    registry.residents.saved(list(registry.residents.dirty))


def test_a_registry_keeps_nothing_of_sessions_that_ended_and_were_saved() -> None:
    registry = make_registry()
    for round_ in range(50):
        fill_and_end(registry, round_)
    residents = registry.residents
    assert (residents.live, residents.dirty, residents._ended, residents._made) == ({}, {}, {}, {})
    assert len(residents._timers) <= 1_000 + 2


def test_generations_that_are_not_saved_yet_are_all_that_is_kept_of_a_key() -> None:
    registry = make_registry()
    for number in range(100):
        registry.apply(batch(event("app_close", number * 10_000_000)), T0, 1)
    assert len(registry.residents.changed("default\0s1")) == 100
    registry.residents.saved(["default\0s1"])
    assert registry.residents.changed("default\0s1") == []
