"""What a shard saves: its sessions as rows, and the rest."""

import msgspec

from engine.book import Dated
from engine.numbering import Numbering
from engine.own import Own
from engine.poison import Isolated
from engine.sensor import Sensor
from engine.session import Session, encode_session
from persistence.session_rows import SessionRow


class Snapshot(msgspec.Struct, array_like=True):
    """New fields go to the end with a default, so that version N reads the snapshot of N-1."""

    own: Own = msgspec.field(default_factory=Own)
    numbering: Numbering = msgspec.field(default_factory=Numbering)
    isolated: Isolated = msgspec.field(default_factory=Isolated)
    rules: list[Dated] = []  # the book in force where a replay begins; [] = the defaults
    sensor: Sensor = msgspec.field(default_factory=Sensor)


decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode


def row_of(session: Session, as_of: int) -> SessionRow:
    """`as_of`: the last frame that it knows of."""
    return SessionRow(
        session.key,
        session.generation,
        session.session_id,
        as_of,
        session.started_ms,
        session.last_ms if session.event_count else 0,
        session.closed_ms,
        encode_session(session),
    )
