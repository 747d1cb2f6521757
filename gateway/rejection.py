"""Why one event was refused, in words a client can act on. A refused event never fails its neighbours."""

from typing import Final

import msgspec

from engine.errors import ClientError

SHOWN_CHARACTERS: Final = 100  # a message quotes what came, but a 1 MB string helps nobody


class Rejected(ClientError):
    """One event cannot be taken, however often it is sent."""

    def __init__(self, message: str, code: str = "invalid_event", status: int = 400) -> None:
        super().__init__(message, code, status)


class Rejection(msgspec.Struct, frozen=True):
    """One item of `rejected` in an answer. `event_id` is None when the event held no readable one."""

    index: int
    event_id: str | None
    code: str
    message: str


def shown(value: object) -> str:
    """What came, as JSON where that is possible, cut to a length that fits a sentence."""
    if isinstance(value, (bytes, bytearray, memoryview, msgspec.Raw)):
        text = bytes(memoryview(value)[: SHOWN_CHARACTERS * 4]).decode(errors="replace")
    elif isinstance(value, str):
        text = '"' + value.encode(errors="backslashreplace").decode() + '"'
    else:
        text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def wrong_value(name: str, value: object, allowed: str) -> Rejected:
    """``wrong_value("url", b"5", "a string")`` says "`url` is 5; a string is allowed."."""
    return Rejected(f"`{name}` is {shown(value)}; {allowed} is allowed.")
