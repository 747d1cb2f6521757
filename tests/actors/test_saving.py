import tracemalloc
from itertools import islice

from actors.saving import Saving
from engine.config import Journal

LIMITS = Journal(snapshot_sessions=5, max_snapshot_sessions=40, max_replay_events=2_000)


def replayed(*, sessions: int, events_per_tick: int, ticks: int) -> list[int]:
    """What a restart would replay after each tick, when all sessions are busy and each event is a frame."""
    saving, dirty = Saving(LIMITS), dict[int, int]()
    seq = replay_after = 0
    found = []
    for _ in range(ticks):
        for _ in range(events_per_tick):
            seq += 1
            dirty.setdefault(seq % sessions, seq)
        saving.took(events_per_tick)
        for key in list(islice(dirty, saving.due(len(dirty), seq, replay_after))):
            del dirty[key]
        replay_after = min(dirty.values(), default=seq + 1) - 1
        found.append(seq - replay_after)
    return found


def test_a_restart_replays_about_as_many_events_as_it_may() -> None:
    assert max(replayed(sessions=500, events_per_tick=100, ticks=500)[100:]) < 1.1 * 2_000


def test_where_very_many_sessions_are_busy_saving_becomes_urgent_and_the_replay_stays_bounded() -> None:
    """At the usual pace of 40 a tick it would grow to 4,000 / 40 * 125 = 12,500 events."""
    found = replayed(sessions=4_000, events_per_tick=125, ticks=1_000)
    assert max(found) < 6_000
    assert max(found[-100:]) <= max(found[:500])


def test_little_is_written_when_little_happens() -> None:
    saving = Saving(LIMITS)
    saving.took(1)
    assert saving.due(3_000, 1, 0) == 5


def test_what_was_replayed_is_written_soon() -> None:
    saving = Saving(LIMITS)
    saving.took(1_500)
    assert saving.due(40, 10, 0) == 30


def test_it_knows_about_how_much_a_restart_replays() -> None:
    saving = Saving(LIMITS)
    for tick, events in enumerate((100, 200, 300), start=1):
        saving.took(events)
        saving.due(10, tick, 0)
    assert saving.replay_events == 600
    saving.due(10, 3, 2)
    assert saving.replay_events == 300
    saving.due(10, 3, 3)
    assert saving.replay_events == 0


def test_ticks_without_a_frame_leave_nothing_in_memory() -> None:
    saving = Saving(LIMITS)
    tracemalloc.start()
    try:
        for _ in range(20_000):
            saving.due(0, 1_000, 999)
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
