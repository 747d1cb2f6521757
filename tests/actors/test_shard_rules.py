"""The rules of a shard change for the next event, are on disk, and a replay judges as the first time."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.book import Book, Configured, decode_book, encode_book
from engine.config import Project
from engine.errors import Wait
from engine.rules import RageClick, Rules, UTurn
from tests.actors.shard_rig import ShardRig, Stop, config
from tests.builders import GAP, T0, click


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path, config(snapshot_sessions=1))
    yield made
    made.close()


def put(rig: ShardRig, min_clicks: int) -> int:
    own = {"rage_click": {"min_clicks": min_clicks}}
    return give(rig, Configured().put(decode_book(rig.shard.rules()), "default", own))


def give(rig: ShardRig, book: Book) -> int:
    return rig.shard.configure(encode_book(book), T0 + rig.now)


def clicks(rig: ShardRig, count: int, at: int, session: str = "s1") -> None:
    rig.send(*(click(at + number * 100, session=session, id=f"{session}/{at}/{number}") for number in range(count)))


def rages(rig: ShardRig, session: str = "s1") -> list[tuple[int, int | float | str]]:
    """The version of the rule and its threshold, of every rage click."""
    found = rig.session(session)
    assert found is not None
    return [(a.rule_version, a.thresholds["min_clicks"]) for a in found.anomalies if a.type == "rage_click"]


def test_a_live_session_is_judged_by_the_new_rule_from_its_next_event_on(rig: ShardRig) -> None:
    clicks(rig, 4, 0)
    assert put(rig, 4) == 2
    assert rages(rig) == []
    clicks(rig, 4, 20_000)
    assert rages(rig) == [(2, 4)]


def test_what_was_found_by_the_rule_of_before_stays_as_it_was(rig: ShardRig) -> None:
    clicks(rig, 6, 0)
    put(rig, 4)
    clicks(rig, 4, 20_000)
    assert rages(rig) == [(1, 6), (2, 4)]


def test_the_moments_of_before_the_change_are_not_judged_again(rig: ShardRig) -> None:
    clicks(rig, 5, 0)
    put(rig, 4)
    rig.send(click(600, id="one more"))
    assert rages(rig) == []


def test_a_detector_whose_rule_stays_remembers_what_it_saw(rig: ShardRig) -> None:
    clicks(rig, 5, 0)
    own = {"u_turn": {"enabled": False}}
    give(rig, Configured().put(decode_book(rig.shard.rules()), "default", own))
    rig.send(click(600, id="one more"))
    assert rages(rig) == [(1, 6)]


def test_a_book_that_is_no_newer_changes_nothing_and_writes_nothing(rig: ShardRig) -> None:
    put(rig, 4)
    before = len(rig.read())
    assert give(rig, Book()) == 2
    assert give(rig, msgspec.structs.replace(Book(), version=2)) == 2
    assert decode_book(rig.shard.rules()).page("default").rules == {"rage_click": {"min_clicks": 4}}
    assert (before, len(rig.read())) == (2, 0)


def test_rules_are_there_after_a_restart(rig: ShardRig, stop: Stop) -> None:
    put(rig, 4)
    rig.tick()
    put(rig, 3)
    stop(rig)
    assert rig.shard.stats().rules_version == 3
    clicks(rig, 3, 0)
    assert rages(rig) == [(3, 3)]


def test_a_replay_judges_each_event_by_the_rules_of_its_time(rig: ShardRig, stop: Stop) -> None:
    """Some sessions are saved before, some between, some never: what each of them says stays the same."""
    for number in range(5):
        for session in range(3):
            clicks(rig, 5, number * 20_000, f"s{session}")
        if number % 2:
            rig.tick()
        put(rig, (6, 5, 7, 4, 6)[number])
    before = rig.states(), [rages(rig, f"s{session}") for session in range(3)]
    stop(rig)
    assert (rig.states(), [rages(rig, f"s{session}") for session in range(3)]) == before
    assert before[1][0]


def test_a_detector_that_was_off_and_is_on_again_is_replayed_as_it_was(rig: ShardRig, stop: Stop) -> None:
    """It begins anew; one that was never changed goes on in between."""
    for number, is_on in enumerate((False, True, False, True)):
        rig.send(*(click(number * 1_000 + at, id=f"{number}/{at}") for at in (0, 100)))
        own = {"repeated_action": {"enabled": is_on}}
        give(rig, Configured().put(decode_book(rig.shard.rules()), "default", own))
        rig.send(click(number * 1_000 + 500, id=f"{number}/last"), click(0, session=f"new{number}", id=f"n{number}"))
        if number == 1:
            rig.tick()
    before = rig.states()
    stop(rig)
    assert rig.states() == before
    rig.send(*(click(5_000 + at, id=f"end/{at}") for at in range(0, 500, 100)))
    found = rig.session()
    assert found is not None
    assert [a.rule_version for a in found.anomalies if a.type == "repeated_action"] == [5]


def test_a_configuration_that_changed_between_two_starts_is_a_new_version_once(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path, config())
    assert rig.shard.stats().rules_version == 1
    rig.close()
    changed = msgspec.structs.replace(config(), detectors=Rules(rage_click=RageClick(min_clicks=4)))
    for _ in range(2):
        rig = ShardRig(tmp_path, changed)
        assert rig.shard.stats().rules_version == 2
        rig.close()
    rig = ShardRig(tmp_path, msgspec.structs.replace(changed, detectors=Rules(u_turn=UTurn(enabled=False))))
    clicks(rig, 6, 0)
    assert rages(rig) == [(3, 6)]
    rig.close()


def test_a_project_is_judged_by_what_it_is_configured_to(tmp_path: Path) -> None:
    projects = {"default": Project({"rage_click": {"min_clicks": 4}})}
    rig = ShardRig(tmp_path, msgspec.structs.replace(config(), projects=projects))
    clicks(rig, 4, 0)
    assert rages(rig) == [(2, 4)]
    rig.close()


def test_a_session_that_ended_is_judged_by_the_rules_in_force_when_a_late_event_comes(rig: ShardRig) -> None:
    clicks(rig, 5, 0)
    rig.tick(2 * GAP)
    put(rig, 4)
    clicks(rig, 4, 20_000)
    assert rages(rig) == [(2, 4)]


def test_a_full_disk_takes_no_rules(rig: ShardRig) -> None:
    rig.free_disk_percent = 1.0
    with pytest.raises(Wait, match="of the disk is free"):
        put(rig, 4)
    assert rig.shard.stats().rules_version == 1


def test_an_unchanged_configuration_writes_no_frame(rig: ShardRig) -> None:
    assert [frame.kind for frame in rig.read()] == ["start"]


def test_no_frame_is_older_than_a_change_of_the_rules_before_it(rig: ShardRig, stop: Stop) -> None:
    """Another gateway's clock may be behind that of the one that changed them."""
    rig.now = 5_000
    put(rig, 4)
    rig.now = 1_000
    stop(rig)
    clicks(rig, 1, 0)
    times = [frame.received_ms for frame in rig.read()]
    assert times == sorted(times)
