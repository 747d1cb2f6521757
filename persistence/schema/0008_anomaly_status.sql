-- What an anomaly says of itself: whether it still stands, its last event, and the rule that found it.
ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS status LowCardinality(String) DEFAULT 'confirmed';
ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS last_at DateTime64(3, 'UTC') DEFAULT detected_at CODEC(Delta, ZSTD(1));
ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS rule_version UInt32 DEFAULT 1 CODEC(ZSTD(1));
ALTER TABLE anomalies ADD COLUMN IF NOT EXISTS thresholds String CODEC(ZSTD(1));
