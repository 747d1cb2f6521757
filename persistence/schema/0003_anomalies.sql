-- What detectors reported. A burst that goes on is issued again under its id with a higher version. No partitions: the
-- rows are few, and whatever a later version changes must not tear it from the earlier one.
CREATE TABLE IF NOT EXISTS anomalies
(
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    generation UInt32 CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    anomaly_id String CODEC(ZSTD(1)),
    type LowCardinality(String),
    severity LowCardinality(String),
    description String CODEC(ZSTD(1)),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    detected_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    version UInt32 CODEC(ZSTD(1)),
    event_ids Array(String) CODEC(ZSTD(1)),
    details String CODEC(ZSTD(1)),
    src_shard UInt16 CODEC(ZSTD(1)),
    src_seq UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, session_id, generation, anomaly_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
