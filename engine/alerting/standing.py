"""Which alerts stand: begun once, firing while the rule says so, resolved after a whole fine window, then at rest."""

from collections.abc import Iterator
from typing import Final

import msgspec
import xxhash
from msgspec.structs import replace

from engine.alerting.alert import Alert
from engine.alerting.judging import Verdict
from engine.alerting.learning import Place
from engine.alerting.rule import AlertRule
from engine.alerting.series import MINUTE_MS
from engine.alerting.wording import text_of

MAX_STANDINGS: Final = 10_000  # that fire or rest; beyond, none begins


class Standing(msgspec.Struct, array_like=True):
    """`fine_ms`: since when the rule does not say so any more, 0 = it does. `since`: see `Verdict`."""

    alert: Alert
    fine_ms: int = 0
    since: int = 0


class Standings(msgspec.Struct, array_like=True):
    """The last alert by rule, project and group. `refused`: how many did not begin because there was no room."""

    items: dict[str, Standing] = {}
    refused: int = 0

    def firing(self, rule: AlertRule, place: Place) -> Alert | None:
        standing = self.items.get(_key(rule, place))
        return standing.alert if standing and standing.alert.state == "firing" else None

    def all_firing(self) -> Iterator[Alert]:
        return (standing.alert for standing in self.items.values() if standing.alert.state == "firing")

    def decide(self, rule: AlertRule, place: Place, verdict: Verdict, now_ms: int) -> Alert | None:
        """The alert, if it began, changed or is over."""
        key = _key(rule, place)
        standing = self.items.get(key)
        if standing is None or standing.alert.state == "resolved":
            rests = standing is not None and now_ms - standing.alert.resolved_ms < rule.cooldown_ms
            return self._begin(key, rule, place, verdict, now_ms) if verdict.is_bad and not rests else None
        if verdict.is_bad:
            standing.fine_ms = 0
            return _gone_on(standing, rule, verdict, now_ms)
        standing.fine_ms = standing.fine_ms or now_ms
        if now_ms - standing.fine_ms < rule.minutes * MINUTE_MS:
            return None
        return _changed(standing, state="resolved", resolved_ms=now_ms, updated_ms=now_ms)

    def forget(self, rules: dict[str, AlertRule], now_ms: int) -> None:
        """Those of rules that are gone, and those that have rested."""
        self.items = {
            key: standing
            for key, standing in self.items.items()
            if (rule := rules.get(standing.alert.rule)) is not None
            and (standing.alert.state == "firing" or now_ms - standing.alert.resolved_ms < rule.cooldown_ms)
        }

    def _begin(self, key: str, rule: AlertRule, place: Place, verdict: Verdict, now_ms: int) -> Alert | None:
        if key not in self.items and len(self.items) >= MAX_STANDINGS:
            self.refused += 1
            return None
        alert = _begun(rule, place, verdict, now_ms)
        self.items[key] = Standing(alert, since=verdict.since)
        return alert


def _begun(rule: AlertRule, place: Place, verdict: Verdict, now_ms: int) -> Alert:
    project_id, group = place
    name = "\0".join((rule.name, project_id, group, str(now_ms // MINUTE_MS)))
    return Alert(
        id=xxhash.xxh3_64_hexdigest(name.encode()),
        project_id=project_id,
        rule=rule.name,
        kind=rule.kind,
        metric=rule.metric,
        group=group,
        state="firing",
        value=verdict.measure.value,
        threshold=verdict.threshold,
        sessions=verdict.sessions,
        started_ms=now_ms,
        updated_ms=now_ms,
        severity=rule.severity,
        text=text_of(rule, group, verdict, now_ms),
        baseline=verdict.baseline,
    )


def _gone_on(standing: Standing, rule: AlertRule, verdict: Verdict, now_ms: int) -> Alert | None:
    """Said at most once a minute."""
    alert = standing.alert
    is_same = verdict.measure.value == alert.value and verdict.sessions == alert.sessions
    if is_same or now_ms // MINUTE_MS == alert.updated_ms // MINUTE_MS:
        return None
    verdict = verdict._replace(since=standing.since)
    return _changed(
        standing,
        value=verdict.measure.value,
        threshold=verdict.threshold,
        baseline=verdict.baseline,
        sessions=verdict.sessions,
        updated_ms=now_ms,
        text=text_of(rule, alert.group, verdict, now_ms),
    )


def _changed(standing: Standing, **fields: object) -> Alert:
    standing.alert = replace(standing.alert, version=standing.alert.version + 1, **fields)
    return standing.alert


def _key(rule: AlertRule, place: Place) -> str:
    return "\0".join((rule.name, *place))
