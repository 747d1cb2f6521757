"""What a session keeps of its latest action."""

import msgspec


class Action(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The default stands for "none yet", long before any event."""

    at_ms: int = 0
    event_type: str = ""
    event_id: str = ""
