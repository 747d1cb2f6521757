"""A flood counts every request once, and a run that broke a rule is none."""

from collections import Counter

import pytest

from benchmarks.failure import BenchmarkFailed
from benchmarks.outcome import Told
from benchmarks.overload import check
from benchmarks.resident import growth_per_min

OK_HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 9"
REFUSED_HEAD = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 9"


def told(**fields: int) -> Told:
    answers = Counter({"200": 2, "503 overloaded": 3})
    return Told(**{"sent": 5, "accepted": 200, **fields}, answers=answers)  # type: ignore[arg-type]


def test_each_answer_is_counted_under_its_status_and_code() -> None:
    found = Told()
    found.take(200, OK_HEAD, b'{"accepted":100,"duplicates":0}', 0.25)
    found.take(503, REFUSED_HEAD, b'{"status":503,"code":"overloaded"}', 0.5)
    found.take(503, OK_HEAD, b'{"status":503,"code":"shard_unavailable"}', 0.5)
    assert dict(found.answers) == {"200": 1, "503 overloaded": 1, "503 shard_unavailable": 1}
    assert (found.accepted, found.latencies_ms, found.without_retry_after, found.in_doubt) == (100, [250.0], 1, 100)


def test_percentiles_are_those_of_what_was_accepted() -> None:
    found = Told(latencies_ms=[float(ms) for ms in range(100, 0, -1)])
    assert (found.latency_ms(50), found.latency_ms(99), found.latency_ms(100)) == (51.0, 100.0, 100.0)
    assert Told().latency_ms(50) == 0.0


def test_a_run_that_kept_every_rule_is_one() -> None:
    check(told(), 0, 200, 200)
    check(told(), 100, 200, 300)


@pytest.mark.parametrize(
    ("fields", "stored", "reason"),
    [
        ({"sent": 6}, 200, "6 requests were sent"),
        ({"without_retry_after": 1}, 200, "without Retry-After: 1"),
        ({"sent": 6, "unanswered": 1}, 200, "without an answer: 1"),
        ({"accepted": 199}, 199, "199 events"),
        ({}, 199, "199 are stored"),
        ({}, 201, "201 are stored"),
    ],
)
def test_a_run_that_broke_one_is_none(fields: dict[str, int], stored: int, reason: str) -> None:
    with pytest.raises(BenchmarkFailed, match=reason):
        check(told(**fields), 0, 200, stored)


def test_an_answer_that_is_no_refusal_is_a_failure() -> None:
    broken = Told(sent=1, answers=Counter({"500 internal_error": 1}))
    with pytest.raises(BenchmarkFailed, match="internal_error"):
        check(broken, 0, 0, 0)


def test_growth_is_the_slope_of_the_second_half() -> None:
    assert growth_per_min([0.0] * 10 + [5.0] * 10) == 0.0
    assert growth_per_min([float(second) for second in range(20)]) == 60.0
    assert growth_per_min([7.0]) == 0.0
