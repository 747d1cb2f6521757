"""A run of actions that follow each other: what rules about neighbours remember."""

import msgspec

from engine.detectors.base import Action, remember
from engine.moment import Moment


class Run(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The watch drops it when an action does not follow on, so that what is here goes on."""

    count: int = 0
    first_ms: int = 0
    event_ids: tuple[str, ...] = ()


def extended(run: Run | None, moment: Moment, before: Action) -> Run:
    """With `moment`; a run that is new begins with `before`."""
    if run is None:
        return Run(2, before.at_ms, (before.event_id, moment.event_id))
    return Run(run.count + 1, run.first_ms, remember(run.event_ids, moment.event_id))
