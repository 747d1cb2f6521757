"""A byte that changes anywhere in a journal's files is noticed when it is opened or read, or changes nothing."""

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import OperatorError
from persistence.journal import FILE, Journal, JournalReader

KEYS = [f"default\0s{number}" for number in range(40)]
# Two lives: the first ends in order, so that all is in the database; the second is killed, and all is in the log.
PROGRAM = """
import os, sys
from pathlib import Path
from persistence.journal import Journal
from persistence.session_rows import SessionRow
from tests.persistence.test_journal_damage import KEYS

def live_a_life(journal, life):
    for number in range(12):
        seq = journal.append("batch", number, bytes([number]) * (90, 900, 40_000)[number % 3], b"o" * 50)
        rows = [SessionRow(key, life, key[8:], seq, number, number + 5, 0, key.encode() * 9) for key in KEYS[number::7]]
        rows += [SessionRow(key, life, f"sn_{life}", seq, number, 9, number, b"e" * 99) for key in KEYS[number::11]]
        journal.save(rows, snapshot=b"s" * 20_000, as_of=seq, replay_after=seq - 1)
    journal.trim(8 * life)
    journal.append("tick", 1, b"the last", b"")

journal = Journal(Path(sys.argv[1]))
live_a_life(journal, 1)
journal.close()
if sys.argv[2] == "killed":
    live_a_life(Journal(Path(sys.argv[1])), 2)
    os._exit(0)
"""


def everything(folder: Path) -> dict[str, Any]:
    """All that a shard ever reads."""
    with closing(Journal(folder)) as journal:
        rows = journal.sessions
        live = list(rows.live())
        journal.check_live(len(live))
        found = {
            "snapshot": journal.snapshot(),
            "identity": (journal.journal_id, journal.epoch, journal.last_seq),
            "frames": journal.frames(journal.frames(0)[0].seq - 1),
            "live": live,
            "saved": rows.ended_after(3),
            "latest": [rows.latest(key, 9) for key in KEYS],
            "around": [rows.around(key, 4, 0) for key in KEYS],
            "highest": [(rows.has_ended(key), rows.highest(key, 0)) for key in KEYS],
            "find": [rows.find(key, "sn_1", 1) for key in KEYS],
            "made": [rows.key_of(f"sn_{life}") for life in (1, 2)],
        }
    with closing(JournalReader(folder)) as reader:
        found["reader"] = reader.last_seq(), reader.frames(0)
    return found


class Written:
    def __init__(self, folder: Path, end: str) -> None:
        self.folder = folder / "whole"
        self.files = [FILE] if end == "stopped" else [FILE, f"{FILE}-wal"]
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.folder), end], check=True, cwd=Path(__file__).parents[2]
        )
        self.bytes = {name: (self.folder / name).read_bytes() for name in self.files}
        self.expected = everything(self.copy(folder / "copy"))

    def copy(self, place: Path, changes: dict[str, bytes] | None = None) -> Path:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, data in (self.bytes | (changes or {})).items():
            (place / name).write_bytes(data)
        return place

    def flipped(self, name: str, place: int, change: int) -> dict[str, bytes]:
        data = bytearray(self.bytes[name])
        data[place % len(data)] ^= change
        return {name: bytes(data)}


@pytest.fixture(scope="module", params=["stopped", "killed"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("journal"), request.param)


@settings(max_examples=100)
@given(file=st.integers(0, 1), place=st.integers(0, 2**24), change=st.integers(1, 255))
@example(file=0, place=18, change=3)  # the journal mode
@example(file=0, place=59, change=1)  # the text encoding
def test_no_byte_changes_unseen(written: Written, file: int, place: int, change: int) -> None:
    name = written.files[file % len(written.files)]
    folder = written.copy(written.folder.with_name("flipped"), written.flipped(name, place, change))
    try:
        found = everything(folder)
    except OperatorError:
        return
    assert found == written.expected
