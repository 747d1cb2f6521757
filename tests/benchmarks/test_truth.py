"""What the right answers to a file are, and that a wrong one is told before any time is."""

from pathlib import Path

import pytest

from benchmarks import truth
from benchmarks.failure import BenchmarkFailed
from benchmarks.in_process import main as in_process
from benchmarks.peers.answers import Answer, to_ms, write
from benchmarks.peers.lines import lines, visits
from benchmarks.peers.session_hash import row_of
from benchmarks.traffic import START_MS
from tests.benchmarks.shop import shop_file

GAP_MS = 1_800_000
VISITS = [
    ("s1", "ann", START_MS),
    ("s2", "bob", START_MS + 1),
    ("s1", "ann", START_MS + GAP_MS),
    ("s3", "ann", START_MS + 2 * GAP_MS + 1),
]


def test_a_session_ends_by_a_gap_of_more_than_thirty_minutes() -> None:
    wanted = {
        Answer("ann", START_MS, START_MS + GAP_MS, 2),
        Answer("bob", START_MS + 1, START_MS + 1, 1),
        Answer("ann", START_MS + 2 * GAP_MS + 1, START_MS + 2 * GAP_MS + 1, 1),
    }
    assert set(truth.by_gap(VISITS)) == set(truth.by_id(VISITS)) == wanted


def test_a_file_whose_ids_and_gaps_say_different_things_is_no_input(tmp_path: Path) -> None:
    file = shop_file(tmp_path, [("s1", "ann", START_MS), ("s1", "ann", START_MS + GAP_MS + 1)])
    with pytest.raises(BenchmarkFailed, match="the gap of 30 minutes: 2 sessions, 1 are right"):
        truth.answers(file, tmp_path / "right")


def test_answers_are_the_same_whatever_their_order(tmp_path: Path) -> None:
    one, other = Answer("ann", 0, 5, 2), Answer("bob", 1, 1, 1)
    write([one, other], tmp_path / "right")
    write([other, one], tmp_path / "told")
    truth.compare(tmp_path / "right", {"told": tmp_path / "told"})


@pytest.mark.parametrize(
    ("told", "difference"),
    [
        ([Answer("ann", 0, 5, 3)], "has ann,0,5,3; lacks ann,0,5,2."),
        ([], "0 sessions, 1 are right; ; lacks ann,0,5,2."),
        ([Answer("ann", 0, 5, 2)] * 2, "2 sessions, 1 are right"),
    ],
)
def test_a_wrong_answer_fails_with_an_example(tmp_path: Path, told: list[Answer], difference: str) -> None:
    write([Answer("ann", 0, 5, 2)], tmp_path / "right")
    write(told, tmp_path / "told")
    with pytest.raises(BenchmarkFailed) as failure:
        truth.compare(tmp_path / "right", {"a peer": tmp_path / "told"})
    assert str(failure.value).startswith("a peer: ")
    assert difference in str(failure.value)


def test_sessiond_in_process_finds_what_the_file_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [(f"m{number % 7}", f"user-{number % 7}", START_MS + number * 1_000) for number in range(250)]
    file = shop_file(tmp_path, many + [(name, user, at_ms + GAP_MS) for name, user, at_ms in VISITS])
    truth.answers(file, tmp_path / "right")
    in_process(file, tmp_path / "told")
    truth.compare(tmp_path / "right", {"sessiond": tmp_path / "told"})
    assert '"seconds"' in capsys.readouterr().out


def test_the_peers_read_the_message_format_of_the_simulator(tmp_path: Path) -> None:
    file = shop_file(tmp_path, VISITS[:1])
    first = next(lines(file))
    assert (first.session_id, first.user_id, to_ms(first.timestamp)) == ("s1", "ann", START_MS)
    assert next(visits(file)).timestamp == first.timestamp
    hashed = row_of(first)
    assert (hashed.url, hashed.path, hashed.browser, hashed.country) == ("/p?q=1", "/p", "Safari", "US")
