"""What the live stream says of itself, as Prometheus series."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from gateway.hub import Hub
from gateway.metric_table import METRICS, Metric


class LiveCollector(Collector):
    """`hub` None: nobody can listen, and there are no series."""

    def __init__(self, hub: Hub | None) -> None:
        self._hub = hub

    def describe(self) -> Iterable[Family]:
        return [_family(metric) for metric in _OURS]

    def collect(self) -> Iterator[Family]:
        for metric in _OURS:
            family = _family(metric)
            if self._hub is not None:
                family.add_metric((), _VALUES[metric.name](self._hub))
            yield family


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)


_OURS = tuple(metric for metric in METRICS if metric.source == "stream")
_VALUES: dict[str, Callable[[Hub], float]] = {
    "sessiond_stream_subscribers": lambda hub: hub.subscribers,
    "sessiond_stream_dropped_total": lambda hub: hub.dropped,
    "sessiond_stream_gaps_total": lambda hub: hub.gaps,
}
