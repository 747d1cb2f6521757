"""Reading a journal: up to a bound, from where the plan says, and never past frames that are missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import OperatorError
from persistence.flush import FlushRules
from persistence.intake import Intake
from persistence.journal import Journal, JournalReader
from persistence.plan import Bounds, Position
from tests.persistence.frames import NOON_MS, frame_numbers, small_frame, write

START = Position(done_seq=0, planned=None)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "shard-0")
    write(journal, *(small_frame(seq, events=2) for seq in range(1, 6)))
    yield journal
    journal.close()


@pytest.fixture
def reader(journal: Journal, tmp_path: Path) -> Iterator[JournalReader]:
    reader = JournalReader(tmp_path / "shard-0")
    yield reader
    reader.close()


def seqs(intake: Intake) -> list[int]:
    return frame_numbers(intake.backlog.next_chunk())


def test_reads_to_the_end_in_short_readings(reader: JournalReader) -> None:
    intake = Intake(reader, shard=0, rules=FlushRules(read_frames=2))
    intake.resume(START)
    intake.read(NOON_MS)
    assert (seqs(intake), intake.last_seq) == ([1, 2, 3, 4, 5], 5)


def test_stops_when_a_chunk_is_full_and_goes_on_when_it_is_gone(reader: JournalReader) -> None:
    intake = Intake(reader, shard=0, rules=FlushRules(read_frames=1, max_chunk_rows=4))
    intake.resume(START)
    intake.read(NOON_MS)
    assert len(intake.backlog) == 2
    intake.backlog.drop(intake.backlog.next_chunk())
    intake.read(NOON_MS)
    assert seqs(intake) == [3, 4]


def test_resumes_with_exactly_the_planned_frames(reader: JournalReader) -> None:
    intake = Intake(reader, shard=0, rules=FlushRules())
    planned = intake.resume(Position(done_seq=1, planned=Bounds(2, 3)))
    assert frame_numbers(planned) == [2, 3]
    intake.read(NOON_MS)
    assert seqs(intake) == [4, 5]


def test_a_journal_older_than_its_position_is_reported(reader: JournalReader) -> None:
    for position in (Position(done_seq=6, planned=None), Position(done_seq=5, planned=Bounds(6, 6))):
        with pytest.raises(OperatorError, match="ends at frame 5"):
            Intake(reader, shard=0, rules=FlushRules()).resume(position)


def test_a_planned_frame_that_was_deleted_is_reported(journal: Journal, reader: JournalReader) -> None:
    journal.trim(2)
    with pytest.raises(OperatorError, match="Frame 2 was planned"):
        Intake(reader, shard=0, rules=FlushRules()).resume(Position(done_seq=1, planned=Bounds(2, 3)))


def test_without_a_position_the_frames_that_are_left_are_read(journal: Journal, reader: JournalReader) -> None:
    journal.trim(3)
    intake = Intake(reader, shard=0, rules=FlushRules())
    intake.resume(START)
    intake.read(NOON_MS)
    assert seqs(intake) == [4, 5]


def test_a_journal_of_which_nothing_is_left_is_at_its_end(journal: Journal, reader: JournalReader) -> None:
    journal.trim(5)
    intake = Intake(reader, shard=0, rules=FlushRules())
    intake.resume(START)
    intake.read(NOON_MS)
    assert (len(intake.backlog), intake.last_seq) == (0, 5)
