"""What a run of the crash loop is to do, and what came of it."""

import json
from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple

import msgspec

from engine.alerting import AlertRule
from engine.config import Config, Session
from tests.chaos.faults import Fault
from tests.chaos.monitor import RULES
from tests.chaos.nemesis import PAUSE_S
from tests.chaos.verdict import Verdict


class Plan(NamedTuple):
    """The faults are done one after the other, until there are no more or so many seconds have passed."""

    seed: str
    faults: Iterable[Fault]
    seconds: float = inf
    clients: int = 4
    visitors: int = 250  # of each client
    events_per_s: float = 300.0
    shards: int = 2
    calm_s: tuple[float, float] = (0.5, 3.0)  # between the recovery and the next fault
    pause_s: float = PAUSE_S
    gap_ms: int = 60_000  # short ones, so that sessions time out, come again and take late events in a short run
    grace_ms: int = 4_000
    late_ms: int = 600_000  # no event of the traffic is older, so that no copy of one falls behind the limit
    sample: int = 1_000

    def config(self) -> Config:
        """A session must not outlive the time in which late events find it, as by default: else what goes on in one
        that ended is too late one day, and a resend of it unknown."""
        return Config(
            session=Session(
                gap_ms=self.gap_ms, grace_ms=self.grace_ms, late_ms=self.late_ms, max_length_ms=self.late_ms
            )
        )

    def settings(self) -> str:
        """As the server reads them: the same, and rules for alerts about probes."""
        session = self.config().session
        limits = {name: getattr(session, name) for name in ("gap_ms", "grace_ms", "late_ms", "max_length_ms")}
        return f"[session]\n{_settings(limits)}{''.join(map(_alert_rule, RULES))}"


class Result(NamedTuple):
    """By fault: `accepting_s`, seconds until the next ack, and `alerting_s`, until an event after it was in an alert.
    `frames`, `ledgers`: how many were looked at. `counted`: events, by the monitor; `alerts`: that it reported about
    them. `rule_changes`: that were acked, and that got no answer."""

    accepting_s: dict[str, list[float]]
    alerting_s: dict[str, list[float]]
    sent: int
    acked: int
    refused: int
    answers: dict[str, int]
    sessions: int
    frames: int
    ledgers: int
    counted: int
    alerts: int
    rule_changes: tuple[int, int]
    seconds: float
    verdict: Verdict


def _settings(values: Mapping[str, object]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def _alert_rule(rule: AlertRule) -> str:
    """As the configuration file has it."""
    fields = msgspec.to_builtins(rule)
    filters = ", ".join(f"{name} = {json.dumps(value)}" for name, value in fields.pop("filters").items())
    return f"[[alerts.rules]]\n{_settings(fields)}filters = {{{filters}}}\n"
