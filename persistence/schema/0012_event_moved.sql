-- What the session added to the event's time, because its sender's clock was wrong; `timestamp` stays as it came.
ALTER TABLE events ADD COLUMN IF NOT EXISTS clock_moved_ms Int64 CODEC(ZSTD(1));
