"""What a registry remembers beside the sessions."""

import msgspec


class Own(msgspec.Struct, array_like=True):
    """The registry's own state, apart from the sessions. Part of the snapshot."""

    clock_ms: int = 0  # the latest receive time seen: receive time never goes back
    not_before_ms: int = 0  # after a restart nothing times out before this
