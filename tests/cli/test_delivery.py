import socket

import pytest

from cli.delivery import Delivery, Patience, Unreachable
from engine.errors import ClientError
from tests.cli.conftest import ManualClock
from tests.cli.tiny_server import HANG_UP, TinyServer

EVENTS = [{"event_id": "e1"}]
TARGET = "/api/v1/events"


def test_events_arrive_and_the_answer_comes_back(server: TinyServer, delivery: Delivery) -> None:
    answer = delivery.post(TARGET, EVENTS)
    assert (answer.status, answer.body["accepted"]) == (200, 1)
    assert server.batches == [EVENTS]


def test_many_requests_share_one_delivery(server: TinyServer, delivery: Delivery) -> None:
    for _ in range(3):
        delivery.post(TARGET, EVENTS)
    assert len(server.batches) == 3


@pytest.mark.parametrize("status", [429, 503, 502, 500, 408])
def test_a_server_that_asks_to_wait_gets_the_request_again(
    server: TinyServer, delivery: Delivery, clock: ManualClock, status: int
) -> None:
    server.trouble = [(status, {}, {})] * 3
    assert delivery.post(TARGET, EVENTS).status == 200
    assert clock.pauses_s == [0.25, 0.5, 1.0]


def test_retry_after_is_honoured_when_it_is_longer(server: TinyServer, delivery: Delivery, clock: ManualClock) -> None:
    server.trouble = [(503, {}, {"Retry-After": "7"}), (429, {}, {"Retry-After": "0"})]
    delivery.post(TARGET, EVENTS)
    assert clock.pauses_s == [7.0, 0.5]


def test_a_dropped_connection_is_opened_again(server: TinyServer, delivery: Delivery, clock: ManualClock) -> None:
    server.trouble = [HANG_UP, HANG_UP]
    assert delivery.post(TARGET, EVENTS).status == 200
    assert clock.pauses_s == [0.25, 0.5]


def test_an_answer_that_is_lost_is_asked_for_again(server: TinyServer, delivery: Delivery) -> None:
    server.loses_answer_once = True
    assert delivery.post(TARGET, EVENTS).body == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_patience_ends(server: TinyServer, delivery: Delivery, clock: ManualClock) -> None:
    server.trouble = [(503, {"message": "The disk is full."}, {})] * 100
    with pytest.raises(Unreachable, match=r"within 20 s: 503 The disk is full\."):
        delivery.post(TARGET, EVENTS)
    assert clock.now_s <= 20


def test_nobody_there_is_said(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    delivery = Delivery(f"http://127.0.0.1:{number}", Patience(max_wait_s=1), clock=clock.read, sleep=clock.pause)
    with pytest.raises(Unreachable, match="refused"):
        delivery.post(TARGET, EVENTS)


def test_other_answers_are_not_asked_for_again(server: TinyServer, delivery: Delivery, clock: ManualClock) -> None:
    server.trouble = [(400, {"message": "No."}, {})]
    assert delivery.post(TARGET, EVENTS).body == {"message": "No."}
    assert clock.pauses_s == []


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://host", "http://", "http://host:port", "http://h:99999"])
def test_what_is_no_address_is_refused(url: str, clock: ManualClock) -> None:
    with pytest.raises(ClientError, match="--url"):
        Delivery(url, Patience(), clock=clock.read, sleep=clock.pause)
