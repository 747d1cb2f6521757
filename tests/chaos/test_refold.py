"""The checker itself: it agrees with a shard that did everything right, and sees what is wrong with any other."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest

from engine.config import Config, Session
from tests.chaos.analyses import Told, disagreements
from tests.chaos.changer import drawn
from tests.chaos.refold import Refold
from tests.chaos.rows import Rows
from tests.chaos.traffic import Traffic
from tests.chaos.world import World

CONFIG = Config(session=Session(gap_ms=60_000, grace_ms=1_000, late_ms=90_000))
Views = list[dict[str, Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ten minutes of traffic."""
    yield from played(World(tmp_path_factory.mktemp("world"), CONFIG), "refold", lambda number: None)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same with rules that change all the time."""
    world = World(tmp_path_factory.mktemp("changed"), CONFIG)
    chance = Random("changed")

    def configure(number: int) -> None:
        if chance.random() < 0.3:
            world.configure(drawn(chance, number))

    yield from played(world, "changed", configure)


def played(world: World, seed: str, configure: Callable[[int], None]) -> Iterator[World]:
    traffic = Traffic(seed=seed, name="c", visitors=20, gap_ms=60_000, clock=world.clock)
    for number in range(300):
        configure(number)
        batch = traffic.batch()
        world.send(batch)
        traffic.acked(batch)
        world.now_ms += 80_000 if number % 50 == 25 else 2_000
        world.tick()
    yield world
    world.close()


def differences(world: World, rows: Sequence[dict[str, Any]], views: Views) -> list[str]:
    refold = Refold(rows, CONFIG)
    return [found for view in views for found in refold.differences(view, world.now_ms)]


def test_a_fold_of_the_rows_is_what_the_shard_says(world: World) -> None:
    views = world.views()
    assert differences(world, world.rows(), views) == []
    assert {view["end_reason"] for view in views} == {None, "close", "timeout"}
    assert {anomaly["type"] for view in views for anomaly in view["anomalies"]} >= {"rage_click", "stuck_pattern"}
    assert Refold(world.rows(), CONFIG).sessions.keys() == {(v["session_id"], v["generation"]) for v in views}


def test_each_frame_is_folded_under_the_rules_that_were_in_force(changed: World) -> None:
    views, rows = changed.views(), changed.rows()
    refold = Refold(rows, CONFIG, books=changed.books())
    assert [found for view in views for found in refold.differences(view, changed.now_ms)] == []
    anomalies = [anomaly for view in views for anomaly in view["anomalies"]]
    assert len({one["rule_version"] for one in anomalies if one["type"] == "rage_click"}) > 5
    assert refold.standing() != Refold(rows, CONFIG).standing()


def test_rules_that_a_shard_takes_a_frame_too_late_are_seen(changed: World) -> None:
    views, rows = changed.views(), changed.rows()
    refold = Refold(rows, CONFIG, books=changed.books(later=1))
    assert [found for view in views for found in refold.differences(view, changed.now_ms) if "`anomalies`" in found]


def test_a_row_that_is_missing_is_seen(world: World) -> None:
    rows = world.rows()
    for lost in (0, len(rows) // 2, len(rows) - 1):
        assert differences(world, rows[:lost] + rows[lost + 1 :], world.views())


def test_a_row_that_belongs_to_another_session_is_seen(world: World) -> None:
    rows = world.rows()
    rows[-1] = {**rows[-1], "session_id": rows[0]["session_id"]}
    assert differences(world, rows, world.views())


@pytest.mark.parametrize("field", ["event_count", "version", "exit_path", "anomalies", "repeated_patterns", "user_id"])
def test_an_answer_that_is_wrong_in_one_field_is_seen(world: World, field: str) -> None:
    views = world.views()
    view = next(view for view in views if view["anomalies"] and view["repeated_patterns"])
    view[field] = view[field] + 1 if isinstance(view[field], int) else view[field] * 2 + view[field][:0]
    assert [found for found in differences(world, world.rows(), views) if f"`{field}`" in found]


def test_a_session_that_ended_too_early_or_is_live_too_long_is_seen(world: World) -> None:
    views = world.views()
    timed_out = [view for view in views if view["end_reason"] == "timeout"]
    live = next(view for view in views if view["state"] == "live")
    refold = Refold(world.rows(), CONFIG)
    assert any("never waited" in found for view in timed_out for found in refold.differences(view, 0))
    assert any("after its time" in found for found in refold.differences(live, world.now_ms + 200_000))


def test_a_close_event_ends_its_session(world: World) -> None:
    closed = next(view for view in world.views() if view["end_reason"] == "close")
    found = Refold(world.rows(), CONFIG).differences({**closed, "end_reason": "timeout"}, world.now_ms)
    assert any("close event" in one for one in found)


def test_a_session_without_rows_is_seen(world: World) -> None:
    [view, *_] = world.views()
    assert list(Refold([], CONFIG).differences(view, world.now_ms)) == [
        f"session {view['session_id']} generation {view['generation']} has no rows"
    ]


def test_what_the_answers_and_the_tables_say_of_all_sessions_is_compared(world: World) -> None:
    refold, views, now_ms = Refold(world.rows(), CONFIG), world.views(), world.now_ms
    anomalies: list[dict[str, Any]] = [
        {"anomaly_id": name, "type": "rage_click", "status": "confirmed"} for name in refold.standing()
    ]
    rows = Rows(events=world.rows(), final={}, anomalies=anomalies, bad_rows=[])
    analyses = [Told(view, now_ms) for view in views]
    assert disagreements(analyses, rows, CONFIG, 0) == []

    [ended, *_] = [view for view in views if view["state"] == "ended" and view["generation"] == 1]
    live = {**ended, "generation": 2, "state": "live"}
    also_live = {**ended, "state": "live"}
    told = disagreements([*analyses[1:], Told(live, now_ms), Told(also_live, now_ms)], rows, CONFIG, 0)
    missing, several, differing = told
    assert missing.startswith("1 sessions of stored events are in no answer")
    assert several.startswith("1 keys have several live sessions")
    assert "answers differ from the rows" in differing

    anomalies[0]["status"] = "withdrawn"
    assert ["1 anomalies differ" in problem for problem in disagreements(analyses, rows, CONFIG, 0)] == [True]
