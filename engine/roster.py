"""Which detectors are asked about an event: most have nothing to say of most, and to ask them all takes longest."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, NamedTuple

from engine.action import Action
from engine.detectors.base import NO_FINDINGS, Detector, Verdict
from engine.moment import Moment
from engine.states import index

_MAX_TYPES: Final = 4_096  # event types are the client's words: they are not remembered without end
_MAX_ASKED: Final = 8_192

Asking = tuple[int, int, int, bool]


class Watcher(NamedTuple):
    """One that is asked. `known_at`: where its state is among the session's, 0 = it remembers nothing."""

    known_at: int
    place: int  # in the table
    bit: int
    see: Callable[[Any, Moment, Action], Verdict]
    detector: Detector


class Profiles(dict[str, int]):
    """By the type of an event: the bits of the detectors that listen to it and, above them, of those that begin with
    it. 0 = it can matter to none of them, whatever they remember. The many types that only an app knows have one."""

    def __init__(self, detectors: Sequence[Detector | None], continuous_types: Collection[str]) -> None:
        super().__init__()
        self._detectors = tuple(detectors)
        self._continuous_types = continuous_types

    def __missing__(self, event_type: str) -> int:
        if len(self) >= _MAX_TYPES:
            self.clear()
        profile = 0
        for place, detector in enumerate(self._detectors):
            if detector is not None and self._listens(detector, event_type):
                begins = detector.first_types is None or event_type in detector.first_types
                profile |= 1 << place | begins << place + len(self._detectors)
        self[event_type] = profile
        return profile

    def _listens(self, detector: Detector, event_type: str) -> bool:
        if detector.event_types is None:
            return event_type not in self._continuous_types
        return event_type in detector.event_types


class Roster(dict[Asking, tuple[Watcher, ...]]):
    """By the profile of the event's type, the bits of the detectors that remember something, how many of `gaps_ms` the
    time since the latest action has reached, and whether that was of the same type. `detectors` by place in the table,
    None = turned off. `gaps_ms`: those that rules about neighbours ask for, the shortest first."""

    def __init__(self, detectors: Sequence[Detector | None]) -> None:
        super().__init__()
        self._detectors = tuple(detectors)
        gaps_ms = {one.max_gap_ms for one in detectors if one is not None and one.max_gap_ms is not None}
        self.gaps_ms = sorted(gaps_ms)

    def __missing__(self, asking: Asking) -> tuple[Watcher, ...]:
        if len(self) >= _MAX_ASKED:
            self.clear()
        profile, bits, reached, is_same_type = asking
        found: list[Watcher] = []
        for place, detector in enumerate(self._detectors):
            if detector is None or not profile >> place & 1:
                continue
            follows = self._follows(detector, reached, is_same_type=is_same_type)
            known = index(bits, place)
            if known or (follows and profile >> place + len(self._detectors) & 1):
                found.append(Watcher(known, place, 1 << place, detector.see if follows else _ends, detector))
        self[asking] = tuple(found)
        return self[asking]

    def _follows(self, detector: Detector, reached: int, *, is_same_type: bool) -> bool:
        """Whether the rule about neighbours, if it has one, is met."""
        is_close = detector.max_gap_ms is None or self.gaps_ms.index(detector.max_gap_ms) >= reached
        return is_close and (is_same_type or not detector.is_same_type)


def _ends(state: Any, moment: Moment, before: Action) -> Verdict:
    """What does not follow on ends what the detector remembers."""
    return None, NO_FINDINGS
