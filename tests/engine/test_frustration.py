"""The frustration score: 0 without trouble, at most 100, and more trouble never lowers it."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.analysis import Anomaly, AnomalyStatus, Frustration, FrustrationPart, Severity
from engine.frustration import MAX_SCORE, POINTS, SHARE_PERCENT, frustration_of

TYPES = ("rage_click", "dead_click", "slow_page", "missing_close", "checkout_loop")
anomalies = st.builds(
    Anomaly,
    id=st.text(max_size=3),
    type=st.sampled_from(TYPES),
    severity=st.sampled_from(get_args(Severity)),
    description=st.just(""),
    started_ms=st.just(0),
    detected_ms=st.just(0),
    status=st.sampled_from(get_args(AnomalyStatus)),
)


def one(kind: str = "rage_click", severity: Severity = "high", status: AnomalyStatus = "confirmed") -> Anomaly:
    return Anomaly("a", kind, severity, "", 0, 0, status=status)


def test_a_session_without_trouble_has_none() -> None:
    assert frustration_of([]) == Frustration(0, [])


@pytest.mark.parametrize(("severity", "points"), POINTS.items())
def test_one_anomaly_has_the_points_of_its_severity(severity: Severity, points: int) -> None:
    assert frustration_of([one(severity=severity)]) == Frustration(points, [FrustrationPart("rage_click", 1, points)])


def test_of_one_type_each_further_one_counts_half_of_the_one_before() -> None:
    assert [frustration_of([one()] * count).score for count in (1, 2, 3, 100)] == [30, 45, 52, 59]


def test_types_add_up_and_the_heaviest_is_named_first() -> None:
    found = frustration_of([one("u_turn", "low"), one(), one("dead_click", "medium"), one()])
    parts = [
        FrustrationPart("rage_click", 2, 45),
        FrustrationPart("dead_click", 1, 15),
        FrustrationPart("u_turn", 1, 6),
    ]
    assert found == Frustration(66, parts)


def test_what_is_provisional_counts_half_and_what_is_withdrawn_nothing() -> None:
    assert frustration_of([one(status="provisional")]).score == 15
    assert frustration_of([one(status="withdrawn")]) == Frustration(0, [])


@pytest.mark.parametrize(("kind", "share_percent"), SHARE_PERCENT.items())
def test_some_types_have_a_share_of_the_points(kind: str, share_percent: int) -> None:
    assert frustration_of([one(kind)]).score == 30 * share_percent // 100


def test_the_score_ends_at_a_hundred() -> None:
    found = frustration_of([one(f"kind{n}") for n in range(9)])
    assert (found.score, sum(part.points for part in found.parts)) == (MAX_SCORE, 270)


@given(st.lists(anomalies, max_size=20), anomalies)
def test_one_more_never_lowers_it(before: list[Anomaly], more: Anomaly) -> None:
    assert 0 <= frustration_of(before).score <= frustration_of([*before, more]).score <= MAX_SCORE


@given(st.lists(anomalies, min_size=1, max_size=20))
def test_worse_never_lowers_it(found: list[Anomaly]) -> None:
    first = found[0]
    score = frustration_of(found).score
    worse = [replace(first, severity="high"), replace(first, status="confirmed")]
    assert all(score <= frustration_of([changed, *found[1:]]).score for changed in worse)
    assert frustration_of([replace(first, status="withdrawn"), *found[1:]]).score <= score


@given(st.lists(anomalies, max_size=20))
def test_the_order_does_not_matter(found: list[Anomaly]) -> None:
    assert frustration_of(found) == frustration_of(found[::-1])
