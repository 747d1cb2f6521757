-- What a session was like beside its counts, and what makes an anomaly judgeable: is it certain, and by which rule.
-- Sessions of before read as unknown; anomalies of before were all sure, by the first version of their rule.
ALTER TABLE sessions
    ADD COLUMN IF NOT EXISTS active_ms UInt64 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS pages String CODEC(ZSTD(3)),
    ADD COLUMN IF NOT EXISTS lcp Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS fid Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cls Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS ttfb Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS fcp Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS load Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS inp Nullable(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS session_index UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS previous_session_id String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS utm_source String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS utm_medium String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS utm_campaign String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS utm_term String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS utm_content String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS click_id LowCardinality(String),
    ADD COLUMN IF NOT EXISTS frustration UInt8 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS frustration_parts String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS clock_offset_ms Nullable(Int64) CODEC(ZSTD(1));
