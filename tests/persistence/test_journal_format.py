"""A journal is refused where it is not what was written, or not what this version reads; refused, it stays as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import JournalDamaged
from persistence.journal import FILE, FORMAT, Journal, JournalReader
from persistence.meta import checksum
from tests.persistence.test_journal import dump, fill, spoil


@pytest.mark.parametrize("written", [FORMAT - 2, FORMAT + 1, 99])
def test_another_format_is_refused_and_left_as_it_is(tmp_path: Path, written: int) -> None:
    Journal(tmp_path).close()
    spoil(
        tmp_path, f"UPDATE meta SET value = {written}, checksum = {checksum('format', written)} WHERE name = 'format'"
    )
    before = dump(tmp_path)
    for opened in (Journal, JournalReader):
        with pytest.raises(JournalDamaged, match=f"format {written}, this version reads 2 and 3"):
            opened(tmp_path)
    assert dump(tmp_path) == before


@pytest.mark.parametrize("name", ["format", "epoch", "snapshot", "as_of", "replay_after", "trimmed_seq", "live_rows"])
def test_a_value_that_changed_or_is_gone_is_named(tmp_path: Path, name: str) -> None:
    Journal(tmp_path).close()
    for statement in ("UPDATE meta SET value = 3.5", "DELETE FROM meta"):
        spoil(tmp_path, f"{statement} WHERE name = '{name}'")
        with pytest.raises(JournalDamaged, match=f"`{name}` "):
            Journal(tmp_path)


@pytest.mark.parametrize("table", ["meta", "frames", "live", "ended"])
def test_a_table_that_is_gone_is_not_made_anew(tmp_path: Path, table: str) -> None:
    journal = Journal(tmp_path)
    fill(journal, 1)
    journal.close()
    spoil(tmp_path, f"DROP TABLE {table}")
    with pytest.raises(JournalDamaged, match=f"table {table} is missing"):
        Journal(tmp_path)


def test_other_tables_than_were_made_are_noticed(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    spoil(tmp_path, "DROP INDEX ended_made")
    with pytest.raises(JournalDamaged, match="list of tables"):
        Journal(tmp_path)


def test_a_table_that_is_made_later_is_none_of_them(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    spoil(tmp_path, "CREATE TABLE counts (at INTEGER PRIMARY KEY, value INTEGER)")
    Journal(tmp_path).close()


def test_frames_that_are_gone_at_the_end_are_noticed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    fill(journal, 5)
    journal.save([], snapshot=b"", as_of=5, replay_after=5)
    journal.close()
    spoil(tmp_path, "DELETE FROM frames WHERE seq > 3")
    with pytest.raises(JournalDamaged, match="frames 4 to 5 are missing"):
        Journal(tmp_path)


def test_damage_in_the_log_stops_the_opening_and_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from persistence.journal import Journal;"
        "journal = Journal(Path(sys.argv[1]));"
        "[journal.append('batch', number, b'x' * 9000, b'') for number in range(9)]; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    log = tmp_path / f"{FILE}-wal"
    data = bytearray(log.read_bytes())
    whole = bytes(data)
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    before = {file.name: file.read_bytes() for file in tmp_path.glob(f"{FILE}*") if not file.name.endswith("-shm")}
    for _ in range(2):
        with pytest.raises(
            JournalDamaged, match=r"journal.db-wal is damaged at byte \d+.*\(\d\).*truncate -s \d+ "
        ) as error:
            Journal(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    accept = error.value.message[error.value.message.index("truncate") :].rstrip(".")
    log.write_bytes(whole)
    journal = Journal(tmp_path)
    assert len(journal.frames(0)) == 9
    journal.close()
    for name, old in before.items():
        (tmp_path / name).write_bytes(old)
    subprocess.run(accept.split(), check=True)
    journal = Journal(tmp_path)
    assert 0 < len(journal.frames(0)) < 9
    journal.close()
