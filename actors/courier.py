"""The thread of one channel: takes what waits for it from the outbox, sends it, writes down what became of it."""

import threading
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from actors.channel import Channel, NotDelivered
from persistence.monitor_store import MonitorStore
from persistence.outbox import Delivery
from persistence.retry import Backoff

_log = structlog.get_logger(__name__)

_STOP_S: Final = 0.5


class Courier:
    """`start` once, `stop` once. One that hangs or fails holds up nobody else: each channel has a courier of its own.

    A message is tried `max_retries` times again, then it has failed. One that arrived just before this process died is
    sent again under the same id.
    """

    def __init__(
        self,
        *,
        channel: Channel,
        store: MonitorStore,
        clock: Callable[[], int],
        backoff: Backoff,
        max_retries: int,
        on_error: Callable[[Exception], None],
    ) -> None:
        """`on_error`: what ended the thread, which must not go unseen."""
        self.name = channel.name
        self.failures = 0  # attempts that failed since the start
        self.given_up = 0
        self._channel = channel
        self._store = store
        self._clock = clock  # Unix milliseconds
        self._backoff = backoff
        self._max_retries = max_retries
        self._on_error = on_error
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"courier {self.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something new to send. From any thread."""
        self._wake.set()

    def stop(self) -> bool:
        """False when the other side still makes it wait: the message goes out again after the next start."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wake.clear()
                next_ms = self.step()
                self._wake.wait(None if next_ms is None else max(0, next_ms - self._clock()) / 1000)
            self._channel.close()
        except Exception as error:  # the edge of the thread
            self._on_error(error)

    def step(self) -> int | None:
        """Send what may be sent now, one message at most; when to come again, None = when there is something new."""
        now_ms = self._clock()
        with self._store.reading() as rows:
            delivery = rows.outbox.next(self.name)
        if delivery is None or delivery.next_ms > now_ms:
            return None if delivery is None else delivery.next_ms
        settled = self._attempt(delivery, now_ms)
        with self._store.transaction() as rows:
            rows.outbox.settle(settled)
        return now_ms

    def _attempt(self, delivery: Delivery, now_ms: int) -> Delivery:
        attempts = delivery.attempts + 1
        try:
            self._channel.send(delivery, now_ms)
        except NotDelivered as error:
            self.failures += 1
            return self._failed(delivery, attempts, str(error))
        return msgspec.structs.replace(delivery, state="done", attempts=attempts, settled_ms=self._clock(), error="")

    def _failed(self, delivery: Delivery, attempts: int, why: str) -> Delivery:
        now_ms = self._clock()
        if attempts > self._max_retries:
            self.given_up += 1
            _log.error("an alert was not delivered", channel=self.name, alert=delivery.alert_id, reason=why)
            return msgspec.structs.replace(delivery, state="failed", attempts=attempts, settled_ms=now_ms, error=why)
        next_ms = now_ms + self._backoff.delay_ms(attempts, delivery.id)
        return msgspec.structs.replace(delivery, attempts=attempts, next_ms=next_ms, error=why)
