"""The clock of a session's sender, which may be wrong: what it is behind ours, and the corrected time of its events.

Each request says when it was sent. Receive time minus that is how far the sender's clock is behind, plus the way; the
smallest one seen is the nearest to the truth, as in NTP. To correct each request by its own difference puts its events
out of order by the difference of the ways (PostHog #98250). Here, of events of one sender, one that happened later by
its own clock is never put before another one, whatever their requests took and in whatever order they came: a better
offset holds for times after all those that were corrected before, and what it would put before them moves up to them.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from engine.wire import MOVED, ON_TIME, Seen

MAX_STEPS: Final = 16  # a session rarely betters its offset more than some times; then the best one so far stays
# A request takes no longer than this. Where the sender's clock was ahead by more, and now agrees with ours, it is
# another one, or was set right.
MAX_WAY_MS: Final = 60_000


class Clock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`offset_ms`: added to the sender's times. `steps`: for each offset before, up to which time of the sender it
    holds, and the offset; the oldest first, flat."""

    offset_ms: int = 0
    steps: tuple[int, ...] = ()


AGREES: Final = Clock()  # the one object that nearly all sessions have


def offset_said(event: Seen, received_ms: int) -> int | None:
    """Milliseconds that its sender's clock is behind ours, as its request says; None = it says nothing that can be
    true: what was sent had happened before."""
    if event.facts is not None and event.facts.offset_ms:
        said_ms = event.facts.offset_ms
        return said_ms if event.at_ms + said_ms <= received_ms + MAX_WAY_MS else None
    return 0 if event.flags & ON_TIME else None


def is_of_another(clock: Clock, said_ms: int) -> bool:
    """Whether an event was sent by a clock that agrees with ours, in a session whose clock was far ahead."""
    return said_ms == 0 and clock.offset_ms < -MAX_WAY_MS


def heard(clock: Clock | None, said_ms: int, last_ms: int) -> Clock:
    """The clock after one more request; the same object when nothing changes. `last_ms`: the latest corrected time so
    far."""
    if clock is None or (not clock.offset_ms and said_ms < -MAX_WAY_MS):  # the clock that agrees was another one
        return Clock(said_ms) if said_ms else AGREES
    if said_ms >= clock.offset_ms or len(clock.steps) >= 2 * MAX_STEPS or is_of_another(clock, said_ms):
        return clock
    return Clock(said_ms, (*clock.steps, last_ms - clock.offset_ms, clock.offset_ms))


def corrected_ms(clock: Clock, at_ms: int) -> int:
    """The time of an event in ours. A later `at_ms` never gives an earlier time."""
    steps = clock.steps
    floor_ms = at_ms + clock.offset_ms  # offsets only become smaller: without a step it is this, and never less
    for place in range(0, len(steps), 2):
        until_ms, offset_ms = steps[place], steps[place + 1]
        if at_ms <= until_ms:
            return max(floor_ms, at_ms + offset_ms)
        floor_ms = max(floor_ms, until_ms + offset_ms)
    return floor_ms


def in_our_time(event: Seen, clock: Clock | None, last_ms: int, received_ms: int) -> tuple[Seen, Clock | None]:
    """The event as a session takes it whose clock is `clock`, and the clock from then on. An event that moves is a
    copy with the flag MOVED: the resend of it may move elsewhere."""
    said_ms = offset_said(event, received_ms)
    if said_ms is None or (clock is AGREES and not said_ms):
        return event, clock
    clock = heard(clock, said_ms, last_ms)
    at_ms = event.at_ms if is_of_another(clock, said_ms) else corrected_ms(clock, event.at_ms)
    return (event if at_ms == event.at_ms else replace(event, at_ms=at_ms, flags=event.flags | MOVED)), clock


def first_clock(event: Seen) -> Clock | None:
    """Of the session that begins with this event; None = it says nothing of its clock."""
    if event.flags & MOVED and event.facts is not None and event.facts.offset_ms:
        return Clock(event.facts.offset_ms)
    return AGREES if event.flags & ON_TIME else None
