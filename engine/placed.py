"""Where the registry puts an event."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.analysis import EndReason
from engine.residents import Remembered
from engine.session import Session


class Placed(NamedTuple):
    """Where an event goes. None: it is too late to fold; `generation` and `session_id` say what it belongs to."""

    session: Session | None
    generation: int = 1
    session_id: str = ""
    ends_at_once: bool = False  # older than a session that is known: its time has passed
    begins: bool = False  # it is new, and the live one of its key from now on
    ends_live: EndReason | None = None  # why the one that is live now ends


def distance_ms(known: Session | Remembered, at_ms: int) -> int:
    """How far a time lies outside of a session, 0 = inside."""
    return max(known.started_ms - at_ms, at_ms - known.last_ms, 0)


def before_it(known: Iterable[Session | Remembered], at_ms: int) -> str:
    """The id of the session that ended last before a time, "" = none is known."""
    earlier = [session for session in known if session.last_ms < at_ms]
    return max(earlier, key=lambda session: session.last_ms).session_id if earlier else ""
