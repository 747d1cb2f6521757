"""What answers, shards and anomalies say of the rules is held against what was sent and acked; each lie is named."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from engine.book import Book, Configured
from engine.overlay import applied
from engine.rules import Rules
from tests.chaos.changer import Changer, Own, drawn
from tests.chaos.record import Record
from tests.chaos.ruling import ruling_faults, settled
from tests.live.serving import Answer, Serving

ONE, TWO, THREE = (drawn(Random(number), number) for number in (1, 2, 3))
CONFIGURED = Configured()


def view(version: int, own: Own) -> dict[str, Any]:
    rules = applied(Rules(), own)
    detectors = {kind: msgspec.to_builtins(getattr(rules, kind)) for kind in Rules.__struct_fields__}
    return {"version": version, "detectors": detectors}


def answer(version: int, own: Own) -> Answer:
    return Answer(200, {}, json.dumps(view(version, own)).encode())


def anomaly(version: int, own: Own, kind: str = "rage_click") -> dict[str, Any]:
    thresholds = getattr(applied(Rules(), own), kind).thresholds()
    return {"anomaly_id": "a", "type": kind, "rule_version": version, "thresholds": json.dumps(thresholds)}


def books(*changes: Own) -> list[Book]:
    found = [Book()]
    for own in changes:
        found.append(CONFIGURED.put(found[-1], "default", own))
    return found


@pytest.fixture
def changer(tmp_path: Path) -> Iterator[Changer]:
    """Change 1 was acked under version 2, change 2 got no answer, change 3 was acked under version 4."""
    record = Record(tmp_path / "record.jsonl")
    changer = Changer(Serving(tmp_path / "data"), record, "seed")
    changer.changes |= {1: ONE, 2: TWO, 3: THREE}
    changer.unsure |= {1, 2, 3}
    changer.answered(1, answer(2, ONE))
    changer.answered(3, answer(4, THREE))
    yield changer
    record.close()


def test_a_change_that_got_no_answer_may_have_been_taken(changer: Changer) -> None:
    assert (changer.acked, changer.unsure, changer.problems) == (2, {2}, [])
    anomalies = [anomaly(1, {}), anomaly(2, ONE), anomaly(3, TWO), anomaly(4, THREE), anomaly(1, {}, "dead_click")]
    assert [*ruling_faults(changer, books(ONE, TWO, THREE), anomalies)] == []
    assert [*settled(changer, [4, 4], 2)] == []


def test_or_it_may_not(changer: Changer) -> None:
    changer.versions = {1: 0, 2: 1, 3: 3}
    assert [*ruling_faults(changer, books(ONE, THREE), [anomaly(3, THREE)])] == []


@pytest.mark.parametrize("versions", [[4, 3], [4], [5, 5], [3, 3], []])
def test_shards_that_do_not_agree_on_the_last_version_are_seen(changer: Changer, versions: list[int]) -> None:
    assert len([*settled(changer, versions, 2)]) == 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (anomaly(3, TWO), "names version 3 of the rules, which was never in force"),
        (anomaly(2, TWO), "anomaly a shows"),
        (anomaly(4, ONE), "anomaly a shows"),
        (anomaly(1, ONE), "anomaly a shows"),
        (anomaly(2, {"dead_click": {"slow_ms": 1}}, "dead_click"), "anomaly a shows"),
    ],
)
def test_an_anomaly_of_rules_that_were_not_in_force_is_seen(changer: Changer, row: dict[str, Any], fault: str) -> None:
    [found] = ruling_faults(changer, [], [row])
    assert fault in found


def test_a_shard_with_rules_that_nobody_set_is_seen(changer: Changer) -> None:
    other = {**TWO, "rapid_fire": {"min_gaps": 50}}
    [found] = ruling_faults(changer, books(ONE, other), [])
    assert found == "a shard has other rules than change 2 said, under version 3"
    stranger = {"rage_click": {"window_ms": 2_099}}
    [found] = ruling_faults(changer, books(ONE, stranger)[-1:], [])
    assert found.startswith("a shard has version 3 of change 99")


def test_an_acked_version_of_which_a_shard_has_other_contents_is_seen(changer: Changer) -> None:
    assert [*ruling_faults(changer, books(ONE, THREE), [])] == ["a shard has version 3 of change 3, which is of None"]
    assert [*ruling_faults(changer, books(TWO), [])] == ["a shard has version 2 of change 2, which is of 1"]


def test_two_shards_with_one_version_and_two_contents_are_seen(changer: Changer) -> None:
    changer.changes[4] = four = drawn(Random(4), 4)
    changer.unsure.add(4)
    [found] = ruling_faults(changer, [books(ONE, TWO)[-1], books(ONE, four)[-1]], [])
    assert found == "a shard has version 3 of change 4, which is of 2"


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda changer: changer.took(view(3, TWO)), "version 3 of the rules is in force after version 4 was"),
        (lambda changer: changer.took(view(4, TWO)), "version 4 of the rules is of the changes 3, 2"),
        (lambda changer: changer.answered(2, answer(5, THREE)), "the answer to change 2 of the rules shows change 3"),
        (lambda changer: changer.answered(2, Answer(500, {}, b"no")), "change 2 of the rules was answered with 500"),
        (lambda changer: changer.took(view(5, {"rage_click": {"window_ms": 2_099}})), "version 5 of the rules is of"),
        (
            lambda changer: changer.took(view(5, {**TWO, "u_turn": {"max_away_ms": 5}})),
            "version 5 of the rules shows u_turn otherwise than 2 said",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_a_problem(
    changer: Changer, act: Callable[[Changer], object], problem: str
) -> None:
    act(changer)
    [found] = ruling_faults(changer, [], [])
    assert found.startswith(problem)


def test_a_conflict_leaves_it_open_whether_a_change_was_taken(changer: Changer) -> None:
    changer.answered(2, Answer(409, {}, b""))
    assert (changer.unsure, changer.problems) == ({2}, [])
