"""What types cannot say about the configuration of alerts: names that are given once, and exist."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from engine.config import Alerts
from engine.errors import ConfigError

KAFKA: Final = "kafka"  # the name of its channel


def channel_names(limits: Alerts) -> list[str]:
    return [hook.name for hook in limits.webhooks] + ([KAFKA] if limits.kafka.bootstrap_servers else [])


def check_channels(limits: Alerts) -> None:
    """Raises ConfigError. With the configuration, before anything starts: a monitor that finds it would start again and
    again."""
    _check_once("alerts.webhooks", channel_names(limits))


def check_uses(limits: Alerts) -> None:
    """Raises ConfigError for rules that cannot be told apart, or that tell channels which are not there."""
    _check_once("alerts.rules", (rule.name for rule in limits.rules))
    channels = channel_names(limits)
    for rule in limits.rules:
        for name in rule.channels:
            if name not in channels:
                allowed = f"{', '.join(channels)} is allowed" if channels else "there is no channel"
                message = f'`channels` of the alert rule "{rule.name}" names "{name}"; {allowed}.'
                raise ConfigError(message)


def _check_once(setting: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            message = f'`{setting}` holds the name "{name}" {count} times; each name once is allowed.'
            raise ConfigError(message)
