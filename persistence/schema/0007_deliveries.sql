-- One row per chunk, written after all its rows: which frames of which journal it held, and how many rows they became.
-- With it gaps, losses and doubles are one query. `days` are those of the events (20260102); the arrays run parallel.
CREATE TABLE IF NOT EXISTS deliveries
(
    journal_id LowCardinality(String),
    src_shard UInt16 CODEC(ZSTD(1)),
    first_seq UInt64 CODEC(Delta, ZSTD(1)),
    last_seq UInt64 CODEC(Delta, ZSTD(1)),
    received_from DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_to DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    events UInt32 CODEC(ZSTD(1)),
    anomalies UInt32 CODEC(ZSTD(1)),
    sessions UInt32 CODEC(ZSTD(1)),
    bad_rows UInt32 CODEC(ZSTD(1)),
    days Array(UInt32) CODEC(ZSTD(1)),
    day_events Array(UInt32) CODEC(ZSTD(1)),
    day_replacing Array(UInt32) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(received_to)
ORDER BY (journal_id, first_seq, last_seq)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
-- Frames are numbered per journal, and a data folder that is made again begins a new one.
ALTER TABLE events ADD COLUMN IF NOT EXISTS src_journal LowCardinality(String);
