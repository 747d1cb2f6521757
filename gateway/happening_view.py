"""Happenings -> the events of `GET /api/v1/stream`, and their ids.

An id is a position in every source: "s0:17.2,s1:9,m:4" = shard 0 up to the place 2 of frame 17, shard 1 up to the end
of frame 9, the monitor up to its position 4. It is a client's to keep, and names every source it has heard of.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from engine.errors import ClientError
from engine.happening import Happening, Position
from engine.ring import END
from gateway.rejection import shown
from gateway.timestamps import iso
from gateway.views import anomaly_view

Vector = dict[str, Position]  # by name of the source

_MAX_ID: Final = 4_000
_PART: Final = re.compile(r"([a-z][a-z0-9]{0,9}):(\d{1,18})(?:\.(\d{1,9}))?")


def id_of(vector: Mapping[str, Position]) -> str:
    return ",".join(
        f"{name}:{position.seq}" if position.place == END else f"{name}:{position.seq}.{position.place}"
        for name, position in vector.items()
    )


def vector_of(text: str) -> Vector:
    """Raises ClientError for what no stream gave."""
    found = [_PART.fullmatch(part) for part in text[:_MAX_ID].split(",")]
    vector = {m[1]: Position(int(m[2]), END if m[3] is None else int(m[3])) for m in found if m is not None}
    if len(vector) != len(found) or len(text) > _MAX_ID:
        message = f"`last_event_id` is {shown(text)}; an id that the stream gave is allowed."
        raise ClientError(message, "invalid_parameter")
    return vector


def data_of(happening: Happening) -> bytes:
    """The JSON of one event, one line."""
    if happening.kind == "alert":
        return happening.alert
    view: dict[str, Any] = {
        "type": happening.kind,
        "at": iso(happening.at_ms),
        "project_id": happening.project_id,
        "session_id": happening.session_id,
        "generation": happening.generation,
        "user_id": happening.user_id,
        "path": happening.page,
    }
    if happening.kind == "session_end":
        view |= {
            "end_reason": happening.end_reason,
            "event_count": happening.event_count,
            "duration_ms": happening.duration_ms,
        }
    if happening.anomaly is not None:
        view["status"], view["version"] = happening.anomaly.status, happening.anomaly.version
        view["anomaly"] = anomaly_view(happening.anomaly)
    return msgspec.json.encode(view)


def event_bytes(kind: str, data: bytes, event_id: str) -> bytes:
    """As text/event-stream writes it."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event_id.encode(), kind.encode(), data)


def heartbeat_bytes(event_id: str) -> bytes:
    """A comment, and where the stream is: an id without data is remembered by the client and shown to nobody."""
    return b": heartbeat\nid: %b\n\n" % event_id.encode()
