"""The one wire schema: what gateways send, journals keep, persisters flatten and queries answer.

Structs on the hot path are MessagePack arrays: a new field goes to the end and has a default, a field never changes
its type or place, so that readers of version N read N-1. Times are Unix milliseconds (UTC), integers.
"""

from collections.abc import Sequence
from typing import Final, Generic, Literal, TypeVar

import msgspec

# Event.flags
TIME_MISSING: Final = 1  # the event had no timestamp: `at_ms` is the receive time
ID_GENERATED: Final = 2  # the event had no event_id: a resend cannot be recognised
HISTORIC: Final = 4  # part of an import: a sweep may end its session as soon as the event-time gap has passed
# Never sent: written beside the row of an event that was not folded, so that a reader sees why.
OVERFLOWED: Final = 8
ISOLATED: Final = 16

# One status byte per event in a reply and in an outcome.
ACCEPTED: Final = 0
DUPLICATE: Final = 1
LATE_FOLDED: Final = 2  # belongs to an ended session, was folded in, the summary is issued again
LATE_RAW: Final = 3  # too late to fold: stored with late=1 only
OVERFLOW: Final = 4  # its session gets more events than it may: stored with the flag OVERFLOWED only
QUARANTINED: Final = 5  # it killed the process that folded it, twice: stored with the flag ISOLATED only


