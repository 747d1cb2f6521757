"""Where the registry puts an event."""

from typing import NamedTuple

from engine.analysis import EndReason
from engine.session import Session


class Placed(NamedTuple):
    """Where an event goes. None: it is too late to fold; `generation` and `session_id` say what it belongs to."""

    session: Session | None
    generation: int = 1
    session_id: str = ""
    ends_at_once: bool = False  # older than a session that is known: its time has passed
    begins: bool = False  # it is new, and the live one of its key from now on
    ends_live: EndReason | None = None  # why the one that is live now ends
