"""`sessiond doctor` looks through every journal, beside its writer or without one, and leaves it as it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli import journal_check
from cli.checks import Finding
from cli.journal_check import journals
from engine.config import Config
from persistence.journal import FILE, Journal
from persistence.journal_format import FORMAT
from persistence.plan import Bounds, Plan, Source
from persistence.session_rows import SessionRow
from tests.formats.unpack import HERE, unpack


def fill(folder: Path) -> Journal:
    journal = Journal(folder / "shard-0")
    for number in range(5):
        journal.append("batch", number, b"body", b"outcome")
    rows = [SessionRow(f"k{n}", 1, f"s{n}", 5, 0, 9, closed, b"state") for n, closed in enumerate((0, 0, 0, 7, 8))]
    journal.save(rows, snapshot=b"own", as_of=5, replay_after=5)
    journal.trim(2)
    return journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = fill(tmp_path)
    yield opened
    opened.close()


def found(folder: Path) -> list[Finding]:
    return list(journals(Config(data_dir=str(folder))))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def spoil(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "shard-0" / FILE)) as db, db:
        db.execute(statement)


def stored(folder: Path, journal: Journal, last_seq: int) -> None:
    with Plan(folder / "sinks.db") as plan:
        source = Source("clickhouse", 0, journal.journal_id)
        plan.plan(source, Bounds(1, last_seq))
        plan.done(source, Bounds(1, last_seq), [])


def test_no_data_yet_is_ok(tmp_path: Path) -> None:
    [finding] = found(tmp_path / "none")
    assert (finding.state, "no data yet" in finding.sentence) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_whole_journal_is_described_while_it_is_written(tmp_path: Path, journal: Journal) -> None:
    stored(tmp_path, journal, 5)
    one, sinks = found(tmp_path)
    assert one.state == sinks.state == "ok"
    assert "shard-0: 3 frames (to 5), 3 live and 2 ended sessions are whole" in one.sentence
    assert "clickhouse" in sinks.sentence
    assert journal.append("batch", 0, b"", b"") == 6


def test_a_stopped_journal_is_left_as_it_is(tmp_path: Path) -> None:
    journal = fill(tmp_path)
    stored(tmp_path, journal, 5)
    journal.close()
    before = contents(tmp_path)
    assert [finding.state for finding in found(tmp_path)] == ["ok", "ok"]
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE frames SET outcome = x'00' WHERE seq = 4", "frame 4 does not match"),
        ("DELETE FROM frames WHERE seq = 4", "frames 4 to 4 are missing"),
        ("UPDATE live SET state = x'00' WHERE key = 'k1'", "'k1' in table live"),
        ("UPDATE ended SET state = x'00' WHERE key = 'k4'", "'k4' in table ended"),
        ("DELETE FROM live WHERE key = 'k0'", "table live has 2 sessions, 3 were saved"),
        ("UPDATE meta SET value = x'00' WHERE name = 'snapshot'", "`snapshot` in table meta"),
        ("UPDATE meta SET value = 4 WHERE name = 'format'", "`format` in table meta"),
    ],
)
def test_damage_is_named_with_the_shard_the_place_and_what_to_do(tmp_path: Path, statement: str, place: str) -> None:
    fill(tmp_path).close()
    spoil(tmp_path, statement)
    finding, _ = found(tmp_path)
    assert (finding.subject, finding.state) == ("journal", "fail")
    assert finding.sentence.startswith("shard-0: ")
    assert place in finding.sentence
    assert "restore the folder from a copy" in finding.sentence


def test_a_store_that_is_ahead_of_its_journal_is_noticed(tmp_path: Path, journal: Journal) -> None:
    stored(tmp_path, journal, 9)
    _, ahead, _ = found(tmp_path)
    assert (ahead.state, "ends at frame 5, but clickhouse has stored 9" in ahead.sentence) == ("fail", True)


def test_sinks_that_cannot_be_read_fail(tmp_path: Path, journal: Journal) -> None:
    (tmp_path / "sinks.db").write_bytes(b"no database, but long enough to look at" * 100)
    assert [finding.state for finding in found(tmp_path)] == ["ok", "fail"]


def test_a_journal_too_large_for_the_time_says_how_far_it_got(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_check, "LIMIT_S", -1.0)
    finding, _ = found(tmp_path)
    assert finding.state == "warn"
    assert "frames up to 3 of 5, 0 live and 0 ended sessions are whole" in finding.sentence


def test_the_format_before_is_read(tmp_path: Path) -> None:
    folder, _ = unpack(HERE / f"format-{FORMAT - 1}.tar.xz", tmp_path)
    findings = found(folder)
    assert [finding.state for finding in findings] == ["ok", "ok", "ok"]
    assert f"format {FORMAT - 1}" in findings[0].sentence
