"""Times as text and as traffic: ISO-8601 with milliseconds, and how busy the shop is at an hour."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from simulator.tables import TIME_PATTERNS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_MS: Final = 60_000
_QUARTER_MS: Final = 900_000  # zones differ by whole quarters of an hour


def iso(at_ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


class Stamps:
    """`iso` for times that come in order: what a minute shares is made once."""

    def __init__(self) -> None:
        self._minute = -1
        self._text = ""

    def at(self, at_ms: int) -> str:
        minute, rest_ms = divmod(at_ms, _MINUTE_MS)
        if minute != self._minute:
            self._minute = minute
            self._text = iso(minute * _MINUTE_MS)[:17]
        return f"{self._text}{rest_ms // 1000:02d}.{rest_ms % 1000:03d}Z"


def time_factor(moment: datetime) -> float:
    factor = 1.0
    for pattern in TIME_PATTERNS:
        if moment.hour in pattern.hours and moment.weekday() in pattern.weekdays:
            factor *= pattern.factor
    return factor


class Tempo:
    """The pause between two events, in ms: 3600 s / (rate x factor), 0.7 to 1.3 times that. Without a `zone` every
    hour is like any other."""

    def __init__(self, rate_per_hour: float, zone: tzinfo | None) -> None:
        self._pause_ms = 3_600_000 / rate_per_hour
        self._zone = zone
        self._quarter = -1.0
        self._mean_ms = 0.0

    def pause_ms(self, at_ms: float, number: float) -> float:
        """`number` from [0, 1)."""
        quarter = at_ms // _QUARTER_MS
        if quarter != self._quarter:
            self._quarter = quarter
            self._mean_ms = self._pause_ms / self._factor(int(at_ms))
        return self._mean_ms * (0.7 + 0.6 * number)

    def _factor(self, at_ms: int) -> float:
        if self._zone is None:
            return 1.0
        return time_factor((_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone))
