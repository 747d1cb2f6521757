"""What a shard counts for the monitor, and when it cuts a slice of it: just before it saves itself, in the same call.

So a slice that is given away is on the disk in the same shape, a restart of the shard cuts nowhere else, and no event
is counted twice or never.
"""

from typing import Final

import structlog

from engine.config import Config
from engine.sensor import Sensor
from engine.slices import Slice
from engine.wire import Batch, Outcome, Seen

_CUT_MS: Final = 1_000
_MINUTE_MS: Final = 60_000
_PATIENCE: Final = 5  # slices; a monitor that leaves more waiting is away: then one is cut a minute
_PAGE: Final = 20  # slices in one answer
_MOST: Final = 100  # that wait: more than an hour and a half; beyond, the oldest are dropped, which no rule looks at

_log = structlog.get_logger(__name__)


class Sensing:
    """`sensor` is part of the shard's snapshot; it counts while alerts are on. `dropped`: slices that nobody took in
    time, since the start."""

    def __init__(self, sensor: Sensor, journal_id: str, config: Config) -> None:
        self.dropped = 0
        self._sensor = sensor
        self._journal_id = journal_id
        self._is_on = config.alerts.enabled
        self._page_types = config.session.page_types
        self._cut_ms = 0

    def took(self, batch: Batch[Seen], outcome: Outcome, received_ms: int) -> None:
        if self._is_on:
            self._sensor.took(batch, outcome, received_ms, self._page_types)

    def ended(self, outcome: Outcome, now_ms: int) -> None:
        if self._is_on:
            self._sensor.ended(outcome, now_ms)

    def is_due(self, now_ms: int) -> bool:
        """There is something to cut, and it is time."""
        wait_ms = _CUT_MS if len(self._sensor.waiting) < _PATIENCE else _MINUTE_MS
        return self._sensor.is_open and now_ms - self._cut_ms >= wait_ms

    def cut(self, seq: int, now_ms: int) -> None:
        """Before a snapshot that covers the frames up to `seq`."""
        if self.is_due(now_ms):
            self._sensor.cut(self._journal_id, seq)
            self._cut_ms = now_ms
            self._drop(len(self._sensor.waiting) - _MOST)

    def _drop(self, count: int) -> None:
        if count > 0:
            if not self.dropped:
                _log.warning("the monitor is away for long; the oldest counts are dropped", waiting=_MOST)
            del self._sensor.waiting[:count]
            self.dropped += count

    def slices(self, acked_seq: int) -> list[Slice]:
        """The oldest that wait; the monitor has what ends at or before `acked_seq`."""
        self._sensor.acked(acked_seq)
        return self._sensor.waiting[:_PAGE]
