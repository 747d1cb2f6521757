"""Every event of a frame is in one bucket of its project and minute."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.config import Session
from engine.ledger import Ledger
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    LATE_FOLDED,
    LATE_RAW,
    OVERFLOW,
    QUARANTINED,
    BadRow,
    Batch,
    Event,
)
from tests import builders
from tests.builders import make_registry

NAMES = {
    ACCEPTED: "accepted",
    DUPLICATE: "duplicate",
    LATE_FOLDED: "late",
    LATE_RAW: "late",
    OVERFLOW: "overflow",
    QUARANTINED: "quarantined",
}
MINUTE = 1_767_355_200_000


def event(project_id: str) -> Event:
    return Event(project_id, "e", "s", "u", "click", 0)


def bad_row(project_id: str, code: str = "invalid_event") -> BadRow:
    return BadRow(project_id, 0, code, "", b"")


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(NAMES)))),
    st.lists(st.tuples(st.sampled_from("bc"), st.sampled_from(["invalid_event", "event_too_large"]))),
    st.integers(0, 59_999),
)
def test_each_event_is_counted_once_for_its_project_and_minute(
    events: list[tuple[str, int]], refused: list[tuple[str, str]], into_ms: int
) -> None:
    ledger = Ledger()
    batch = Batch("g", 1, 0, [event(project) for project, _ in events], bad_rows=[bad_row(*one) for one in refused])
    ledger.count(batch, bytes(status for _, status in events), MINUTE + into_ms)
    expected = Counter((MINUTE, project, "received") for project, _ in [*events, *refused])
    expected += Counter((MINUTE, project, NAMES[status]) for project, status in events)
    expected += Counter((MINUTE, project, f"rejected:{code}") for project, code in refused)
    assert ledger.unsaved == expected


def test_an_event_without_a_status_was_not_folded() -> None:
    for projects in ("aaa", "aba"):
        ledger = Ledger()
        ledger.count(Batch("g", 1, 0, list(map(event, projects))), bytes([ACCEPTED]), MINUTE)
        found = Counter({name: 0 for name in ("received", "accepted", "quarantined")})
        for (_, _, name), count in ledger.unsaved.items():
            found[name] += count
        assert found == {"received": 3, "accepted": 1, "quarantined": 2}


def test_a_status_that_nobody_knows_is_in_no_bucket_and_so_it_shows() -> None:
    ledger = Ledger()
    ledger.count(Batch("g", 1, 0, [event("a")]), b"\xff", MINUTE)
    assert ledger.unsaved == {(MINUTE, "a", "received"): 1}


def test_sums_are_of_the_minutes_that_begin_in_the_range() -> None:
    ledger = Ledger()
    for minute in range(3):
        ledger.count(Batch("g", 1, 0, [event("a")]), bytes([ACCEPTED]), MINUTE + minute * 60_000 + 59_999)
    found = ledger.sums(MINUTE + 60_000, MINUTE + 120_000)
    assert found == {("a", "received"): 1, ("a", "accepted"): 1}


def test_events_of_a_session_that_forgets_ids_may_be_copies_and_an_outcome_says_how_many() -> None:
    registry = make_registry(limits=Session(max_ids=4))
    unsure = []
    for number in range(4):
        made = [builders.event(at=number * 2 + place) for place in range(2)]
        unsure.append(registry.apply(builders.batch(*made), builders.T0, number + 1).unsure)
    assert unsure == [0, 1, 2, 2]