class Device(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the event ran on; sizes in CSS pixels, 0 = unknown."""

    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device_type: str = ""
    screen_width: int = 0
    screen_height: int = 0
    viewport_width: int = 0
    viewport_height: int = 0


class Click(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`x`, `y`: viewport pixels, None = the client did not say."""

    x: int | None = None
    y: int | None = None
    selector: str = ""
    tag: str = ""
    text: str = ""


class ErrorInfo(msgspec.Struct, array_like=True, frozen=True, gc=False):
    message: str = ""
    stack: str = ""
    error_type: str = ""


class Vitals(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Web vitals: milliseconds, `cls` without unit."""

    lcp: float | None = None
    fid: float | None = None
    cls: float | None = None
    ttfb: float | None = None


class Seen(msgspec.Struct, array_like=True, gc=False):
    """The part of an event that the fold may look at. A shard decodes this much and skips the rest unread.

    `session_id` is "" when the client sent none: the shard then finds the session by user and the 30-minute gap.
    """

    project_id: str
    event_id: str
    session_id: str
    user_id: str
    event_type: str
    at_ms: int
    flags: int = 0
    url: str = ""
    path: str = ""
    screen_name: str = ""
    device: Device | None = None
    country: str = ""
    city: str = ""
    click: Click | None = None
    scroll_depth: int | None = None  # percent, 0-100
    error: ErrorInfo | None = None
    vitals: Vitals | None = None


class Event(Seen, array_like=True, gc=False):
    """One accepted event, normalised by the gateway. `payload` and `custom`: JSON texts as they came, "" = none."""

    title: str = ""
    referrer: str = ""
    payload: str = ""
    custom: str = ""
    client_ip: str = ""


class BadRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A refused event: why, and its first bytes as they came."""

    project_id: str
    received_ms: int
    code: str
    message: str
    original: bytes


class Control(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`open` makes a live session without an event, `close` ends a live one now."""

    kind: Literal["open", "close"]
    project_id: str
    session_id: str
    user_id: str = ""


SeenT_co = TypeVar("SeenT_co", bound=Seen, covariant=True)


class Batch(msgspec.Struct, Generic[SeenT_co], array_like=True, gc=False):
    """One call to a shard. `number` counts 1, 2, 3 … per gateway incarnation; the shard takes the next one only."""

    gateway: str
    number: int
    received_ms: int
    events: Sequence[SeenT_co]
    controls: list[Control] = []
    bad_rows: list[BadRow] = []


class Reply(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a shard answers to a batch: one status byte per event, one 0/1 per control (1 = done)."""

    statuses: bytes
    controls: bytes = b""


class ActionCount(msgspec.Struct, frozen=True):
    event_type: str
    count: int
    percentage: float


class CommonPattern(msgspec.Struct, frozen=True):
    pattern: list[str]
    count: int
    avg_duration_ms: float


class RepeatedPattern(msgspec.Struct, frozen=True):
    pattern: list[str]
    repeat_count: int
    first_ms: int
    last_ms: int


Severity = Literal["low", "medium", "high"]
EndReason = Literal["close", "timeout", "max_length"]


class Anomaly(msgspec.Struct):
    """What a detector reports. `id` is the same in every replay; a burst keeps one id and grows its `version`."""

    id: str
    type: str
    severity: Severity
    description: str
    started_ms: int
    detected_ms: int
    version: int = 1
    event_ids: list[str] = []
    details: dict[str, int | float | str] = {}


class Summary(msgspec.Struct):
    """Everything `/session/analysis` says about one session, live or ended; also the row it becomes.

    `version` grows with every event folded and with the end, so that a re-issued row replaces the older one.
    """

    project_id: str
    session_id: str
    user_id: str
    generation: int
    state: Literal["live", "ended"]
    version: int
    started_ms: int
    last_active_ms: int
    ended_ms: int | None = None
    end_reason: EndReason | None = None
    event_count: int = 0
    page_count: int = 0
    click_count: int = 0
    error_count: int = 0
    unique_screens: int = 0
    max_scroll_depth: int = 0
    entry_url: str = ""
    entry_path: str = ""
    exit_url: str = ""
    exit_path: str = ""
    is_bounce: bool = False
    has_error: bool = False
    has_rage_click: bool = False
    has_dead_click: bool = False
    most_used_actions: list[ActionCount] = []
    common_patterns: list[CommonPattern] = []
    repeated_patterns: list[RepeatedPattern] = []
    anomalies: list[Anomaly] = []
    device: Device = Device()
    country: str = ""
    city: str = ""
    events_duplicate: int = 0
    events_late: int = 0

    @property
    def duration_ms(self) -> int:
        return self.last_active_ms - self.started_ms


class AnomalyRow(msgspec.Struct, array_like=True):
    """An anomaly that is new or grew in this frame, with the session it belongs to."""

    project_id: str
    session_id: str
    generation: int
    user_id: str
    anomaly: Anomaly


class Outcome(msgspec.Struct, array_like=True):
    """What a frame did: written beside the frame in the same transaction, read by persisters.

    `statuses` and `generations` run parallel to `Batch.events`; `session_ids` names the session of the events (by
    index) that came without one. `summaries`: sessions that ended here, or ended ones that a late event changed.
    `unsure`: how many events may be copies of older ones, because their session no longer knows all its ids.
    """

    statuses: bytes = b""
    generations: list[int] = []
    session_ids: dict[int, str] = {}
    controls: bytes = b""
    summaries: list[Summary] = []
    anomalies: list[AnomalyRow] = []
    unsure: int = 0


class Statuses(msgspec.Struct, array_like=True):
    """The part of an outcome that says what became of each event: a replay skips the rest unread."""

    statuses: bytes = b""


class Ending(msgspec.Struct, array_like=True):
    """The body of a tick or a sweep: the sessions (key, generation) that end in it. `silenced`: the places of those
    that killed the process when they ended, and ended without detectors and patterns."""

    now_ms: int
    sessions: list[tuple[str, int]]
    silenced: list[int] = []

    def encoded(self) -> bytes:
        """As short as the version before wrote it, where it says no more."""
        return encode((self.now_ms, self.sessions, self.silenced) if self.silenced else (self.now_ms, self.sessions))


_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(Batch[Event])
_seen_decoder = msgspec.msgpack.Decoder(Batch[Seen])
_outcome_decoder = msgspec.msgpack.Decoder(Outcome)
_statuses_decoder = msgspec.msgpack.Decoder(Statuses)
_ending_decoder = msgspec.msgpack.Decoder(Ending)
_reply_decoder = msgspec.msgpack.Decoder(Reply)

encode = _encoder.encode
decode_batch = _batch_decoder.decode  # whole events
decode_seen = _seen_decoder.decode  # the same bytes, as far as the fold looks
decode_outcome = _outcome_decoder.decode
decode_statuses = _statuses_decoder.decode
decode_ending = _ending_decoder.decode
decode_reply = _reply_decoder.decode
