from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.errors import BatchGap, Wait
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    HISTORIC,
    LATE_FOLDED,
    LATE_RAW,
    Reply,
    decode_batch,
    decode_outcome,
    decode_reply,
)
from persistence.journal import JournalReader
from persistence.ports import SessionFilter
from tests.actors.shard_rig import ShardRig, config
from tests.builders import GAP, HOUR, MINUTE, T0, click, closed, event, opened

DAY = 24 * HOUR


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path)
    yield made
    made.close()


# -- one batch, one frame ---------------------------------------------------------------------------------------------


def test_a_batch_becomes_one_frame_that_holds_what_came_and_what_it_did(rig: ShardRig) -> None:
    rig.read()
    payload = rig.payload(event(at=0), event(at=0), event("app_close", 1))
    reply = decode_reply(rig.shard.apply(payload))
    [frame] = rig.read()
    outcome = decode_outcome(frame.outcome)
    assert reply.statuses == outcome.statuses == bytes([ACCEPTED, DUPLICATE, ACCEPTED])
    assert (frame.kind, frame.epoch, frame.received_ms, frame.body) == ("batch", 1, T0, payload)
    assert [summary.end_reason for summary in outcome.summaries] == ["close"]


def test_a_session_can_be_read_as_soon_as_its_batch_is_answered(rig: ShardRig) -> None:
    rig.send(*(click(100 * at) for at in range(6)))
    summary = rig.session()
    assert summary is not None
    assert (summary.event_count, summary.has_rage_click, summary.state) == (6, True, "live")
    assert rig.session("unknown") is None


def test_a_resent_batch_gets_its_old_answer_and_no_frame(rig: ShardRig) -> None:
    payload = rig.payload(event())
    first = rig.shard.apply(payload)
    rig.read()
    assert rig.shard.apply(payload) == first
    assert rig.read() == []


def test_a_batch_too_far_ahead_is_not_taken(rig: ShardRig) -> None:
    with pytest.raises(BatchGap):
        rig.shard.apply(rig.payload(event(), number=2))
    assert rig.session() is None
    assert rig.send(event()).statuses == bytes([ACCEPTED])


def test_what_is_not_a_batch_leaves_no_trace(rig: ShardRig) -> None:
    rig.read()
    with pytest.raises(msgspec.DecodeError):
        rig.shard.apply(b"\x93\x01")
    assert rig.read() == []


def test_controls_are_answered_in_their_order(rig: ShardRig) -> None:
    assert rig.send(controls=(opened(), closed("nobody"), closed())) == Reply(b"", bytes([1, 0, 1]))
    summary = rig.session()
    assert summary is not None
    assert (summary.end_reason, summary.event_count) == ("close", 0)


def test_receive_time_never_goes_back(rig: ShardRig) -> None:
    """Whichever gateway's clock is ahead: a replay must see the same order."""
    rig.now = HOUR
    rig.send(event(at=HOUR))
    rig.now = 0
    rig.send(event(at=HOUR + 1))
    rig.tick()
    rig.restart()
    rig.read()
    assert [frame.received_ms - T0 for frame in rig.frames] == [0, HOUR, HOUR, HOUR]


# -- refusing ---------------------------------------------------------------------------------------------------------


def test_nothing_is_accepted_while_the_disk_is_nearly_full_which_is_seen_before_each_batch(rig: ShardRig) -> None:
    rig.send(event())
    rig.free_disk_percent = 4.9
    payload = rig.payload(event("click"))
    for write in (lambda: rig.shard.apply(payload), lambda: rig.shard.sweep("default", T0)):
        with pytest.raises(Wait, match=r"Only 4\.9 % of the disk is free; nothing is accepted below 5\.0 %"):
            write()
    rig.free_disk_percent = 5.0
    assert decode_reply(rig.shard.apply(payload)).statuses == bytes([ACCEPTED])


def test_on_a_disk_with_little_room_sessions_end_later(rig: ShardRig) -> None:
    rig.send(event())
    rig.read()
    rig.free_disk_percent = 2.4
    assert rig.tick(HOUR).live == 1
    assert rig.read() == []
    rig.free_disk_percent = 2.5
    assert rig.tick(HOUR + 1).live == 0


@pytest.mark.parametrize(("free_percent", "is_let_go"), [(0.7, True), (0.6, False)])
def test_what_every_sink_has_makes_room_while_there_is_any_to_write(
    tmp_path: Path, rig: ShardRig, free_percent: float, is_let_go: bool
) -> None:
    rig.send(event())
    rig.shard.tick(T0, 0)  # saved, and not stored yet
    rig.read()
    rig.free_disk_percent = free_percent
    rig.tick()
    reader = JournalReader(tmp_path)
    assert (reader.frames(rig.frames[-1].seq - 1) == []) == is_let_go
    reader.close()


def test_a_full_shard_takes_events_of_its_live_sessions_only(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path, config(max_live=2))
    rig.send(event(session="s1"), event(session="s2"))
    for refused in ({"session": "s3"}, {"session": "", "user": "u9"}):
        with pytest.raises(Wait, match="2 live sessions"):
            rig.shard.apply(rig.payload(event(at=1, **refused), number=2))
    with pytest.raises(Wait, match="2 live sessions"):
        rig.shard.apply(rig.payload(controls=(opened("s3"),), number=2))
    assert rig.send(event(at=1, session="s1")).statuses == bytes([ACCEPTED])
    rig.close()


# -- ending -----------------------------------------------------------------------------------------------------------


