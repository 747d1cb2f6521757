"""Whether what a rule asks for is the case."""

import operator
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.alerting.learning import Learning, Place
from engine.alerting.rule import AlertRule
from engine.alerting.seasonal import Normal
from engine.alerting.series import MINUTE_MS
from engine.alerting.windows import Measure, Span, Windows

LATE_MS: Final = 5_000  # so long after a minute all that came in it is counted

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}


class Verdict(NamedTuple):
    """`since`: the first bad minute of an outage, 0 = not asked. `normal`: of a surge. `sessions`: 0 = unknown."""

    is_bad: bool
    measure: Measure
    threshold: float
    baseline: float | None = None
    normal: Normal | None = None
    sessions: int = 0
    since: int = 0


class Scope(NamedTuple):
    """What is looked at: `groups` None = all there are, together. `is_firing`: the rule fires for it already."""

    place: Place
    groups: Sequence[str] | None
    is_firing: bool = False


def settled_minute(now_ms: int) -> int:
    """The minute that is going on; the one before is counted whole."""
    return (now_ms - LATE_MS) // MINUTE_MS


def span_of(rule: AlertRule, now_ms: int) -> Span:
    """The minute that has begun and those before it, so that what is too much is seen at once and never counts more
    than the window; for what is too little the last whole minutes."""
    if rule.is_below:
        settled = settled_minute(now_ms)
        return Span(settled - rule.minutes, settled - 1)
    minute = now_ms // MINUTE_MS
    return Span(minute - rule.minutes + 1, minute)


class Judge(NamedTuple):
    """`steady_ms`: since then counts came without a break, so that a window after it has all of its counts."""

    windows: Windows
    learning: Learning
    steady_ms: int

    def judge(self, rule: AlertRule, scope: Scope, now_ms: int) -> Verdict | None:
        """None: it cannot be told, and nothing changes."""
        span = span_of(rule, now_ms)
        needs_all = rule.is_below or rule.kind == "surge"
        if needs_all and span.first * MINUTE_MS < self.steady_ms:
            return None
        measure = self.windows.measure(scope.place[0], rule.formula, scope.groups, span)
        if rule.kind == "surge":
            return self.surge(rule, scope, measure, span)
        if rule.kind == "outage":
            return self.outage(rule, scope, measure, span)
        if rule.is_below and not scope.is_firing:
            known = self.windows.known_since(scope.place[0], rule.formula, scope.groups)
            if known is None or known > span.first:
                return None
        if rule.kind == "absence":
            return Verdict(measure.value < rule.value, measure, float(rule.value))
        is_bad = measure.volume >= rule.min_volume and _COMPARE[rule.operator](measure.value, rule.value)
        if (rule.formula.is_rate or rule.formula.is_mean) and not measure.volume:
            is_bad = False  # of nothing there is no rate
        sessions = self._sessions(rule, scope, span) if is_bad else 0
        return Verdict(is_bad, measure, float(rule.value), sessions=sessions)

    def surge(self, rule: AlertRule, scope: Scope, measure: Measure, span: Span) -> Verdict:
        """Against the hour of the week in which the window began."""
        known = self.learning.seasonal_of(rule, scope.place)
        normal = known.normal(span.first) if known and measure.part >= max(1, rule.min_volume) else None
        if normal is None:
            return Verdict(False, measure, float(rule.min_volume))
        limit = max(normal.middle * float(rule.factor), normal.middle + rule.deviations * normal.deviation)
        threshold = max(limit, float(rule.min_volume))
        return Verdict(measure.part > limit, measure, threshold, normal.middle, normal)

    def outage(self, rule: AlertRule, scope: Scope, measure: Measure, span: Span) -> Verdict:
        known = self.learning.usual_of(rule, scope.place)
        rate = known.rate if known else None
        if rate is None:
            return Verdict(False, measure, float(rule.value))
        threshold = max(float(rule.value), rule.factor * rate)
        if measure.volume < max(1, rule.min_volume) or measure.value < threshold:
            return Verdict(False, measure, threshold, rate)
        sessions = self._sessions(rule, scope, span)
        if sessions < rule.min_sessions:
            return Verdict(False, measure, threshold, rate, sessions=sessions)
        since = self._since(rule, scope, threshold, span.last)
        return Verdict(True, measure, threshold, rate, sessions=sessions, since=since)

    def _sessions(self, rule: AlertRule, scope: Scope, span: Span) -> int:
        return self.windows.sessions(scope.place[0], rule.formula, scope.groups, span)

    def _since(self, rule: AlertRule, scope: Scope, threshold: float, last: int) -> int:
        """Back from now to the last minute in which clicks were answered; the first bad one after it."""
        known = self.windows.known_since(scope.place[0], rule.formula, scope.groups)
        since = last
        for minute in range(last, (last if known is None else known) - 1, -1):
            measure = self.windows.measure(scope.place[0], rule.formula, scope.groups, Span(minute, minute))
            if measure.part and measure.value >= threshold:
                since = minute
            elif measure.volume:
                break
        return since
