"""What this gateway counts, per request and never per event.

Plain numbers, because the client library's locks and label look-ups cost more than the rest of a small request. One
event loop writes and reads them; nothing here is for several threads.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from gateway.metric_table import METRICS, Metric

Labels = tuple[str, ...]


class Spread:
    """One series of a histogram."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Upper bound and how many values were not above it."""
        found: list[tuple[str, float]] = []
        total = 0
        for bound, count in zip((*map(str, map(float, self._bounds)), "+Inf"), self._counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class Metrics(Collector):
    """Own registry, so that two servers in one process do not meet. `expose()` is the body of /metrics."""

    def __init__(self) -> None:
        self._by_name = {metric.name: metric for metric in METRICS if metric.source == "gateway"}
        self._accepted = self._duplicates = self._late = 0
        self._rejected: dict[Labels, int] = {}  # by code: a handful
        self._refused: dict[Labels, int] = {}  # connections, by reason
        self._routes: dict[Labels, RouteMetrics] = {}
        self._batch = Spread(self._by_name["sessiond_batch_events"].buckets)
        self._ack = Spread(self._by_name["sessiond_ack_seconds"].buckets)
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def count_acked(self, seconds: float, accepted: int, duplicates: int, late: int) -> None:
        self._ack.observe(seconds)
        self._batch.observe(accepted + duplicates)
        self._accepted += accepted
        self._duplicates += duplicates
        self._late += late

    def count_rejected(self, code: str) -> None:
        self._rejected[(code,)] = self._rejected.get((code,), 0) + 1

    def count_refused(self, reason: str) -> None:
        """A connection that was ended with its request unanswered, or answered by no route."""
        self._refused[(reason,)] = self._refused.get((reason,), 0) + 1

    def route(self, path: str) -> "RouteMetrics":
        """One for each route, made once."""
        bounds = self._by_name["sessiond_http_request_seconds"].buckets
        return self._routes.setdefault((path,), RouteMetrics(Spread(bounds)))

    def expose(self) -> bytes:
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Family]:
        counts: dict[str, Mapping[Labels, int]] = {
            "sessiond_events_accepted_total": {(): self._accepted},
            "sessiond_events_duplicate_total": {(): self._duplicates},
            "sessiond_events_late_total": {(): self._late},
            "sessiond_events_rejected_total": self._rejected,
            "sessiond_connections_refused_total": self._refused,
            "sessiond_http_requests_total": dict(self._answers()),
        }
        spreads: dict[str, dict[Labels, Spread]] = {
            "sessiond_batch_events": {(): self._batch},
            "sessiond_ack_seconds": {(): self._ack},
            "sessiond_http_request_seconds": {path: route.seconds for path, route in self._routes.items()},
        }
        for name, metric in self._by_name.items():
            yield _histogram(metric, spreads[name]) if metric.buckets else _counter(metric, counts[name])

    def _answers(self) -> Iterator[tuple[Labels, int]]:
        for (path,), route in self._routes.items():
            yield from (((path, str(status)), count) for status, count in route.statuses.items())


class RouteMetrics:
    """The answers of one route."""

    def __init__(self, seconds: Spread) -> None:
        self.seconds = seconds
        self.statuses: dict[int, int] = {}

    def observe(self, status: int, seconds: float) -> None:
        self.seconds.observe(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1


def _counter(metric: Metric, values: Mapping[Labels, int]) -> Family:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _histogram(metric: Metric, spreads: Mapping[Labels, Spread]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, spread in spreads.items():
        family.add_metric(labels, spread.buckets(), spread.sum)
    return family
