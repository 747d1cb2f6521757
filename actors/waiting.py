"""The parcels of one pipe that are not sent yet, oldest first."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from actors.parcel import Parcel
from engine.config import Engine
from engine.wire import Reply


class Waiting:
    """Bounded by who waits: a request that gives up takes its parcels with it (`drop`), else a shard that is away for
    an hour would make the gateway keep an hour of refused events."""

    def __init__(self, limits: Engine) -> None:
        self._limits = limits
        self._parcels: OrderedDict[asyncio.Future[Reply], Parcel] = OrderedDict()
        self._bytes = 0
        self._events = 0

    def __len__(self) -> int:
        return len(self._parcels)

    def add(self, parcel: Parcel) -> None:
        self._parcels[parcel.reply] = parcel
        self._bytes += len(parcel.items)
        self._events += parcel.events

    def drop(self, parcels: Iterable[Parcel]) -> list[Parcel]:
        """Forget those of the parcels that still wait here; which they were."""
        dropped = [parcel for parcel in parcels if self._parcels.pop(parcel.reply, None) is not None]
        self._bytes -= sum(len(parcel.items) for parcel in dropped)
        self._events -= sum(parcel.events for parcel in dropped)
        return dropped

    def is_full_call(self) -> bool:
        return self._bytes >= self._limits.max_call_bytes or self._events >= self._limits.max_call_events

    def take_call(self) -> list[Parcel]:
        """The oldest parcels that fit in one call, at least one."""
        load: list[Parcel] = []
        size_bytes = events = 0
        for parcel in self._parcels.values():
            size_bytes += len(parcel.items)
            events += parcel.events
            if load and (size_bytes > self._limits.max_call_bytes or events > self._limits.max_call_events):
                break
            load.append(parcel)
        return self.drop(load)

    def take_all(self) -> list[Parcel]:
        return self.drop(list(self._parcels.values()))
