"""Slow page: its vitals are above what a person waits for without noticing (GoSight's limits; strictly above).

One anomaly per page view, said again with every slow report of the same view: vitals come in several, the last ones
when the page is left already. A page is viewed anew when a page view of it comes that is not a mere change of the
address.
"""

from typing import Final

import msgspec

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.moment import Moment
from engine.rules import SlowPage as Rule
from engine.wire import Facts

_MAX_VIEWS: Final = 4  # slow ones whose vitals may still grow


class SlowView(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`worst`: milliseconds of each vital that was above its limit."""

    page: str
    first_ms: int
    worst: dict[str, float] = {}
    event_ids: tuple[str, ...] = ()


class SlowViews(msgspec.Struct, array_like=True, frozen=True, gc=False):
    views: tuple[SlowView, ...]


class SlowPage(Detector):
    kind = "slow_page"
    severity = "medium"
    State = SlowViews

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._limits_ms = {"lcp": rule.lcp_ms, "ttfb": rule.ttfb_ms, "fcp": rule.fcp_ms, "load": rule.load_ms}
        self._page_types = kinds.page_types
        self.event_types = kinds.vitals_types | kinds.page_types
        self.first_types = kinds.vitals_types

    def see(self, state: SlowViews | None, moment: Moment, before: Action) -> Verdict:
        facts, views = moment.facts, () if state is None else state.views
        if moment.event_type in self._page_types:
            if facts is not None and facts.navigation == "replace":
                return state, NO_FINDINGS
            others = tuple(view for view in views if view.page != moment.page)
            return (SlowViews(others) if others else None), NO_FINDINGS
        slow = {} if facts is None else self._slow(facts)
        if not slow:
            return state, NO_FINDINGS
        known = next((view for view in views if view.page == moment.page), SlowView(moment.page, moment.at_ms))
        worst = known.worst | {name: max(value, known.worst.get(name, 0)) for name, value in slow.items()}
        view = SlowView(known.page, known.first_ms, worst, remember(known.event_ids, moment.event_id))
        others = tuple(other for other in views if other is not known)[1 - _MAX_VIEWS :]
        return SlowViews((*others, view)), (self._found(view, moment.at_ms),)

    def _slow(self, facts: Facts) -> dict[str, float]:
        values = (facts.lcp, facts.ttfb, facts.fcp, facts.load)
        return {
            name: value
            for (name, limit_ms), value in zip(self._limits_ms.items(), values, strict=True)
            if value is not None and value > limit_ms
        }

    def _found(self, view: SlowView, last_ms: int) -> Finding:
        slow = {name: view.worst[name] for name in self._limits_ms if name in view.worst}
        said = ", ".join(f"{name} {_whole(ms)} ms (more than {self._limits_ms[name]})" for name, ms in slow.items())
        return Finding(
            first_event_id=view.event_ids[0],
            started_ms=view.first_ms,
            last_ms=last_ms,
            detected_ms=last_ms,
            description=f"The page {view.page or 'without a path'} was slow: {said}.",
            event_ids=view.event_ids,
            details={"page": view.page, **{f"{name}_ms": value_ms for name, value_ms in slow.items()}},
        )


def _whole(value_ms: float) -> str:
    """`3400` and `3000.4`: never as much as the limit that it is above."""
    return f"{value_ms:.1f}".removesuffix(".0")
