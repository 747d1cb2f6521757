"""The tables of a journal, and the way from the format before to this one: a version opens what the last one left.

The format covers everything inside too, the snapshot and the states of sessions: those are arrays to which fields are
only added, at the end and with a default.
"""

import secrets
import sqlite3
from pathlib import Path
from typing import Final
from zlib import crc32

from engine.errors import JournalDamaged
from persistence import frames, meta, session_rows
from persistence.meta import Meta, Value
from persistence.sqlite_errors import MEND, translated

FORMAT: Final = 3  # 1 was never released; 3 has checksums of sessions and values
READABLE: Final = (FORMAT - 1, FORMAT)

_TABLES: Final = (meta.TABLE, frames.TABLE, *session_rows.TABLES)
_FROM_2: Final = ("ALTER TABLE meta ADD COLUMN checksum INTEGER", *session_rows.FROM_2)
# What a journal has from its first moment on, so that one that lacks it is damaged.
_FIRST: Final[dict[str, Value]] = {
    "epoch": 0,
    "trimmed_seq": 0,
    "snapshot": b"",
    "as_of": 0,
    "replay_after": 0,
    "live_rows": 0,
}
_OLD_TABLES: Final = frozenset({"meta", "frames", "live", "ended"})
_EMPTY_PAGES: Final = 2  # SQLite writes them before the first table is made
_CHECKED_BYTES: Final = 64_000_000  # 0.5 ms for each million


def written_format(db: sqlite3.Connection, path: Path) -> int:
    """0 for a new journal. Raises JournalDamaged for a format that this version does not read."""
    with translated(path):
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        pages = int(db.execute("PRAGMA page_count").fetchone()[0])
        made = tables & _OLD_TABLES
        is_empty = not any(db.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0] for name in made)
    if is_empty and (tables or pages <= _EMPTY_PAGES):  # with tables: format 2 made them one by one
        return 0
    if missing := _OLD_TABLES - made:
        message = f"{path}: table {', '.join(sorted(missing))} is missing; {MEND}."
        raise JournalDamaged(message)
    written = Meta(db, path).need("format", int)
    if written not in READABLE:
        message = f"{path} has format {written}, this version reads {READABLE[0]} and {FORMAT}; "
        message += "start the version that wrote it, or begin with an empty data folder."
        raise JournalDamaged(message)
    return written


def check(db: sqlite3.Connection, path: Path, written: int) -> None:
    """The values and the tables are those that were made; and every page is in its place, where that does not take
    long: a larger journal is searched by `sessiond doctor`."""
    if written == FORMAT:
        check_values(db, path)
    with translated(path):
        pages, page_bytes = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    if pages * page_bytes <= _CHECKED_BYTES:
        check_pages(db, path)


def check_values(db: sqlite3.Connection, path: Path) -> None:
    values = Meta(db, path)
    values.verify(needed=_FIRST)
    if values.need("tables", int) != fingerprint(db):
        message = f"{path}: the list of tables does not match its checksum; {MEND}."
        raise JournalDamaged(message)


def check_pages(db: sqlite3.Connection, path: Path) -> None:
    with translated(path):
        [(found,)] = db.execute("PRAGMA integrity_check(1)").fetchall()
    if found != "ok":
        message = f"{path} is damaged ({' '.join(str(found).split())}); {MEND}."
        raise JournalDamaged(message)


def fingerprint(db: sqlite3.Connection) -> int:
    """Of the tables that every journal has, their indexes, and where they begin."""
    rows = db.execute(
        "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema"
        " WHERE tbl_name IN ('meta', 'frames', 'live', 'ended') ORDER BY name"
    ).fetchall()
    return crc32(repr(rows).encode())


def bring_up(db: sqlite3.Connection, path: Path, written: int) -> None:
    """Make what this format has and `written` has not (0: nothing is there). Inside the caller's transaction."""
    values = Meta(db, path)
    if written == FORMAT - 1:
        for statement in _FROM_2:
            db.execute(statement)
        values.put(**dict(db.execute("SELECT name, value FROM meta").fetchall()))
        [(live_rows,)] = db.execute("SELECT count(*) FROM live").fetchall()
        values.put(live_rows=live_rows)
    for statement in _TABLES:
        db.execute(statement)
    present = {name for (name,) in db.execute("SELECT name FROM meta")}
    if written != FORMAT:
        first: dict[str, Value] = {"journal_id": secrets.token_hex(8), **_FIRST}
        values.put(**{name: value for name, value in first.items() if name not in present})
    values.put(format=FORMAT, tables=fingerprint(db))
