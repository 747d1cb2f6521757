"""How far a session can go back, and what that costs it."""

from random import Random

import pytest

from engine.detectors.base import HORIZON_MS
from engine.fold import Folder
from engine.recent import MAX_MOMENTS
from engine.session import Session
from tests.builders import T0, event
from tests.engine.test_fold import folder, opened


def arrived(times: list[int], *, batch: int = 1, fold: Folder | None = None) -> Session:
    """Milliseconds after `T0`, in the order of arrival; judged after each batch."""
    fold, session = fold or folder(), opened()
    for place, at in enumerate(times):
        fold.fold(session, event("search", at, id=str(place)), T0)
        if place % batch == batch - 1:
            [*fold.settle()]
    return session


@pytest.mark.parametrize("gap_ms", [40, 700, 3_000, 4_999, 5_000, 60_000])
def test_an_event_that_is_as_late_as_the_horizon_is_taken(gap_ms: int) -> None:
    times = [number * gap_ms for number in range(100)]
    fold = folder()
    arrived([*times, times[-1] - HORIZON_MS], fold=fold)
    assert fold.noted.too_late == 0


@pytest.mark.parametrize(("gap_ms", "most"), [(2_500, 4), (3_000, 3), (6_000, 1)])
def test_moments_that_are_too_old_to_go_back_to_are_forgotten(gap_ms: int, most: int) -> None:
    session = arrived([number * gap_ms for number in range(100)])
    assert session.recent is not None
    assert len(session.recent.moments) <= most


def test_a_session_that_is_too_fast_to_remember_the_horizon_remembers_so_many() -> None:
    session = arrived(list(range(3_000)))
    assert session.recent is not None
    assert MAX_MOMENTS <= len(session.recent.moments) <= 2 * MAX_MOMENTS
    assert len([moment for moment in session.recent.moments if moment.states is not None]) <= 3


def test_one_whose_events_come_in_no_order_remembers_hardly_more() -> None:
    random = Random(1)
    session = arrived([random.randrange(HORIZON_MS - 1_000) for _ in range(3_000)], batch=50)
    assert session.recent is not None
    assert len(session.recent.moments) <= 2 * MAX_MOMENTS + 50
