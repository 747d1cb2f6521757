"""The one wire schema: what gateways send, journals keep, persisters flatten and queries answer.

Structs on the hot path are MessagePack arrays: a new field goes to the end and has a default, a field never changes
its type or place, so that readers of version N read N-1. Times are Unix milliseconds (UTC), integers.
"""

from collections.abc import Sequence
from typing import Final, Generic, Literal, TypeVar

import msgspec

from engine.analysis import Anomaly, Summary
from engine.device import Device

# Event.flags
TIME_MISSING: Final = 1  # the event had no timestamp: `at_ms` is the receive time
ID_GENERATED: Final = 2  # the event had no event_id: a resend cannot be recognised
HISTORIC: Final = 4  # part of an import: a sweep may end its session as soon as the event-time gap has passed
ON_TIME: Final = 32  # its sender said when it sent it, and that clock agrees with ours: see Facts.offset_ms
MOVED: Final = 64  # never sent: in a shard, its time was corrected, and that of its resend may be corrected otherwise
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


class Click(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`x`, `y`: viewport pixels, None = the client did not say. `traits`: see engine/traits.py."""

    x: int | None = None
    y: int | None = None
    selector: str = ""
    tag: str = ""
    text: str = ""
    traits: int = 0


class ErrorInfo(msgspec.Struct, array_like=True, frozen=True, gc=False):
    message: str = ""
    stack: str = ""
    error_type: str = ""


class Facts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What only some kinds of events say, read from their payload. The first four are what format 3 kept of web vitals.

    Vitals in milliseconds, `cls` without unit. `moves`: the pointer's way, flat: milliseconds after the event's time,
    x, y, and again. `scroll_y`: pixels from the top, in a window `view_height` pixels high (0 = unknown). `navigation`:
    how a page came, such as `replace` or `reload`. `status` and `route`: of a request, -1 = it failed without an
    answer, 0 = unknown. `length`: characters in a form's field, -1 = unknown; never what they are.
    `offset_ms`: receive time minus the time of sending of its request, where the two clocks differ. Of page views:
    `referrer_host`, the other site that led there, and what the client counts itself, `session_index` (0 = unknown) and
    `previous_session_id`.
    """

    lcp: float | None = None
    fid: float | None = None
    cls: float | None = None
    ttfb: float | None = None
    fcp: float | None = None
    load: float | None = None
    inp: float | None = None
    moves: tuple[int, ...] = ()
    scroll_y: int | None = None
    view_height: int = 0
    navigation: str = ""
    status: int = 0
    route: str = ""
    form: str = ""
    field: str = ""
    length: int = -1
    offset_ms: int = 0
    referrer_host: str = ""
    session_index: int = 0
    previous_session_id: str = ""


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
    facts: Facts | None = None


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


class AnomalyRow(msgspec.Struct, array_like=True):
    """An anomaly that is new or grew in this frame, with the session it belongs to."""

    project_id: str
    session_id: str
    generation: int
    user_id: str
    anomaly: Anomaly
    page: str = ""


class Began(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A session that began in this frame. `page`: where its first event was."""

    project_id: str
    session_id: str
    generation: int
    user_id: str
    page: str = ""


class Outcome(msgspec.Struct, array_like=True):
    """What a frame did: written beside the frame in the same transaction, read by persisters.

    `statuses` and `generations` run parallel to `Batch.events`; `session_ids` names the session of the events (by
    index) that came without one. `summaries`: sessions that ended here, or ended ones that a late event changed.
    `unsure`: how many events may be copies of older ones, because their session no longer knows all its ids.
    `indexes`, parallel to the events: the how-many-th of its session each was, in order of arrival, 0 = not folded.
    `moved`: by index, the milliseconds that were added to the time of an event because its sender's clock was wrong.
    """

    statuses: bytes = b""
    generations: list[int] = []
    session_ids: dict[int, str] = {}
    controls: bytes = b""
    summaries: list[Summary] = []
    anomalies: list[AnomalyRow] = []
    unsure: int = 0
    indexes: list[int] = []
    begun: list[Began] = []
    moved: dict[int, int] = {}


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
