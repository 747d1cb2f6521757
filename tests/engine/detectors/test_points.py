"""Points that a session keeps come back as they were."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.points import MAX_KEPT, Kept, time_of
from tests.builders import T0

INT32 = st.integers(-(2**31), 2**31 - 1)
POINT = st.tuples(st.integers(T0 - 10**9, T0), INT32, INT32, st.sampled_from(["a", "b", "c"]))


@given(st.lists(POINT, min_size=1, max_size=20).map(lambda points: sorted(points, key=time_of)))
def test_kept_points_come_back_with_their_events(points: list[tuple[int, int, int, str]]) -> None:
    kept = Kept.of(points)
    assert (kept.points(), kept.last_ms) == (points, points[-1][0])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Kept) == kept


def test_as_many_as_may_be_kept_may_be_of_as_many_events() -> None:
    points = [(T0 + number, 0, 0, str(number)) for number in range(MAX_KEPT)]
    assert Kept.of(points).points() == points
