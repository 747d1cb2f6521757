-- What the session added to the event's time, because its sender's clock was wrong; `timestamp` stays as it came.
ALTER TABLE events ADD COLUMN IF NOT EXISTS clock_moved_ms Int64 CODEC(ZSTD(1));

-- The other site that led to a session's entry page, "" = none is known.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS referrer_host String CODEC(ZSTD(1));
