"""A run of actions that follow each other: what rules about neighbours remember."""

from typing import Self

import msgspec

from engine.detectors.base import Action, remember
from engine.wire import Seen


class Run(msgspec.Struct, array_like=True, gc=False):
    """The watch drops it when an action does not follow on, so that what is here goes on."""

    count: int = 0
    first_ms: int = 0
    event_ids: tuple[str, ...] = ()

    def extended(self, event: Seen, before: Action) -> Self:
        """With `event`; a run that is new begins with `before`."""
        if not self.count:
            self.count = 1
            self.first_ms = before.at_ms
            self.event_ids = (before.event_id,)
        self.count += 1
        self.event_ids = remember(self.event_ids, event.event_id)
        return self
