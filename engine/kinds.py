"""What an event type means to a session: looked up once, then remembered."""

from sys import intern
from typing import Final, Literal, NamedTuple

from engine import config
from engine.funnels import Funnels, Step

_MAX_KINDS: Final = 1_000  # event types are the client's words: they are not remembered without end

Counted = Literal["page", "click", "error", "vitals", ""]


class Kind(NamedTuple):
    name: str
    is_action: bool
    counter: Counted
    is_by_user: bool  # active time counts it
    steps: tuple[Step, ...]


class Kinds(dict[str, Kind]):
    def __init__(self, limits: config.Session, funnels: Funnels) -> None:
        super().__init__()
        self._limits = limits
        self._funnels = funnels

    def __missing__(self, event_type: str) -> Kind:
        limits = self._limits
        kind = Kind(
            name=intern(event_type),
            is_action=event_type not in limits.continuous_types,
            counter=_counter(event_type, limits),
            is_by_user=_is_by_user(event_type, limits),
            steps=self._funnels.steps_of(event_type),
        )
        if len(self) >= _MAX_KINDS:
            self.clear()
        self[kind.name] = kind
        return kind


def _counter(event_type: str, limits: config.Session) -> Counted:
    if event_type in limits.page_types:
        return "page"
    if event_type in limits.click_types:
        return "click"
    if event_type in limits.error_types:
        return "error"
    return "vitals" if event_type in limits.vitals_types else ""


def _is_by_user(event_type: str, limits: config.Session) -> bool:
    by_hand = (
        limits.move_types | limits.scroll_types | limits.press_types | limits.release_types | limits.selection_types
    )
    return event_type in by_hand or event_type not in limits.continuous_types | limits.error_types
