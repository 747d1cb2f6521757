"""A configuration of alerts that names what is not there, or names something twice, stops the start."""

import pytest

from actors.alert_check import channel_names, check_channels, check_uses
from engine.config import AlertKafka, Alerts, Webhook
from engine.errors import ConfigError
from tests.alerting import many_events

HOOK = Webhook(name="hook", url="https://example.org")
KAFKA = AlertKafka(bootstrap_servers="broker:9092")


def check(limits: Alerts) -> None:
    check_channels(limits)
    check_uses(limits)


def test_the_default_is_sound() -> None:
    check(Alerts())


def test_a_rule_may_name_webhooks_and_kafka() -> None:
    limits = Alerts(rules=(many_events(channels=("hook", "kafka")),), webhooks=(HOOK,), kafka=KAFKA)
    check(limits)
    assert channel_names(limits) == ["hook", "kafka"]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Alerts(rules=(many_events(), many_events())), '`alerts.rules` holds the name "many" 2 times'),
        (Alerts(webhooks=(HOOK, HOOK)), '`alerts.webhooks` holds the name "hook" 2 times'),
        (Alerts(webhooks=(Webhook("kafka", "https://example.org"),), kafka=KAFKA), 'the name "kafka" 2 times'),
        (Alerts(rules=(many_events(channels=("x",)),), webhooks=(HOOK,)), 'names "x"; hook is allowed'),
        (Alerts(rules=(many_events(channels=("kafka",)),)), 'names "kafka"; there is no channel'),
    ],
)
def test_what_is_wrong_is_named(limits: Alerts, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        check(limits)
    assert said in error.value.message
