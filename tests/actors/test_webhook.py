"""A webhook is signed, says what it is, and is delivered only when the other side said so."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from actors.channel import NotDelivered
from actors.webhook import Webhook, signature
from persistence.outbox import Delivery
from tests.actors.receiver import Receiver, receiver
from tests.builders import T0
from tests.live.serving import free_port

DELIVERY = Delivery("d1", "hook", "a1", "firing", "key", b'{"id":"a1"}')


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def webhook(url: str, *, timeout_ms: int = 5_000, secret: str = "s3cret") -> Webhook:
    return Webhook(name="hook", url=url, secret=secret, timeout_ms=timeout_ms)


def sent(endpoint: Receiver, hook: Webhook) -> tuple[dict[str, str], bytes]:
    hook.send(DELIVERY, T0 + 1_234)
    hook.close()
    [found] = endpoint.got
    return found


def test_the_body_says_what_happened_and_when_it_was_sent(endpoint: Receiver) -> None:
    headers, body = sent(endpoint, webhook(endpoint.url))
    assert json.loads(body) == {"type": "alert", "alert": {"id": "a1"}, "sent_at": "2026-01-02T12:00:01.234Z"}
    assert (headers["Content-Type"], headers["Sessiond-Delivery"]) == ("application/json", "d1")


def test_the_signature_covers_the_time_and_the_body(endpoint: Receiver) -> None:
    headers, body = sent(endpoint, webhook(endpoint.url))
    parts = dict(part.split("=") for part in headers["Sessiond-Signature"].split(","))
    assert int(parts["t"]) == (T0 + 1_234) // 1000
    expected = hmac.new(b"s3cret", parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert parts["v1"] == expected


def test_without_a_secret_nothing_is_signed(endpoint: Receiver) -> None:
    headers, _ = sent(endpoint, webhook(endpoint.url, secret=""))
    assert "Sessiond-Signature" not in headers
    assert signature("", 1, b"x") == ""


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_delivered(endpoint: Receiver, status: int) -> None:
    endpoint.statuses = [status]
    sent(endpoint, webhook(endpoint.url))


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503])
def test_anything_else_is_not_and_a_redirect_is_not_followed(endpoint: Receiver, status: int) -> None:
    endpoint.statuses = [status]
    with pytest.raises(NotDelivered, match=f"it answered HTTP {status}"):
        sent(endpoint, webhook(endpoint.url))
    assert len(endpoint.got) == 1


def test_an_endpoint_that_hangs_is_left_in_time(endpoint: Receiver) -> None:
    endpoint.gate.clear()
    with pytest.raises(NotDelivered, match="it did not answer in time"):
        webhook(endpoint.url, timeout_ms=100).send(DELIVERY, T0)


def test_an_endpoint_that_is_not_there_is_said_without_its_address() -> None:
    with pytest.raises(NotDelivered, match=r"^it refused the connection$"):
        webhook(f"http://user:password@127.0.0.1:{free_port()}/token").send(DELIVERY, T0)


def test_a_name_that_nobody_knows_is_said_without_it() -> None:
    with pytest.raises(NotDelivered) as failure:
        webhook("http://hook.invalid/token").send(DELIVERY, T0)
    assert "hook.invalid" not in str(failure.value)
