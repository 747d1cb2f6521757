"""Builders of journal frames: what a shard would have written."""

from collections.abc import Sequence

from engine.analysis import Anomaly, Summary
from engine.device import Device
from engine.wire import AnomalyRow, BadRow, Batch, Event, Outcome, encode
from persistence.flush import FlushRules
from persistence.journal import Frame, Journal
from persistence.unpacked import Unpacked, unpack

DAY_MS = 86_400_000
NOON_MS = 1_767_355_200_000  # 2026-01-02T12:00:00Z
NOON_DAY = "2026-01-02"


def event(event_id: str, *, at_ms: int = NOON_MS, session_id: str = "s1", event_type: str = "click") -> Event:
    return Event("default", event_id, session_id, "u1", event_type, at_ms)


def full_event(event_id: str) -> Event:
    """Every plain field set to something of its own."""
    made = event(event_id)
    made.flags = 1
    made.url, made.path, made.title, made.referrer = "https://shop.example/a", "/a", "A", "https://ref.example/"
    made.screen_name, made.payload, made.custom = "home", '{"a":1}', '{"b":2}'
    made.client_ip, made.country, made.city = "10.0.0.1", "DE", "Berlin"
    made.device = Device("Chrome", "120", "Linux", "6", "desktop", 1920, 1080, 1600, 900)
    return made


def summary(session_id: str = "s1", *, version: int = 1, started_ms: int = NOON_MS) -> Summary:
    return Summary(
        project_id="default",
        session_id=session_id,
        user_id="u1",
        generation=1,
        state="ended",
        version=version,
        started_ms=started_ms,
        last_active_ms=started_ms + 5_000,
        ended_ms=started_ms + 5_000,
        end_reason="timeout",
        event_count=2,
    )


def anomaly_row(anomaly_id: str = "a1", *, version: int = 1) -> AnomalyRow:
    anomaly = Anomaly(
        id=anomaly_id,
        type="rage_click",
        severity="high",
        description="Six clicks.",
        started_ms=NOON_MS,
        detected_ms=NOON_MS + 900,
        version=version,
        event_ids=["e1", "e2"],
        details={"count": 6},
    )
    return AnomalyRow("default", "s1", 1, "u1", anomaly)


def bad_row(code: str = "invalid_event", original: bytes = b'{"x":1}') -> BadRow:
    return BadRow("default", NOON_MS, code, "`event_type` is missing.", original)


def outcome_of(
    events: Sequence[Event],
    *,
    statuses: bytes | None = None,
    session_ids: dict[int, str] | None = None,
    summaries: Sequence[Summary] = (),
    anomalies: Sequence[AnomalyRow] = (),
) -> Outcome:
    return Outcome(
        statuses=bytes(len(events)) if statuses is None else statuses,
        generations=[1] * len(events),
        session_ids=session_ids or {},
        summaries=list(summaries),
        anomalies=list(anomalies),
    )


def batch_frame(
    seq: int,
    events: Sequence[Event],
    *,
    outcome: Outcome | None = None,
    bad_rows: Sequence[BadRow] = (),
    received_ms: int = NOON_MS,
) -> Frame:
    batch = Batch("g1", seq, received_ms, list(events), bad_rows=list(bad_rows))
    return Frame(seq, "batch", 1, received_ms, encode(batch), encode(outcome or outcome_of(events)))


def tick_frame(seq: int, outcome: Outcome, *, received_ms: int = NOON_MS) -> Frame:
    return Frame(seq, "tick", 1, received_ms, encode(received_ms), encode(outcome))


def small_frame(seq: int, *, events: int = 1, received_ms: int = NOON_MS) -> Frame:
    """Events that are nobody else's: `e{seq}-{index}`."""
    return batch_frame(seq, [event(f"e{seq}-{index}") for index in range(events)], received_ms=received_ms)


def unpacked(*frames: Frame, shard: int = 0) -> list[Unpacked]:
    return [run for frame in frames for run in unpack([frame], shard, FlushRules())]


def frame_numbers(runs: Sequence[Unpacked]) -> list[int]:
    """The frames in them."""
    return [seq for run in runs for seq in range(run.first_seq, run.last_seq + 1)]


def write(journal: Journal, *frames: Frame) -> None:
    """Append the frames; the journal numbers them itself."""
    for frame in frames:
        journal.append(frame.kind, frame.received_ms, frame.body, frame.outcome)
