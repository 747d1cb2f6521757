"""Error click: an error of the page, or a failed request, right after a click (Amplitude: 2 s). One error takes one
click, the newest that has none yet."""

from typing import Final

import msgspec

from engine import config, rules
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.element import element_of
from engine.ignored import Ignored
from engine.moment import Moment
from engine.traits import MODIFIED, OPTED_OUT
from engine.wire import Click

_ASKS_NOTHING: Final = OPTED_OUT | MODIFIED  # of this page: a link with a key held opens in another tab
_MAX_CLICKS: Final = 8  # that may still get an error
# Browsers send these without a fault of the page: a resize that goes on, a script of another origin.
_NOISE: Final = ("ResizeObserver loop", "Script error.")


class Clicked(msgspec.Struct, array_like=True, frozen=True, gc=False):
    element: str
    page: str
    event_id: str
    at_ms: int


class Clicks(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Those that no error came after: the latest, and in order of time those before it."""

    latest: Clicked
    earlier: tuple[Clicked, ...] = ()


class ErrorClick(Detector):
    kind = "error_click"
    severity = "high"
    State = Clicks

    def __init__(self, rule: rules.ErrorClick, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._error_ms = rule.error_ms
        self._min_status = rule.min_status
        self._ignored = Ignored(rule.ignore_selectors, rule.ignore_texts)
        self._click_types = kinds.click_types
        self._request_types = kinds.request_types
        self.event_types = kinds.click_types | kinds.error_types | kinds.request_types
        self.first_types = kinds.click_types
        self.lasts_ms = rule.error_ms

    def see(self, state: Clicks | None, moment: Moment, before: Action) -> Verdict:
        recent = () if state is None else (*state.earlier, state.latest)
        oldest_ms = moment.at_ms - self._error_ms
        left = recent
        if recent and recent[0].at_ms < oldest_ms:
            left = tuple([click for click in recent if click.at_ms >= oldest_ms])
        found: tuple[Finding, ...] = NO_FINDINGS
        if moment.event_type in self._click_types:
            if self._counts(moment.click):
                left = (*left, _clicked(moment))[-_MAX_CLICKS:]
        elif left and (message := self._error(moment)):
            found = (_found(left[-1], moment, message),)
            left = left[:-1]
        if left is recent:
            return state, found
        return (Clicks(left[-1], left[:-1]) if left else None), found

    def _counts(self, click: Click | None) -> bool:
        return click is None or not (click.traits & _ASKS_NOTHING or self._ignored.holds(click))

    def _error(self, moment: Moment) -> str:
        """What went wrong; "" = nothing did."""
        if moment.event_type not in self._request_types:
            return "" if moment.error.startswith(_NOISE) else moment.error or moment.event_type
        facts = moment.facts
        if facts is None:
            return ""
        if facts.status < 0:
            return f"{facts.route} was not answered"
        return f"{facts.route} was answered {facts.status}" if facts.status >= self._min_status else ""


def _clicked(moment: Moment) -> Clicked:
    element = "" if moment.click is None else element_of(moment.click)
    return Clicked(element, moment.page, moment.event_id, moment.at_ms)


def _found(clicked: Clicked, moment: Moment, message: str) -> Finding:
    after_ms = moment.at_ms - clicked.at_ms
    return Finding(
        first_event_id=clicked.event_id,
        started_ms=clicked.at_ms,
        last_ms=moment.at_ms,
        detected_ms=moment.at_ms,
        description=f"{after_ms} ms after a click on {clicked.element or 'the page'}: {message.rstrip('.')}.",
        event_ids=(clicked.event_id, moment.event_id),
        details={"message": message, "after_ms": after_ms, "path": clicked.page, "element": clicked.element},
    )
