"""Batch numbers: a shard takes each gateway's batches 1, 2, 3 … exactly once and in order, whatever is resent."""

from typing import Final

import msgspec

from engine.errors import BatchGap

KEPT_REPLIES: Final = 8  # more than a gateway has in flight
KEPT_GATEWAYS: Final = 64


class Sender(msgspec.Struct, array_like=True):
    last_number: int = 0
    replies: list[bytes] = []


class Numbering(msgspec.Struct, array_like=True):
    """`senders` in the order of their last batch, the oldest forgotten first. Part of the snapshot."""

    senders: dict[str, Sender] = {}

    def seen(self, gateway: str, number: int) -> bytes | None:
        """The old reply to a batch that was taken before, None for the next one; BatchGap for one too far."""
        sender = self.senders.get(gateway) or Sender()
        if number == sender.last_number + 1:
            return None
        back = sender.last_number - number
        if 0 <= back < len(sender.replies):
            return sender.replies[-1 - back]
        message = f"Batch {number} of gateway {gateway} came, {sender.last_number + 1} is next."
        raise BatchGap(message, sender.last_number + 1)

    def took(self, gateway: str, number: int, reply: bytes) -> None:
        sender = self.senders.pop(gateway, None) or Sender()
        sender.last_number = number
        sender.replies.append(reply)
        del sender.replies[:-KEPT_REPLIES]
        self.senders[gateway] = sender
        if len(self.senders) > KEPT_GATEWAYS:
            del self.senders[next(iter(self.senders))]
