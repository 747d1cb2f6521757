"""One gateway and its pipe to the shard, step by step: numbered calls in order, and after an unknown outcome the same
ones again (actors/pipe.py without the event loop)."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from engine.errors import BatchGap, Wait
from engine.wire import Batch, Control, Event, decode_reply, encode


class Call:
    """A batch under a number. `reply`: what the shard answered, whether or not the answer arrived."""

    def __init__(
        self, gateway: str, number: int, received_ms: int, events: list[Event], controls: list[Control]
    ) -> None:
        self.gateway = gateway
        self.number = number
        self.received_ms = received_ms
        self.events = events
        self.controls = controls

    def payload(self) -> bytes:
        return encode(Batch(self.gateway, self.number, self.received_ms, self.events, self.controls))


Apply = Callable[[bytes], bytes | None]


class Gateway:
    """`apply` answers None when the outcome is unknown. `acked`: the ids that were answered with 200.

    A call that was answered once is answered the same for ever, however often and out of turn it is sent again.
    """

    def __init__(self, apply: Apply) -> None:
        self._apply = apply
        self._incarnations = count(1)
        self._replies: dict[bytes, bytes] = {}  # by payload
        self._begin()
        self.waiting: deque[Call] = deque()
        self.payloads: list[bytes] = []  # all that were ever sent
        self.acked: set[str] = set()
        self.resent = 0

    def _begin(self) -> None:
        self._name = f"g{next(self._incarnations)}"
        self._number = 0

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def send(self, received_ms: int, events: Sequence[Event], controls: Sequence[Control]) -> None:
        self.waiting.append(Call(self._name, self._next_number(), received_ms, list(events), list(controls)))

    def deliver(self, *, is_answer_lost: bool = False) -> None:
        """The first call, whether it was under way before or not."""
        call = self.waiting[0]
        try:
            reply = self._call(call.payload())
        except Wait:
            self.waiting.popleft()
        except BatchGap:
            self._renumber()
        else:
            if reply is not None and not is_answer_lost:
                self.waiting.popleft()
                self._take(call, reply)

    def _take(self, call: Call, reply: bytes) -> None:
        answer = decode_reply(reply)
        assert len(answer.statuses) == len(call.events)
        assert len(answer.controls) == len(call.controls)
        self.acked |= {event.event_id for event in call.events}

    def stray(self, payload: bytes) -> None:
        """A call that arrives once more or out of turn, and whose answer reaches nobody."""
        try:
            self._call(payload)
        except (Wait, BatchGap):
            self.resent += 1

    def _call(self, payload: bytes) -> bytes | None:
        self.payloads.append(payload)
        reply = self._apply(payload)
        if reply is not None:
            assert self._replies.setdefault(payload, reply) == reply
        return reply

    def _renumber(self) -> None:
        """A call before these was refused: what is left begins to count anew."""
        self._begin()
        for call in self.waiting:
            call.gateway, call.number = self._name, self._next_number()

    def crash(self) -> None:
        """Whoever waited for it sends again, to the next incarnation, or does not."""
        self._begin()
        self.waiting.clear()
