-- What an anomaly says of itself: whether it still stands, its last event, and the rule that found it. Those of before
-- were all sure, by the first version of their rule.
ALTER TABLE anomalies
    ADD COLUMN IF NOT EXISTS status LowCardinality(String),
    ADD COLUMN IF NOT EXISTS rule_version UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS last_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS thresholds String CODEC(ZSTD(1));
ALTER TABLE anomalies UPDATE status = 'confirmed', rule_version = 1, last_at = detected_at WHERE status = '';
