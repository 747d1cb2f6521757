-- What detectors judge an event by, so that it can be queried: the other web vitals, requests, and the event's place in
-- its session (0 = it was not folded). `request_status` -1: the request failed without an answer.
ALTER TABLE events ADD COLUMN IF NOT EXISTS fcp Nullable(Float64) CODEC(ZSTD(1));
ALTER TABLE events ADD COLUMN IF NOT EXISTS load Nullable(Float64) CODEC(ZSTD(1));
ALTER TABLE events ADD COLUMN IF NOT EXISTS inp Nullable(Float64) CODEC(ZSTD(1));
ALTER TABLE events ADD COLUMN IF NOT EXISTS request_status Int16 CODEC(ZSTD(1));
ALTER TABLE events ADD COLUMN IF NOT EXISTS request_route LowCardinality(String);
ALTER TABLE events ADD COLUMN IF NOT EXISTS event_index UInt32 CODEC(ZSTD(1));
