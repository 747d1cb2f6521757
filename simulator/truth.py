"""What really happened, beside the stream: who was in trouble, when, and which events show it. JSON lines."""

from collections.abc import Callable
from typing import Final

import msgspec

RUN: Final = "run"  # the type of the last line: what the whole run was


class Fact(msgspec.Struct, frozen=True):
    """One line. A detector is right when it reports `type` for `session_id`."""

    session_id: str
    type: str
    started_at: str
    event_ids: tuple[str, ...]
    details: dict[str, str | int]


Tell = Callable[[Fact], object]


def line(fact: Fact) -> bytes:
    return msgspec.json.encode(fact) + b"\n"
