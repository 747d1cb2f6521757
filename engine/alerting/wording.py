"""An alert in a sentence that a person understands."""

from typing import Final

from engine.alerting.judging import Verdict, span_of
from engine.alerting.rule import AlertRule
from engine.alerting.seasonal import hour_name
from engine.alerting.series import MINUTE_MS

_WINDOWS: Final = {"1m": "1 minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "1 hour"}
_UNITS: Final = {"avg_lcp": " ms", "avg_ttfb": " ms"}


def text_of(rule: AlertRule, group: str, verdict: Verdict, now_ms: int) -> str:
    if rule.kind == "surge":
        return _surge(rule, group, verdict, now_ms)
    if rule.kind == "outage":
        return _outage(rule, group, verdict, now_ms)
    what = _what(rule, group)
    value, limit = _shown(rule, verdict.measure.value), _shown(rule, rule.value)
    if rule.kind == "absence":
        return f"{what}: {value} in {_WINDOWS[rule.window]}; below {limit} is an alert."
    of = f" ({verdict.measure.part} of {verdict.measure.volume})" if rule.formula.is_rate else ""
    of += f", {verdict.sessions} sessions" if verdict.sessions else ""
    return f"{what} is {value} in {_WINDOWS[rule.window]}{of}; {rule.operator} {limit} is an alert."


def _surge(rule: AlertRule, group: str, verdict: Verdict, now_ms: int) -> str:
    normal, hour = verdict.normal, hour_name(span_of(rule, now_ms).first)
    count = f"{_what(rule, group)}: {verdict.measure.part} in {_WINDOWS[rule.window]}"
    if normal is None:
        return f"{count}."
    known = f"normal on {hour} is {normal.middle:g} (of {normal.windows} windows)"
    return f"{count}; {known}, above {verdict.threshold:g} is an alert."


def _outage(rule: AlertRule, group: str, verdict: Verdict, now_ms: int) -> str:
    measure = verdict.measure
    clicks = f"{measure.part} of {measure.volume} clicks in {_WINDOWS[rule.window]} went wrong"
    normal = "" if verdict.baseline is None else f" (normal is {verdict.baseline:.1%})"
    sessions = f"{verdict.sessions} session{'' if verdict.sessions == 1 else 's'}"
    return f"{group} broke {_ago(now_ms // MINUTE_MS - verdict.since)}, {sessions}: {clicks}{normal}."


def _ago(minutes: int) -> str:
    if minutes <= 0:
        return "just now"
    return "1 minute ago" if minutes == 1 else f"{minutes} minutes ago"


def _what(rule: AlertRule, group: str) -> str:
    filters = ", ".join(f"{name} {value}" for name, value in sorted(rule.filters.items()))
    of = group or filters
    return f"{rule.metric} of {of}" if of else rule.metric


def _shown(rule: AlertRule, value: float) -> str:
    if rule.metric.endswith("_rate"):
        return f"{value * 100:.3g} %"
    return f"{value:.6g}{_UNITS.get(rule.metric, '')}"
