-- Events per project, day (UTC) and type. Computed again from the distinct events of touched days, never added up, so
-- that duplicates cannot inflate it. Readers use FINAL and skip count = 0: a type that is gone from its day.
CREATE TABLE IF NOT EXISTS aggregated_events
(
    project_id LowCardinality(String),
    event_type LowCardinality(String),
    date Date,
    count UInt64 CODEC(ZSTD(1)),
    computed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMM(date)
ORDER BY (project_id, date, event_type)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
