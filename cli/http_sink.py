"""Simulated traffic into a running sessiond, through the delivery that `import` uses as well."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Final, NamedTuple

import msgspec
import structlog

from cli.delivery import Answer, Delivery, Patience, Unreachable
from cli.importer import EVENTS as HISTORIC_EVENTS
from cli.importer import SWEEP
from simulator.message import Message
from simulator.sink import Sent

READY: Final = "/ready"
LIVE_EVENTS: Final = "/api/v1/events"

_log = structlog.get_logger(__name__)


_LIVE: Final = Patience(max_wait_s=3, longest_wait_s=1, answer_timeout_s=5)  # meanwhile the next events wait


class Server(NamedTuple):
    """`wait_s`: in which it must become ready. `is_live`: see `HttpSink`."""

    url: str
    wait_s: float
    is_live: bool

    def sink(self) -> "HttpSink":
        """As soon as the server is ready. Raises Unreachable, and ClientError when `url` is none."""
        with closing(self._delivery(Patience(max_wait_s=self.wait_s, longest_wait_s=1, answer_timeout_s=5))) as asking:
            asking.get(READY)
        return HttpSink(self._delivery(_LIVE if self.is_live else Patience()), is_live=self.is_live)

    def _delivery(self, patience: Patience) -> Delivery:
        return Delivery(self.url, patience, clock=time.monotonic, sleep=time.sleep)


class HttpSink:
    """`is_live`: the events happen now; a server that is away loses them, and they are counted. Else they are history:
    nothing is lost, the delivery's patience decides, and in the end the sessions whose gap has passed are ended."""

    batch_size = 500

    def __init__(self, delivery: Delivery, *, is_live: bool) -> None:
        self._delivery = delivery
        self._is_live = is_live
        self._target = LIVE_EVENTS if is_live else HISTORIC_EVENTS

    def send(self, batch: Sequence[Message]) -> Sent:
        """Raises Unreachable for history."""
        texts = [msgspec.Raw(message.text.rstrip().encode()) for message in batch]
        try:
            answer = self._delivery.post(self._target, texts)
        except Unreachable as error:
            if not self._is_live:
                raise
            _log.warning("events lost", count=len(batch), reason=error.message)
            return Sent(0, len(batch), 0)
        return self._counted(answer, batch)

    def close(self) -> None:
        try:
            if not self._is_live:
                self._delivery.post(SWEEP, {})
        finally:
            self._delivery.close()

    def _counted(self, answer: Answer, batch: Sequence[Message]) -> Sent:
        """What was there already has arrived too."""
        taken = int(answer.body.get("accepted", 0)) + int(answer.body.get("duplicates", 0))
        if taken < len(batch):
            reason = answer.body.get("message", "it gave no reason")
            _log.warning("events refused", count=len(batch) - taken, status=answer.status, reason=reason)
        return Sent(taken, len(batch) - taken, sum(len(message.text) for message in batch) if taken else 0)
