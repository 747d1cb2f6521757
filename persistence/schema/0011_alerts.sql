-- What the monitor reported. An alert that changes (it grows, is resolved, somebody acknowledges it) is issued again under
-- its id with a higher version. No partitions: the rows are few.
CREATE TABLE IF NOT EXISTS alerts
(
    project_id LowCardinality(String),
    alert_id String CODEC(ZSTD(1)),
    rule LowCardinality(String),
    kind LowCardinality(String),
    metric LowCardinality(String),
    group_name String CODEC(ZSTD(1)),
    state LowCardinality(String),
    severity LowCardinality(String),
    text String CODEC(ZSTD(1)),
    value Float64 CODEC(ZSTD(1)),
    threshold Float64 CODEC(ZSTD(1)),
    baseline Nullable(Float64) CODEC(ZSTD(1)),
    sessions UInt32 CODEC(ZSTD(1)),
    version UInt32 CODEC(ZSTD(1)),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    updated_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    resolved_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    acked_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    acked_by String CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, started_at, alert_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
