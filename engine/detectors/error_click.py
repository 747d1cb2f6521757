"""Error click: an error of the page, or a failed request, right after a click (Amplitude: 2 s). One error takes one
click, the newest that has none yet."""

from typing import Final

import msgspec
from msgspec.structs import replace

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
    """One that no error came after. `earlier`: those before it, in order of time; of the latest only."""

    element: str
    page: str
    event_id: str
    at_ms: int
    earlier: tuple["Clicked", ...] = ()


class ErrorClick(Detector):
    kind = "error_click"
    severity = "high"
    State = Clicked

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

    def see(self, state: Clicked | None, moment: Moment, before: Action) -> Verdict:
        oldest_ms = moment.at_ms - self._error_ms
        if moment.event_type in self._click_types:
            return (_joined(state, moment, oldest_ms) if self._counts(moment.click) else state), NO_FINDINGS
        if state is None or state.at_ms < oldest_ms:
            return None, NO_FINDINGS
        message = self._error(moment)
        if not message:
            return state, NO_FINDINGS
        earlier = state.earlier
        return (replace(earlier[-1], earlier=earlier[:-1]) if earlier else None), (_found(state, moment, message),)

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


def _joined(state: Clicked | None, moment: Moment, oldest_ms: int) -> Clicked:
    """A click after those that are still young enough to get an error."""
    element = "" if moment.click is None else element_of(moment.click)
    if state is None or state.at_ms < oldest_ms:
        return Clicked(element, moment.page, moment.event_id, moment.at_ms)
    earlier = (*[one for one in state.earlier if one.at_ms >= oldest_ms], replace(state, earlier=()))
    return Clicked(element, moment.page, moment.event_id, moment.at_ms, earlier[1 - _MAX_CLICKS :])


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
