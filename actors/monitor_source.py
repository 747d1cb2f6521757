"""The monitor as a source of the live stream: how alerts changed."""

from typing import Final, Protocol

import msgspec

from actors.alert_view import alert_view
from engine.errors import SessiondError, Wait
from engine.happening import Happening, Position, Told
from persistence.alert_rows import Change, Changes

_UNKNOWN: Final = Position(0, 1)  # where the end is when the monitor does not come up
_STARTS: Final = "The monitor has not answered since the start."


class Changing(Protocol):
    """The feeder, as far as this goes."""

    async def position(self) -> int | None: ...
    async def happenings(self, after: int | None, limit: int) -> Changes: ...


class MonitorSource:
    """Positions are (position of a change, 0). While nothing changed the monitor is not asked, and one that is away
    keeps nobody from the stream: its alerts are told when it is back."""

    name: Final = "m"

    def __init__(self, monitor: Changing) -> None:
        self._monitor = monitor

    async def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        """Raises Wait when there is something to tell and no answer."""
        end = await self._monitor.position()
        if after is None or after == _UNKNOWN:
            return Told(_UNKNOWN if end is None else Position(end, 0))
        if end is None:
            raise Wait(_STARTS, "unavailable")
        return Told(Position(*after)) if after[0] == end else await self._changes(Position(*after), limit)

    async def _changes(self, after: Position, limit: int) -> Told:
        try:
            found = await self._monitor.happenings(after.seq, limit)
        except Wait:
            raise
        except SessiondError:  # its file is damaged: /health says so, and the rest of the stream goes on
            return Told(after)
        return Told(Position(found.position, 0), [_happening(change) for change in found.items], found.has_gap)


def _happening(change: Change) -> Happening:
    alert = change.alert
    return Happening(
        *("alert", change.position, 0, alert.updated_ms, alert.project_id),
        severity=alert.severity,
        alert=msgspec.json.encode(alert_view(alert)),
    )
