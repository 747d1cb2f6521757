"""What the monitor and its channels say of themselves, as Prometheus series; read when somebody asks."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from actors.alert_ports import Alerts, MonitorHealth
from gateway.metric_table import METRICS, Metric

Sample = tuple[tuple[str, ...], float]  # label values, value


class AlertCollector(Collector):
    """`alerts` None: they are switched off, and there are no series."""

    def __init__(self, alerts: Alerts | None) -> None:
        self._alerts = alerts

    def describe(self) -> Iterable[Family]:
        return [_family(metric) for metric in _OURS]

    def collect(self) -> Iterator[Family]:
        health = None if self._alerts is None else self._alerts.monitor_health()
        for metric in _OURS:
            family = _family(metric)
            for labels, value in () if health is None else _SAMPLES[metric.name](health):
                family.add_metric(labels, value)
            yield family


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)


def _by_channel(counts: dict[str, int]) -> list[Sample]:
    return [((channel,), count) for channel, count in sorted(counts.items())]


_OURS = tuple(metric for metric in METRICS if metric.source == "monitor")
_SAMPLES: dict[str, Callable[[MonitorHealth], list[Sample]]] = {
    "sessiond_monitor_up": lambda health: [((), not health.error)],
    "sessiond_monitor_lag_seconds": lambda health: [((), health.lag_ms / 1000)],
    "sessiond_alerts_firing": lambda health: [((), health.stats.firing)],
    "sessiond_monitor_groups": lambda health: [((), health.stats.groups)],
    "sessiond_monitor_learned": lambda health: [((), health.stats.learned)],
    "sessiond_monitor_refused_total": lambda health: [((), health.stats.refused)],
    "sessiond_channel_waiting": lambda health: _by_channel(health.stats.waiting),
    "sessiond_channel_failures_total": lambda health: _by_channel(health.stats.failures),
    "sessiond_channel_given_up_total": lambda health: _by_channel(health.stats.given_up),
}
