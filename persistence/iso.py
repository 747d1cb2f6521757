"""Times as people and programs read them: ISO-8601 UTC with milliseconds."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at_ms: int) -> str:
    """1767322805678 -> "2026-01-02T03:00:05.678Z"."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
