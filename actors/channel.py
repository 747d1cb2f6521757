"""A way for a message to leave: what every channel can do, and how it says that it could not."""

from typing import Protocol

import msgspec

from persistence.iso import iso
from persistence.outbox import Delivery


class NotDelivered(Exception):
    """The other side did not take it; the text says why in a few words, and names no address."""


class Channel(Protocol):
    """Used by one thread, which it may block for a bounded time."""

    name: str

    def send(self, delivery: Delivery, now_ms: int) -> None:
        """Returns when the other side has it. Raises NotDelivered."""

    def close(self) -> None: ...


class Message(msgspec.Struct):
    """What a receiver reads, as JSON."""

    type: str
    alert: msgspec.Raw
    sent_at: str


def message_of(delivery: Delivery, now_ms: int) -> bytes:
    return msgspec.json.encode(Message("alert", msgspec.Raw(delivery.body), iso(now_ms)))
