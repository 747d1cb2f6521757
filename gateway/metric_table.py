"""Every metric, once: its name, kind, labels and meaning. `docs/metrics.md` is made from this table."""

from typing import Final, Literal, NamedTuple


class Metric(NamedTuple):
    """`source`: "gateway" is counted here per request, "engine" is read from the shards and persisters at a scrape,
    "stream" from the live stream, "monitor" from the monitor."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    source: Literal["gateway", "engine", "stream", "monitor"]
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)

METRICS: Final = (
    Metric("sessiond_events_accepted_total", "counter", "gateway", (), "Events on disk that were new."),
    Metric("sessiond_events_duplicate_total", "counter", "gateway", (), "Events that were there already."),
    Metric("sessiond_events_rejected_total", "counter", "gateway", ("code",), "Events refused, by reason."),
    Metric("sessiond_events_late_total", "counter", "gateway", (), "Accepted events of sessions that had ended."),
    Metric("sessiond_batch_events", "histogram", "gateway", (), "Valid events per request.", _SIZES),
    Metric("sessiond_ack_seconds", "histogram", "gateway", (), "From the decoded request to its fsync.", _SECONDS),
    Metric("sessiond_http_requests_total", "counter", "gateway", ("route", "status"), "Answers, by route and status."),
    Metric("sessiond_http_request_seconds", "histogram", "gateway", ("route",), "Time to answer, by route.", _SECONDS),
    Metric(
        *("sessiond_connections_refused_total", "counter", "gateway"),
        ("reason",),
        "Connections that the server ended: too many, no HTTP, headers too long or too slow, an answer not taken.",
    ),
    Metric("sessiond_pending_events", "gauge", "engine", (), "Events that wait in this gateway for their shard."),
    Metric("sessiond_shard_up", "gauge", "engine", ("shard",), "1 = the shard answered its last tick."),
    Metric("sessiond_shard_epoch", "gauge", "engine", ("shard",), "Grows by one with every start of the shard."),
    Metric(
        *("sessiond_rules_version", "gauge", "engine"),
        ("shard",),
        "Version of the rules by which the shard judges; grows with each change of any project's.",
    ),
    Metric("sessiond_sessions_live", "gauge", "engine", ("shard",), "Live sessions."),
    Metric("sessiond_sessions_started_total", "counter", "engine", ("shard",), "Sessions that began."),
    Metric(
        "sessiond_sessions_ended_total", "counter", "engine", ("shard", "reason"), "Sessions that ended, by reason."
    ),
    Metric("sessiond_anomalies_total", "counter", "engine", ("shard", "type"), "Anomalies found, by type."),
    Metric(
        *("sessiond_detector_errors_total", "counter", "engine"),
        ("shard", "detector"),
        "Detectors that failed and were quarantined for a session; `patterns`: summaries without them.",
    ),
    Metric(
        *("sessiond_events_unfolded_total", "counter", "engine"),
        ("shard", "reason"),
        "Events stored but not folded: `overflow` of a session, or `quarantined` because a process died of them.",
    ),
    Metric(
        *("sessiond_findings_dropped_total", "counter", "engine"),
        ("shard",),
        "Findings of sessions that hold as many anomalies as they may.",
    ),
    Metric(
        *("sessiond_events_unjudged_total", "counter", "engine"),
        ("shard",),
        "Events that came later than detectors can go back: stored and folded, but no detector saw them.",
    ),
    Metric("sessiond_journal_frames", "gauge", "engine", ("shard",), "Number of the last frame in the journal."),
    Metric("sessiond_journal_replay_frames", "gauge", "engine", ("shard",), "Frames a restart would replay."),
    Metric(
        "sessiond_journal_replay_events", "gauge", "engine", ("shard",), "About so many events are in those frames."
    ),
    Metric("sessiond_journal_bytes", "gauge", "engine", ("shard",), "Size of the journal on disk."),
    Metric("sessiond_free_disk_percent", "gauge", "engine", ("shard",), "Free space where the journal lies."),
    Metric("sessiond_sink_lag_frames", "gauge", "engine", ("shard", "sink"), "Journal frames not yet in the sink."),
    Metric("sessiond_sink_lag_seconds", "gauge", "engine", ("shard", "sink"), "Age of the oldest of those frames."),
    Metric("sessiond_sink_rows_total", "counter", "engine", ("shard", "sink", "table"), "Rows inserted, by table."),
    Metric(
        "sessiond_sink_errors_total", "counter", "engine", ("shard", "sink"), "Inserts that failed; each is retried."
    ),
    Metric("sessiond_happenings", "gauge", "engine", ("shard",), "Happenings kept for the live stream."),
    Metric("sessiond_happenings_bytes", "gauge", "engine", ("shard",), "About what they take in memory."),
    Metric("sessiond_stream_subscribers", "gauge", "stream", (), "Clients that listen to the live stream."),
    Metric("sessiond_stream_dropped_total", "counter", "stream", (), "Events that slow listeners did not get."),
    Metric(
        "sessiond_stream_gaps_total", "counter", "stream", (), "Times that happenings were asked for which were gone."
    ),
    Metric("sessiond_store_up", "gauge", "engine", (), "1 = ClickHouse answers."),
    Metric(
        *("sessiond_monitor_slices_dropped_total", "counter", "engine"),
        ("shard",),
        "Counts of a minute that the monitor did not take in time; no alert rule will see them.",
    ),
    Metric("sessiond_monitor_up", "gauge", "monitor", (), "1 = the alert rules are evaluated."),
    Metric("sessiond_monitor_lag_seconds", "gauge", "monitor", (), "Age of the oldest counts not yet evaluated."),
    Metric("sessiond_alerts_firing", "gauge", "monitor", (), "Alerts that fire now."),
    Metric("sessiond_monitor_groups", "gauge", "monitor", (), "Groups that are counted minute by minute."),
    Metric("sessiond_monitor_learned", "gauge", "monitor", (), "Groups whose normal is known or being learned."),
    Metric(
        *("sessiond_monitor_refused_total", "counter", "monitor"),
        (),
        "Alerts that did not begin and groups that were not learned because there was no room.",
    ),
    Metric("sessiond_channel_waiting", "gauge", "monitor", ("channel",), "Messages that a channel has not taken yet."),
    Metric(
        *("sessiond_channel_failures_total", "counter", "monitor"),
        ("channel",),
        "Attempts to send a message that failed; each is repeated until it is given up.",
    ),
    Metric(*("sessiond_channel_given_up_total", "counter", "monitor"), ("channel",), "Messages that were given up."),
)


def metrics_page() -> str:
    """The text of `docs/metrics.md`."""
    rows = [f"| `{m.name}` | {m.kind} | {', '.join(m.labels) or '-'} | {m.help} |" for m in METRICS]
    return "\n".join((_HEAD, *rows, ""))


_HEAD: Final = """\
# Metrics

`GET /metrics` answers in the Prometheus text format. Counters start at zero with the process that counts: those
with the label `shard` with the shard, the others with the server. Histograms have the usual `_bucket`, `_sum` and
`_count` series. Times are seconds, sizes bytes.

| name | kind | labels | meaning |
|---|---|---|---|"""
