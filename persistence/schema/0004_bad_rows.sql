-- Refused events with the reason and their first bytes. Partitions by day, so that old ones go as whole parts.
CREATE TABLE IF NOT EXISTS bad_rows
(
    project_id LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    code LowCardinality(String),
    message String CODEC(ZSTD(1)),
    original String CODEC(ZSTD(3)),
    src_shard UInt16 CODEC(ZSTD(1)),
    src_seq UInt64 CODEC(Delta, ZSTD(1)),
    src_index UInt32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (project_id, received_at)
TTL toDateTime(received_at) + INTERVAL 14 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    ttl_only_drop_parts = 1;
