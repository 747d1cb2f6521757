"""A run of actions that follow each other: what rules about neighbours remember."""

from typing import Self

import msgspec

from engine.detectors.base import Action, remember
from engine.wire import Seen


class Run(msgspec.Struct, array_like=True, gc=False):
    """`last_id`: the action that the run has come to. When another one came since, the run is over."""

    last_id: str = ""
    count: int = 0
    first_ms: int = 0
    event_ids: tuple[str, ...] = ()

    def extended(self, event: Seen, before: Action) -> Self:
        """With `event`; anew from `before` on when that is not where the run had come to."""
        if self.last_id != before.event_id:
            self.count = 1
            self.first_ms = before.at_ms
            self.event_ids = (before.event_id,)
        self.count += 1
        self.event_ids = remember(self.event_ids, event.event_id)
        self.last_id = event.event_id
        return self
