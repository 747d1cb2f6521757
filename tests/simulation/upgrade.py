"""The next version of the code, as far as a data folder sees it: each stored struct has one more field at its end.

Between two runs of this version it opens the folder, reads what this version saved and saves it in its own form, which
this version must then read: version N+1 reads N, and N reads N+1 when somebody goes back.
"""

from typing import Any, Final

import msgspec

from actors.snapshot import Snapshot
from engine.numbering import Numbering, Sender
from engine.own import Own
from engine.sensor import Sensor
from engine.session import Session
from persistence.journal import Journal
from persistence.session_rows import SessionRow
from persistence.sqlite_errors import translated
from tests.simulation.processes import Place


class NextSession(Session, array_like=True, gc=False):
    mood: str = "calm"


class NextOwn(Own, array_like=True):
    heat: int = 1


class NextSensor(Sensor, array_like=True):
    heat: int = 6


class NextSender(Sender, array_like=True):
    heat: int = 2


class NextNumbering(Numbering, array_like=True):
    heat: int = 3


class NextSnapshot(Snapshot, array_like=True):
    heat: int = 4


_decode: Final = msgspec.msgpack.Decoder(NextSession).decode
_encode: Final = msgspec.msgpack.Encoder().encode


def upgrade(place: Place) -> None:
    """Everything that is saved. Raises what opening and saving raise."""
    journal = Journal(place.folder, connect=place.connect)
    try:
        with translated(journal._path):
            rows = list(_rows(journal))
        snapshot, as_of, replay_after = journal.snapshot()
        if snapshot:
            journal.save(rows, snapshot=_next_snapshot(snapshot), as_of=as_of, replay_after=replay_after)
    finally:
        journal.close()


def _rows(journal: Journal) -> list[SessionRow]:
    """In the order in which they were saved."""
    db: Any = journal._db
    live = "SELECT key, generation, session_id, as_of, started_ms, last_ms, 0, state FROM live ORDER BY rowid"
    ended = "SELECT key, generation, session_id, as_of, started_ms, last_ms, closed_ms, state FROM ended ORDER BY rowid"
    rows = [SessionRow(*row) for query in (ended, live) for row in db.execute(query).fetchall()]
    return [row._replace(state=_encode(_decode(row.state))) if row.state is not None else row for row in rows]


def _next_snapshot(encoded: bytes) -> bytes:
    snapshot = msgspec.msgpack.decode(encoded, type=NextSnapshot)
    own, numbering = snapshot.own, snapshot.numbering
    senders = {name: _as(NextSender, sender) for name, sender in numbering.senders.items()}
    later = {"own": _as(NextOwn, own), "sensor": _as(NextSensor, snapshot.sensor), "heat": 5}
    return _encode(msgspec.structs.replace(snapshot, numbering=NextNumbering(dict(senders)), **later))


def _as(kind: Any, struct: msgspec.Struct) -> Any:
    return kind(*msgspec.structs.astuple(struct))
