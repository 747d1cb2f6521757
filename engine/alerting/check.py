"""What types cannot say about alert rules: that each is about something that there is."""

from collections.abc import Collection, Iterable

from engine.alerting.metrics import CLICK_ANOMALIES, NAMES, dimension_of
from engine.alerting.rule import AlertRule
from engine.errors import ConfigError


def check_rules(rules: Iterable[AlertRule], anomaly_types: Collection[str]) -> None:
    """Raises ConfigError that names the rule, the field, what came and what is allowed. `anomaly_types`: all that
    detectors and sequences report."""
    metrics = (*NAMES, *sorted({*anomaly_types, *CLICK_ANOMALIES}))
    for rule in rules:
        if rule.metric not in metrics:
            _refuse(rule, "metric", rule.metric, f"one of {', '.join(metrics)}")
        dimension = dimension_of(rule.metric)
        if rule.group_by not in ("", dimension):
            _refuse(rule, "group_by", rule.group_by, _either(dimension))
        for name in rule.filters:
            if not dimension or name != dimension:
                _refuse(rule, "filters", name, f'"{dimension}"' if dimension else "no filter")
        formula = rule.formula
        if rule.kind == "outage" and (rule.group_by != "element" or not formula.is_rate):
            _refuse(rule, "kind", rule.kind, "an outage of a rate by element, such as click_trouble_rate")
        if rule.kind == "surge" and (formula.is_rate or formula.is_mean):
            _refuse(rule, "kind", rule.kind, "a surge of what is counted, no rate and no mean")
        if rule.kind == "absence" and (formula.is_rate or formula.is_mean):
            _refuse(rule, "kind", rule.kind, "the absence of what is counted, no rate and no mean")


def _either(dimension: str) -> str:
    return f'"" or "{dimension}"' if dimension else '""'


def _refuse(rule: AlertRule, field: str, value: str, allowed: str) -> None:
    message = f'`{field}` of the alert rule "{rule.name}" is "{value}"; with this metric, allowed is {allowed}.'
    if field == "metric":
        message = f'`metric` of the alert rule "{rule.name}" is "{value}"; allowed is {allowed}.'
    raise ConfigError(message)
