"""A session as the release of 2026-11-25 left it in a snapshot: it kept the states of detectors, and what makes going
back possible, in another way."""

from pathlib import Path
from typing import Final

from engine.session import encode_session
from tests.builders import T0, click, event
from tests.engine.standing import standing
from tests.engine.test_fold import folded, folder

_STATE: Final = Path(__file__).with_name("session-2026-11-25.msgpack").read_bytes()
_SEEN: Final = (
    event("page_view", -20_000),
    *(click(at) for at in (0, 100, 200, 300)),
    event("search", 6_000),
    *(click(at) for at in (7_000, 7_100, 7_200, 7_300)),
    event("typing", 9_000),
    event("scroll", 7_250),
)


def test_it_goes_back_to_its_marks_when_events_come_late() -> None:
    """Two clicks make six in a row, before what it had seen last."""
    fold = folder()
    session = fold.decode(_STATE)
    late = click(7_400), click(7_450)
    for one in late:
        fold.fold(session, one, T0)
    [*fold.settle()]
    expected = folded(*sorted((*_SEEN, *late), key=lambda one: one.at_ms))
    assert [found.type for found in expected.anomalies] == ["repeated_action"]
    assert standing(session.anomalies) == standing(expected.anomalies)


def test_it_is_written_as_today_and_read_again() -> None:
    state = encode_session(folder().decode(_STATE))
    assert encode_session(folder().decode(state)) == state