def test_a_tick_ends_who_was_silent_for_half_an_hour_and_journals_it(rig: ShardRig) -> None:
    rig.tick(MINUTE)
    rig.send(event())
    rig.tick(MINUTE + GAP - 1)
    rig.read()
    rig.tick(MINUTE + GAP)
    [frame] = rig.read()
    [summary] = decode_outcome(frame.outcome).summaries
    assert (frame.kind, summary.end_reason) == ("tick", "timeout")
    assert rig.tick().ended == {"timeout": 1}


def test_an_idle_tick_writes_no_frame(rig: ShardRig) -> None:
    rig.send(event())
    rig.read()
    rig.tick()
    assert rig.read() == []


def test_very_many_ends_are_spread_over_ticks(rig: ShardRig) -> None:
    for start in range(0, 2500, 500):
        rig.send(*(event(session=f"s{number}") for number in range(start, start + 500)))
    live = [rig.tick(HOUR).live for _ in range(3)]
    assert live == [1500, 500, 0]


def test_a_sweep_ends_imported_sessions(rig: ShardRig) -> None:
    rig.now = HOUR
    rig.send(event(at=0, session="old", flags=HISTORIC), event(at=HOUR, session="new", flags=HISTORIC))
    rig.read()
    assert rig.shard.sweep("default", T0 + HOUR) == 1
    [frame] = rig.read()
    assert (frame.kind, [s.session_id for s in decode_outcome(frame.outcome).summaries]) == ("sweep", ["old"])
    assert rig.shard.sweep("default", T0 + HOUR) == 0


def test_a_late_event_wakes_a_session_from_the_disk_and_it_goes_back(rig: ShardRig) -> None:
    rig.send(event(at=0), event("app_close", 10))
    rig.tick()
    assert rig.shard._residents.changed("default\0s1") == []
    assert rig.send(event(at=5)).statuses == bytes([LATE_FOLDED])
    rig.tick()
    assert rig.shard._residents.changed("default\0s1") == []
    rig.restart()
    summary = rig.session()
    assert summary is not None
    assert (summary.event_count, summary.events_late, summary.state) == (3, 1, "ended")


def test_after_a_day_an_ended_session_is_slim_and_after_a_month_more_it_is_gone(rig: ShardRig) -> None:
    rig.send(event(at=0), event("app_close", 10))
    rig.tick()
    rig.tick(DAY)
    assert rig.session() is not None
    rig.tick(DAY + 1)
    assert rig.session() is not None  # the time of a tick is not journaled: a frame of the day before may still come
    rig.send(event(at=DAY + 1, session="s2"))
    rig.tick(DAY + 1)
    assert rig.session() is None
    assert rig.send(event(at=5)).statuses == bytes([LATE_RAW])
    rig.tick(31 * DAY + 1)
    assert rig.send(event(at=31 * DAY)).statuses == bytes([ACCEPTED])
    summary = rig.session()
    assert summary is not None
    assert summary.generation == 1


# -- letting go -------------------------------------------------------------------------------------------------------


def test_frames_go_when_the_snapshot_and_every_sink_have_passed_them(rig: ShardRig) -> None:
    rig.send(event(at=0))
    rig.send(event(at=1))
    rig.shard.tick(T0, 1)
    assert [frame.seq for frame in rig.shard._journal.frames(0)] == [2, 3]
    rig.shard.tick(T0, 3)
    assert rig.shard._journal.frames(0) == []


def test_frames_stay_while_a_session_in_them_is_not_saved(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path, config(snapshot_sessions=1))
    rig.send(event(session="s1"))
    rig.send(event(session="s2"))
    assert rig.tick().snapshot_seq == 2
    assert [frame.seq for frame in rig.shard._journal.frames(0)] == [3]
    rig.close()


def test_sessions_are_saved_so_fast_that_a_restart_replays_about_as_many_events_as_it_may(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path, config(snapshot_sessions=1, max_replay_events=100))
    for round_ in range(20):
        for session in range(50):
            rig.send(event(at=round_, session=f"s{session}"))
            if session % 10 == 9:
                stats = rig.tick()
                assert stats.last_seq - stats.snapshot_seq <= 200  # one event a frame; 500 without the rule
    rig.close()


# -- lists and counters -----------------------------------------------------------------------------------------------


def test_ended_sessions_are_listed_until_every_sink_has_them(rig: ShardRig) -> None:
    rig.send(event(session="s1"), event(at=1, session="s2"), event("app_close", 2, session="s2"))
    wanted = SessionFilter("default")
    assert [(s.session_id, s.state) for s in rig.shard.sessions(wanted)] == [("s2", "ended"), ("s1", "live")]
    rig.tick()
    assert [s.session_id for s in rig.shard.sessions(wanted)] == ["s1"]


def test_stats_count_what_happened_since_the_process_started(rig: ShardRig) -> None:
    rig.send(*(click(50 * at) for at in range(6)), click(250, id="click@250:10,10/"), event("app_close", 251))
    rig.send(event(at=300), event(session="s2"))
    stats = rig.tick()
    assert (stats.live, stats.started, stats.ended) == (1, 2, {"close": 1})
    assert (stats.duplicates, stats.late) == (1, 1)
    assert stats.anomalies == {"repeated_action": 1, "rapid_fire": 1, "rage_click": 1}
    rig.crash()
    stats = rig.tick()
    assert (stats.live, stats.started, stats.ended, stats.anomalies, stats.epoch) == (1, 0, {}, {}, 2)


def test_the_first_frame_of_a_process_says_that_it_started(rig: ShardRig) -> None:
    rig.send(event())
    rig.crash()
    rig.read()
    assert [frame.kind for frame in rig.frames] == ["start", "batch", "start"]
    assert decode_batch(rig.frames[1].body).number == 1
