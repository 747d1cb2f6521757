"""The last actions of a session in time order: one byte for the type, four for the time. Patterns read it."""

from bisect import bisect_right
from struct import Struct
from typing import Final

import msgspec

OTHER: Final = "(other)"

_pack = Struct("<i").pack


class ActionLog(msgspec.Struct, array_like=True, gc=False):
    """`names[i]` and `counts[i]` belong to type number i; `types` and `offsets` run in parallel, oldest first.

    `offsets` holds signed 32-bit milliseconds after `base_ms`: a session must not last longer than
    that, and `config.Session.max_length_ms` sees to it. `counts` also counts what has left the log.
    """

    names: list[str] = []
    counts: list[int] = []
    base_ms: int = 0
    last_ms: int = 0
    types: bytearray = msgspec.field(default_factory=bytearray)
    offsets: bytearray = msgspec.field(default_factory=bytearray)

    def add(self, event_type: str, at_ms: int, max_types: int, max_actions: int) -> None:
        """Beyond `max_types` kinds, further ones are counted together as `OTHER`."""
        if event_type in self.names:
            number = self.names.index(event_type)
            self.counts[number] += 1
        else:
            number = self._new_type(event_type, max_types)
        if not self.types:
            self.base_ms = self.last_ms = at_ms
        offset = _pack(at_ms - self.base_ms)
        if at_ms >= self.last_ms:
            self.types.append(number)
            self.offsets += offset
            self.last_ms = at_ms
        else:
            self._insert(number, at_ms - self.base_ms, offset)
        if len(self.types) > max_actions:
            del self.types[0]
            del self.offsets[:4]

    def _new_type(self, event_type: str, max_types: int) -> int:
        if len(self.names) >= max_types:
            event_type = OTHER
            if event_type in self.names:
                number = self.names.index(event_type)
                self.counts[number] += 1
                return number
        self.names.append(event_type)
        self.counts.append(1)
        return len(self.names) - 1

    def _insert(self, number: int, offset_ms: int, offset: bytes) -> None:
        place = bisect_right(self.times(), offset_ms)
        self.types.insert(place, number)
        self.offsets[place * 4 : place * 4] = offset

    def times(self) -> list[int]:
        """Milliseconds after `base_ms`, oldest first."""
        return memoryview(bytes(self.offsets)).cast("i").tolist()
