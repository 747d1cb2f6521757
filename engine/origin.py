"""Where a session came from, and what its client says of the sessions before it: three fields, whoever says them."""

from typing import Final

import msgspec

from engine.wire import Facts


class Origin(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`referrer_host`: of another site that led to the entry page. The rest as the client counts them; 0, "" = it said
    nothing."""

    referrer_host: str = ""
    session_index: int = 0
    previous_session_id: str = ""


_NOWHERE: Final = Origin()
_NO_FACTS: Final = Facts()


def origin_with(known: Origin | None, facts: Facts | None, *, is_entry: bool) -> Origin | None:
    """With one more page view. The referrer is that of the earliest one, the rest what was said first; None = nothing
    is known."""
    old = known or _NOWHERE
    new = facts or _NO_FACTS
    found = Origin(
        new.referrer_host if is_entry else old.referrer_host,
        old.session_index or new.session_index,
        old.previous_session_id or new.previous_session_id,
    )
    return None if found == _NOWHERE else found
