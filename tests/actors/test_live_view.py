"""What a shard tells of its frames, and what of that a restart still knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.happening import Happening, Position, Told
from engine.live import LiveFilter
from engine.ring import END
from engine.wire import Event
from tests.actors.shard_rig import ShardRig
from tests.builders import GAP, T0, click, closed, event, opened

BEGIN = (0, END)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path / "shard")
    yield made
    made.close()


def told(rig: ShardRig, after: tuple[int, int] = BEGIN) -> Told:
    return rig.shard.happenings(after, 1_000)


def kinds(items: list[Happening]) -> list[tuple[str, str]]:
    return [(one.kind, one.session_id) for one in items]


def clicks(count: int = 6, session: str = "s1") -> list[Event]:
    return [click(at * 100, session=session, id=f"{session}-{at}", path="/pay") for at in range(count)]


def test_a_session_that_begins_and_ends_is_told_with_where_it_was(rig: ShardRig) -> None:
    rig.send(event(path="/cart", session="s1"), event("session_end", 10, session="s1"))
    start, *anomalies, end = told(rig).items
    assert (start.kind, start.session_id, start.user_id, start.page) == ("session_start", "s1", "u1", "/cart")
    assert (end.kind, end.end_reason, end.event_count, end.page) == ("session_end", "close", 2, "/cart")
    assert {one.kind for one in anomalies} <= {"anomaly"}


def test_an_anomaly_is_told_when_it_is_new_and_when_it_grows(rig: ShardRig) -> None:
    rig.send(event(path="/pay"), *clicks(6))
    rig.send(click(650, id="one-more", path="/pay"))
    found = [one.anomaly for one in told(rig).items if one.anomaly and one.anomaly.type == "rage_click"]
    assert [anomaly.version for anomaly in found][-1] > 1
    assert len({anomaly.id for anomaly in found}) == 1


def test_a_session_opened_and_closed_by_hand_is_told(rig: ShardRig) -> None:
    rig.send(controls=(opened("s9"),))
    rig.send(controls=(closed("s9"),))
    assert kinds(told(rig).items) == [("session_start", "s9"), ("session_end", "s9")]


def test_a_session_that_times_out_is_told(rig: ShardRig) -> None:
    rig.send(event())
    seen = told(rig).position
    rig.tick(2 * GAP)
    assert ("session_end", "s1") in kinds(told(rig, seen).items)


def test_a_duplicate_tells_nothing(rig: ShardRig) -> None:
    rig.send(event())
    seen = told(rig).position
    rig.send(event())
    assert told(rig, seen).items == []


def test_after_a_crash_the_same_is_told_at_the_same_positions(rig: ShardRig) -> None:
    rig.send(event(path="/pay"), *clicks(6))
    rig.send(event(session="s2"), event("session_end", 10, session="s2"))
    before = told(rig)
    rig.crash()
    after = told(rig)
    assert [(one.kind, one.position, one.session_id, one.page) for one in after.items] == [
        (one.kind, one.position, one.session_id, one.page) for one in before.items
    ]
    assert not rig.shard.happenings(before.items[0].position, 1_000).has_gap


def test_what_the_journal_has_let_go_is_a_gap_after_a_restart(rig: ShardRig) -> None:
    rig.send(event())
    rig.send(event(session="s2"))
    rig.tick()
    rig.tick()
    rig.restart()
    assert told(rig, Position(1, 0)).has_gap


def test_the_live_view_follows_the_sessions_and_survives_a_crash(rig: ShardRig) -> None:
    rig.send(event(path="/"), event(path="/pay", at=1), *clicks(6))
    rig.send(event(session="s2", path="/cart"))
    rig.send(event(session="s3", path="/cart"), event("session_end", 1, session="s3"))
    for _ in range(2):
        found = rig.shard.live(LiveFilter("default"), T0)
        assert (found.sessions, found.pages) == (2, {"/pay": 1, "/cart": 1})
        assert [one.session_id for one in found.stuck] == ["s1"]
        assert sum(map(sum, found.funnels)) == 2
        rig.crash()
