"""What shards and persisters say of themselves, as Prometheus series; read when somebody asks."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from actors.ports import EngineClient, EngineHealth, PersisterStats, ShardStats
from gateway.metric_table import METRICS, Metric

Sample = tuple[tuple[str, ...], float]  # label values, value


class EngineCollector(Collector):
    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    def describe(self) -> Iterable[Family]:
        return [_family(metric) for metric in METRICS if metric.source == "engine"]

    def collect(self) -> Iterator[Family]:
        health = self._engine.health()
        for metric in METRICS:
            if metric.source == "engine":
                family = _family(metric)
                for labels, value in self._samples(metric.name, health):
                    family.add_metric(labels, value)
                yield family

    def _samples(self, name: str, health: EngineHealth) -> Iterator[Sample]:
        if name == "sessiond_pending_events":
            yield (), self._engine.pending_events()
        elif name == "sessiond_store_up":
            yield (), health.store_ok
        elif name == "sessiond_shard_up":
            yield from (((str(number),), shard is not None) for number, shard in enumerate(health.shards))
        elif name in _OF_SHARD:
            yield from _per_shard(health, _OF_SHARD[name])
        elif name in _OF_SHARD_BY_NAME:
            yield from _per_shard_and_name(health, _OF_SHARD_BY_NAME[name])
        else:
            yield from _per_sink(name, health)


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)


_OF_SHARD: dict[str, Callable[[ShardStats], float]] = {
    "sessiond_shard_epoch": lambda shard: shard.epoch,
    "sessiond_rules_version": lambda shard: shard.rules_version,
    "sessiond_sessions_live": lambda shard: shard.live,
    "sessiond_sessions_started_total": lambda shard: shard.started,
    "sessiond_journal_frames": lambda shard: shard.last_seq,
    "sessiond_journal_replay_frames": lambda shard: shard.last_seq - shard.snapshot_seq,
    "sessiond_journal_replay_events": lambda shard: shard.replay_events,
    "sessiond_journal_bytes": lambda shard: shard.journal_bytes,
    "sessiond_happenings": lambda shard: shard.happenings,
    "sessiond_happenings_bytes": lambda shard: shard.happenings_bytes,
    "sessiond_findings_dropped_total": lambda shard: shard.findings_dropped,
    "sessiond_events_unjudged_total": lambda shard: shard.unjudged,
    "sessiond_monitor_slices_dropped_total": lambda shard: shard.slices_dropped,
    "sessiond_free_disk_percent": lambda shard: shard.free_disk_percent,
}
_OF_SHARD_BY_NAME: dict[str, Callable[[ShardStats], dict[str, int]]] = {
    "sessiond_sessions_ended_total": lambda shard: shard.ended,
    "sessiond_anomalies_total": lambda shard: shard.anomalies,
    "sessiond_events_unfolded_total": lambda shard: shard.unfolded,
    "sessiond_detector_errors_total": lambda shard: shard.detector_errors,
}
_OF_SINK: dict[str, Callable[[PersisterStats], float]] = {
    "sessiond_sink_lag_frames": lambda sink: sink.lag_frames,
    "sessiond_sink_lag_seconds": lambda sink: sink.lag_ms / 1000,
    "sessiond_sink_errors_total": lambda sink: sink.errors,
}


def _per_shard(health: EngineHealth, value: Callable[[ShardStats], float]) -> Iterator[Sample]:
    return (((str(shard.shard),), value(shard)) for shard in health.shards if shard is not None)


def _per_shard_and_name(health: EngineHealth, values: Callable[[ShardStats], dict[str, int]]) -> Iterator[Sample]:
    for shard in health.shards:
        if shard is not None:
            yield from (((str(shard.shard), name), count) for name, count in values(shard).items())


def _per_sink(name: str, health: EngineHealth) -> Iterator[Sample]:
    for sink in health.sinks:
        labels = (str(sink.shard), sink.sink)
        if name == "sessiond_sink_rows_total":
            yield from (((*labels, table), rows) for table, rows in sink.rows.items())
        else:
            yield labels, _OF_SINK[name](sink)
