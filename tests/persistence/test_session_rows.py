"""What a journal keeps of sessions: saved with the snapshot, looked up by time, let go when they are old."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import JournalDamaged
from persistence.journal import FILE, Journal
from persistence.session_rows import FORGET, SLIM, SessionRow

KEY = "default\0s1"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def row(
    generation: int = 1, *, key: str = KEY, as_of: int = 1, started: int = 0, closed: int = 1, state: bytes = b"state"
) -> SessionRow:
    return SessionRow(key, generation, f"sn_{key}{generation}", as_of, started, started + 9, closed, state)


def live_row(generation: int = 1, *, key: str = KEY, as_of: int = 1, state: bytes = b"live") -> SessionRow:
    return row(generation, key=key, as_of=as_of, closed=0, state=state)


def save(journal: Journal, *rows: SessionRow, as_of: int = 1) -> None:
    journal.save(rows, snapshot=b"own", as_of=as_of, replay_after=as_of)


def test_what_is_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.snapshot() == (b"", 0, 0)
    for _ in range(7):
        journal.append("batch", 0, b"", b"")
    journal.save([live_row(1), row(1, key="k2")], snapshot=b"own", as_of=7, replay_after=4)
    journal.close()
    again = Journal(tmp_path)
    assert again.snapshot() == (b"own", 7, 4)
    assert list(again.sessions.live()) == [(1, b"live")]
    again.close()


def test_a_save_that_fails_half_way_saves_nothing(journal: Journal) -> None:
    def rows() -> Iterator[SessionRow]:
        yield row(1)
        message = "as if by mistake"
        raise ValueError(message)

    with pytest.raises(ValueError, match="mistake"):
        journal.save(rows(), snapshot=b"own", as_of=1, replay_after=1)
    assert (journal.sessions.latest(KEY, 9), journal.snapshot()) == ([], (b"", 0, 0))
    assert journal.append("batch", 0, b"", b"") == 1


def test_the_neighbours_of_a_time_are_found(journal: Journal) -> None:
    save(journal, *(row(number, started=number * 100, closed=number) for number in (1, 2, 3)), live_row(4))
    found = {at: [one.generation for one in journal.sessions.around(KEY, at, 0)] for at in (50, 100, 250, 999)}
    assert found == {50: [1], 100: [1, 2], 250: [2, 3], 999: [3]}
    assert [one.generation for one in journal.sessions.around(KEY, 250, 3)] == [3]
    assert (journal.sessions.highest(KEY, 0), journal.sessions.highest(KEY, 4)) == (3, 0)


def test_one_ended_session_is_found_by_its_generation_or_the_latest(journal: Journal) -> None:
    rows = [row(number, started=-number)._replace(session_id="s1") for number in (1, 2)]
    save(journal, *rows)
    found = [journal.sessions.find(KEY, name, number) for name, number in (("s1", 2), ("s1", None), ("s2", None))]
    assert [[one.generation for one in each] for each in found] == [[2], [1], []]


def test_keys_are_listed_with_what_they_are_complete_up_to(journal: Journal) -> None:
    for as_of, one in ((2, row(1, key="k2", as_of=2)), (3, row(1, as_of=3)), (5, row(2, as_of=5))):
        save(journal, one, as_of=as_of)
    assert journal.sessions.ended_after(2) == {KEY: 5}


def test_the_key_of_a_made_session_is_found_by_its_id(journal: Journal) -> None:
    save(journal, row(1))
    assert journal.sessions.key_of(f"sn_{KEY}1") == KEY
    assert journal.sessions.key_of("sn_unknown") is None


def test_expired_sessions_lose_their_state_first_and_their_place_later(journal: Journal) -> None:
    save(journal, row(1, closed=10), row(2, closed=20), live_row(3, state=b"three"))
    journal.expire(slim_before_ms=20, forget_before_ms=10)
    states = {one.generation: one.state for one in journal.sessions.latest(KEY, 9)}
    assert states == {1: None, 2: b"state"}
    journal.expire(slim_before_ms=20, forget_before_ms=11)
    assert [one.generation for one in journal.sessions.latest(KEY, 9)] == [2]
    assert list(journal.sessions.live()) == [(1, b"three")]


def test_expiry_takes_the_oldest_first_and_so_many_at_a_time(journal: Journal) -> None:
    save(journal, *(row(number, closed=number) for number in range(1, 6)))
    for _ in range(2):
        journal.expire(slim_before_ms=100, forget_before_ms=0, limit=2)
    left = [one.generation for one in journal.sessions.latest(KEY, 9) if one.state is not None]
    assert left == [5]


def test_expiry_walks_through_no_session_twice(journal: Journal, tmp_path: Path) -> None:
    """A month of sessions without state must not be searched at every tick."""
    db = sqlite3.connect(tmp_path / FILE)
    plans = [db.execute(f"EXPLAIN QUERY PLAN {query}", (1, 1)).fetchall() for query in (SLIM, FORGET)]
    db.close()
    assert ["ended_whole" in str(plans[0]), "ended_closed" in str(plans[1])] == [True, True]


# -- damage -----------------------------------------------------------------------------------------------------------


def spoil(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as db, db:
        db.execute(statement)


@pytest.mark.parametrize("change", ["state = x'00'", "as_of = 2", "as_of = 'one'", "checksum = 1"])
def test_a_live_session_that_changed_is_named(journal: Journal, tmp_path: Path, change: str) -> None:
    save(journal, live_row(key="k1"), live_row(key="k2", state=b"other"))
    spoil(tmp_path, f"UPDATE live SET {change} WHERE key = 'k2'")
    with pytest.raises(JournalDamaged, match="session 'k2' in table live"):
        list(journal.sessions.live())


@pytest.mark.parametrize("column", ["generation", "session_id", "as_of", "started_ms", "last_ms", "closed_ms", "state"])
def test_an_ended_session_that_changed_is_named(journal: Journal, tmp_path: Path, column: str) -> None:
    save(journal, row(1))
    spoil(tmp_path, f"UPDATE ended SET {column} = {'NULL' if column == 'state' else 77}")
    reads: list[Callable[[], object]] = [
        lambda: journal.sessions.latest(KEY, 9),
        lambda: journal.sessions.ended_after(0),
    ]
    for read in reads:
        with pytest.raises(JournalDamaged, match="in table ended"):
            read()


def test_a_live_session_that_is_gone_is_noticed(journal: Journal, tmp_path: Path) -> None:
    save(journal, *(live_row(key=f"k{number}") for number in range(5)))
    save(journal, row(1, key="k1"), row(1, key="never live"), live_row(2, key="k2"), live_row(key="new"), as_of=2)
    journal.check_live(5)
    spoil(tmp_path, "DELETE FROM live WHERE key = 'k3'")
    with pytest.raises(JournalDamaged, match="has 4 sessions, 5 were saved"):
        journal.check_live(len(list(journal.sessions.live())))
