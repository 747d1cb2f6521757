"""SQLite's errors become ours: a damaged file is one thing, a disk that does not read or write another."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.errors import JournalDamaged, OperatorError
from persistence.disk import write_error

MEND: Final = "restore the folder from a copy"  # what a person can do about any damage
# What SQLite says of a file whose bytes make no sense, and of a schema that is not the one we made.
_DAMAGE: Final = ("malformed", "not a database", "unsupported file format", "could not decode", "no such ")
ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)  # the latter: a name or a text that is none any more


@contextmanager
def translated(path: Path) -> Iterator[None]:
    try:
        yield
    except ERRORS as error:
        raise translation(path, error) from error


def translation(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> OperatorError:
    if isinstance(error, UnicodeDecodeError) or any(words in str(error).lower() for words in _DAMAGE):
        return JournalDamaged(f"{path} is damaged ({error}); {MEND}.")
    return write_error(path, error)
