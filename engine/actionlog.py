"""The last actions of a session in time order: one byte for the type, four for the time. Patterns read it."""

from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from struct import Struct
from typing import Final

import msgspec

OTHER: Final = "(other)"

_STEP: Final = Struct("<Bi")
_WIDTH: Final = _STEP.size
_pack = _STEP.pack


@lru_cache(maxsize=10_000)
def extended(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """One object for all sessions that did the same kinds of things first: a hundred bytes less for each."""
    return (*names, name)


class ActionLog(msgspec.Struct, array_like=True, gc=False):
    """`names[i]` is type number i; `steps` holds (type number, milliseconds after `base_ms`) of each, oldest first.

    The milliseconds are signed 32-bit numbers: a session must not last longer than that, and
    `config.Session.max_length_ms` sees to it.
    """

    names: tuple[str, ...] = ()
    base_ms: int = 0
    steps: bytes = b""
    gone: dict[str, int] | None = None  # how many actions of a type have left the log

    def add(self, event_type: str, at_ms: int, max_types: int, max_actions: int, is_latest: bool) -> None:
        """`is_latest`: not older than any action before. Beyond `max_types` kinds, further ones are called `OTHER`."""
        try:
            number = self.names.index(event_type)
        except ValueError:
            number = self._new_type(event_type, max_types)
        steps = self.steps
        if not steps:
            self.base_ms = at_ms
        if is_latest:
            steps += _pack(number, at_ms - self.base_ms)
        else:
            place = bisect_right(self.times(), at_ms - self.base_ms) * _WIDTH
            steps = steps[:place] + _pack(number, at_ms - self.base_ms) + steps[place:]
        self.steps = steps
        if len(steps) > max_actions * _WIDTH:
            self._forget_oldest()

    def _new_type(self, event_type: str, max_types: int) -> int:
        name = event_type if len(self.names) < max_types else OTHER
        if name not in self.names:
            self.names = extended(self.names, name)
        return self.names.index(name)

    def _forget_oldest(self) -> None:
        name = self.names[self.steps[0]]
        self.gone = self.gone or {}
        self.gone[name] = self.gone.get(name, 0) + 1
        self.steps = self.steps[_WIDTH:]

    def types(self) -> bytes:
        """Type numbers, oldest first."""
        return self.steps[::_WIDTH]

    def times(self) -> list[int]:
        """Milliseconds after `base_ms`, oldest first."""
        return [after_ms for _, after_ms in _STEP.iter_unpack(self.steps)]

    def counts(self) -> Counter[str]:
        """By type, with those that have left the log."""
        counts = Counter(self.gone or {})
        for number, count in Counter(self.types()).items():
            counts[self.names[number]] += count
        return counts
