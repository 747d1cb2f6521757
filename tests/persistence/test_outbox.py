"""What is to be sent waits in order, is given up when it is too much, and survives a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from persistence.monitor_store import MonitorStore
from persistence.outbox import Delivery


def delivery(name: str, **fields: Any) -> Delivery:
    given = {"channel": "hook", "alert_id": name, "event": "firing", "key": "k", "body": b"{}", **fields}
    return Delivery(id=name, **given)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MonitorStore]:
    store = MonitorStore(tmp_path)
    yield store
    store.close()


def add(store: MonitorStore, *deliveries: Delivery) -> None:
    with store.transaction() as rows:
        rows.outbox.add(deliveries)


def settle(store: MonitorStore, one: Delivery, **fields: Any) -> None:
    with store.transaction() as rows:
        rows.outbox.settle(msgspec.structs.replace(one, **fields))


def next_id(store: MonitorStore, channel: str = "hook") -> str | None:
    with store.reading() as rows:
        found = rows.outbox.next(channel)
    return found.id if found else None


def test_messages_are_sent_in_the_order_in_which_they_were_made(store: MonitorStore) -> None:
    first, second = delivery("b"), delivery("a")
    add(store, first, second)
    assert next_id(store) == "b"
    settle(store, first, state="done")
    assert next_id(store) == "a"
    settle(store, second, state="failed")
    assert next_id(store) is None


def test_each_channel_has_its_own_messages(store: MonitorStore) -> None:
    add(store, delivery("a", channel="other"))
    assert next_id(store) is None
    assert next_id(store, "other") == "a"


def test_one_that_is_tried_again_later_lets_those_of_other_alerts_pass(store: MonitorStore) -> None:
    late = delivery("late")
    add(store, late, delivery("other"))
    settle(store, late, attempts=1, next_ms=5_000)
    assert next_id(store) == "other"


def test_resolved_does_not_overtake_a_firing_that_is_tried_again(store: MonitorStore) -> None:
    firing = delivery("firing", alert_id="x")
    add(store, firing, delivery("resolved", alert_id="x"))
    settle(store, firing, attempts=1, next_ms=5_000)
    assert next_id(store) == "firing"
    settle(store, firing, state="failed", attempts=2)
    assert next_id(store) == "resolved"


def test_a_message_that_is_added_twice_is_there_once(store: MonitorStore) -> None:
    one = delivery("a")
    add(store, one)
    settle(store, one, state="done", attempts=1)
    add(store, one)
    with store.reading() as rows:
        assert [(found.state, found.attempts) for found in rows.outbox.of_alert("a")] == [("done", 1)]


def test_beyond_the_bound_the_oldest_are_given_up(store: MonitorStore) -> None:
    add(store, *(delivery(f"d{number}") for number in range(5)), delivery("elsewhere", channel="other"))
    with store.transaction() as rows:
        assert rows.outbox.give_up("hook", 3, now_ms=9) == 2
        assert rows.outbox.waiting() == {"hook": 3, "other": 1}
        [given_up] = rows.outbox.of_alert("d0")
    assert (given_up.state, given_up.settled_ms) == ("failed", 9)
    assert given_up.error == "too many messages waited for this channel"
    assert next_id(store) == "d2"


def test_what_waits_for_a_channel_that_is_gone_is_given_up(store: MonitorStore) -> None:
    add(store, delivery("a"), delivery("b", channel="gone"))
    with store.transaction() as rows:
        rows.outbox.give_up_unknown(["hook"], now_ms=9)
        assert rows.outbox.waiting() == {"hook": 1}


def test_messages_are_there_after_a_restart(tmp_path: Path) -> None:
    store = MonitorStore(tmp_path)
    add(store, delivery("a"))
    store.close()
    store = MonitorStore(tmp_path)
    assert next_id(store) == "a"
    store.close()
