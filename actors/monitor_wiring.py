"""Configuration -> the monitor and its channels. Apart from `wiring.py`: only this process needs an HTTP client."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from actors.alert_check import KAFKA
from actors.channel import Channel
from actors.courier import Courier
from actors.monitor import Monitor
from actors.webhook import Webhook
from actors.wiring import system_now_ms, wait_for_room
from engine.config import Alerts, Config
from persistence.monitor_store import MonitorStore
from persistence.retry import Backoff

FOLDER: Final = "monitor"


def open_monitor(config: Config, on_error: Callable[[Exception], None]) -> Monitor:
    """Waits while the disk is too full to open it. `on_error`: see `Courier`."""
    wait_for_room(config)
    limits = config.alerts
    store = MonitorStore(Path(config.data_dir) / FOLDER, lock_wait_ms=config.journal.lock_wait_ms)
    couriers = [
        Courier(
            channel=channel,
            store=store,
            clock=system_now_ms,
            backoff=Backoff(limits.retry_min_ms, limits.retry_max_ms),
            max_retries=max_retries,
            on_error=on_error,
        )
        for channel, max_retries in _channels(limits)
    ]
    return Monitor(store=store, rules=limits.rules, couriers=couriers, clock=system_now_ms)


def _channels(limits: Alerts) -> list[tuple[Channel, int]]:
    """And how often each tries again."""
    found: list[tuple[Channel, int]] = [
        (
            Webhook(name=hook.name, url=hook.url, secret=hook.secret, timeout_ms=hook.timeout_ms),
            hook.max_retries,
        )
        for hook in limits.webhooks
    ]
    kafka = limits.kafka
    if kafka.bootstrap_servers:
        from actors.kafka_channel import KafkaChannel  # a monitor without Kafka does without its client

        channel = KafkaChannel(
            name=KAFKA,
            bootstrap_servers=kafka.bootstrap_servers,
            topic=kafka.topic,
            timeout_ms=kafka.timeout_ms,
        )
        found.append((channel, kafka.max_retries))
    return found
