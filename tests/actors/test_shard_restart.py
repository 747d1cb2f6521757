"""A shard that stops at any moment, in order or not, goes on as if it had not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import BatchGap, JournalDamaged
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, decode_outcome, decode_reply
from persistence.journal import FILE
from persistence.meta import checksum
from tests.actors.shard_rig import ShardRig, Stop, config
from tests.builders import GAP, HOUR, MINUTE, T0, click, event


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path, config(snapshot_sessions=1))
    yield made
    made.close()


def test_sessions_are_the_same_bytes_after_a_restart(rig: ShardRig, stop: Stop) -> None:
    for number in range(5):
        rig.send(*(click(number * 100 + at, session=f"s{number % 3}") for at in range(3)), event(session="", user="u"))
        rig.tick()
    rig.send(event("app_close", 900, session="s1"))
    before = rig.states()
    stop(rig)
    assert rig.states() == before


def test_a_resent_batch_gets_the_same_answer_after_a_restart(rig: ShardRig, stop: Stop) -> None:
    payloads = [rig.payload(event(at=number), event(at=number - 1)) for number in range(4)]
    replies = [rig.shard.apply(payload) for payload in payloads]
    for _ in range(2):
        rig.tick()
        stop(rig)
        assert [rig.shard.apply(payload) for payload in payloads] == replies
    assert decode_reply(replies[1]).statuses == bytes([ACCEPTED, DUPLICATE])


def test_an_answer_names_what_it_did_even_where_the_session_was_saved_later(rig: ShardRig) -> None:
    """Frame 2 is replayed for s2 and skipped for s1, which is saved; its answer must not change."""
    payload = rig.payload(event(session="s1"), event(session="s1"), event(session="s2"))
    reply = rig.shard.apply(payload)
    rig.tick()
    rig.crash()
    assert rig.shard.apply(payload) == reply


def test_a_gap_in_the_numbers_is_still_a_gap(rig: ShardRig, stop: Stop) -> None:
    rig.send(event())
    stop(rig)
    with pytest.raises(BatchGap):
        rig.shard.apply(rig.payload(event(at=5), number=3))


def test_timers_go_on_after_a_restart_and_wait_for_the_grace(rig: ShardRig, stop: Stop) -> None:
    rig.send(event())
    rig.now = GAP - 10
    stop(rig)
    assert rig.tick(GAP - 10 + MINUTE - 1).live == 1
    assert rig.tick(GAP - 10 + MINUTE).live == 0


def test_a_session_is_not_given_a_new_half_hour_by_a_restart(rig: ShardRig, stop: Stop) -> None:
    rig.send(event())
    rig.now = MINUTE
    stop(rig)
    assert rig.tick(GAP - 1).live == 1
    assert rig.tick(GAP).live == 0


def test_a_made_session_is_found_by_its_id_after_a_restart(rig: ShardRig, stop: Stop) -> None:
    rig.send(event(session=""), event(at=3 * HOUR, session=""))
    rig.read()
    made = decode_outcome(rig.frames[-1].outcome).session_ids
    for _ in range(3):
        stop(rig)
        rig.tick()
        found = [rig.session(made[place]) for place in (0, 1)]
        assert [one and (one.state, one.session_id) for one in found] == [("ended", made[0]), ("live", made[1])]
    assert rig.send(event(at=5, session=made[0])).statuses == bytes([LATE_FOLDED])


def test_a_replay_decides_about_late_events_as_at_the_first_time(rig: ShardRig) -> None:
    """What a frame could still fold when it came stays on disk until no restart replays that frame."""
    day = 24 * HOUR
    rig.send(event(at=0), event("app_close", 10))
    rig.tick()
    rig.now = day
    rig.send(event(session="other"))
    rig.send(event(at=5))
    rig.now = day + HOUR
    rig.tick()
    before = rig.states()
    assert rig.shard.stats().snapshot_seq < 4
    rig.crash()
    assert rig.states() == before


def test_a_session_that_ended_does_not_come_back_to_life(rig: ShardRig, stop: Stop) -> None:
    rig.send(event())
    rig.tick()
    rig.tick(GAP)
    rig.send(event(at=GAP, session="other"))
    for _ in range(3):
        rig.tick()
        stop(rig)
        summary = rig.session()
        assert summary is not None
        assert (summary.state, summary.end_reason) == ("ended", "timeout")


def test_a_stop_saves_everything_so_that_nothing_is_replayed(rig: ShardRig) -> None:
    for number in range(20):
        rig.send(event(session=f"s{number}"))
    last_seq = rig.shard.stats().last_seq
    rig.restart()
    assert rig.shard.stats().snapshot_seq == last_seq


def test_a_damaged_frame_stops_the_start_and_frees_the_folder(rig: ShardRig, tmp_path: Path) -> None:
    rig.send(event())
    rig.close()
    db = sqlite3.connect(tmp_path / FILE)
    with db:
        db.execute("UPDATE frames SET body = x'00' WHERE seq = 2")
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="frame 2 "):
            rig.start()
    with db:
        db.execute("DELETE FROM frames")
    db.close()
    rig.start()


def test_a_hundred_restarts_lose_nothing(rig: ShardRig, stop: Stop) -> None:
    for number in range(100):
        rig.now = number * 1000
        assert rig.send(event(at=number)).statuses == bytes([ACCEPTED])
        if number % 3 == 0:
            rig.tick()
        stop(rig)
    summary = rig.session()
    assert summary is not None
    assert (summary.event_count, summary.started_ms, summary.last_active_ms) == (100, T0, T0 + 99)


@pytest.mark.parametrize("table", ["live", "meta"])
def test_a_state_of_an_old_format_that_cannot_be_read_is_damage(tmp_path: Path, table: str) -> None:
    """Format 2 had no checksums, so that only its meaning shows it."""
    rig = ShardRig(tmp_path)
    rig.send(event())
    rig.shard.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        if table == "live":
            db.execute("UPDATE live SET state = x'93c0', checksum = NULL")
        else:
            sum_of = checksum("snapshot", b"\x93\xc0")
            db.execute("UPDATE meta SET value = x'93c0', checksum = ? WHERE name = 'snapshot'", (sum_of,))
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="shard 0 saved cannot be read"):
            rig.start()


def test_damage_that_a_fold_finds_is_no_event_s_fault_however_often_it_is_found(rig: ShardRig, tmp_path: Path) -> None:
    def shift(change_ms: int) -> None:
        query = "UPDATE ended SET started_ms = started_ms + ? WHERE session_id = 's1'"
        with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
            assert db.execute(query, (change_ms,)).rowcount == 1

    for session in ("s1", "s2"):  # a start looks at the last one
        rig.send(event(at=0, session=session), event("app_close", 1, session=session))
        rig.tick()
    payload = rig.payload(event(at=2))
    shift(1)
    for _ in range(4):
        with pytest.raises(JournalDamaged):
            rig.shard.apply(payload)
        rig.crash()
    shift(-1)
    assert decode_reply(rig.shard.apply(payload)).statuses == bytes([LATE_FOLDED])
