"""How SQLite files are opened: to write by one process, to read by others."""

import sqlite3
from pathlib import Path

from persistence.cached_log import make_durable


def connect_to_write(path: Path) -> sqlite3.Connection:
    """After an fsync that failed the log may hold what no power cut survives: it is made durable first."""
    make_durable(path)
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def connect_to_read(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA busy_timeout=5000")
    return db
