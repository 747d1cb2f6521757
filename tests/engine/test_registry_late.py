"""Events of sessions that have ended, whether those are in memory still or in the archive."""

import pytest

from engine.analysis import Summary
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.summary import summarise
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, LATE_RAW, TIME_MISSING, Event
from tests.builders import GAP, HOUR, click, event
from tests.engine.drive import DAY, MONTH, S1, ended_registry, take


def test_a_late_event_is_folded_in_and_the_summary_issued_again(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    outcome = take(registry, click(5), now=DAY)
    assert outcome.statuses == bytes([LATE_FOLDED])
    [summary] = outcome.summaries
    assert (summary.version, summary.event_count, summary.events_late, summary.state) == (4, 3, 1, "ended")


def test_after_a_day_a_late_event_is_stored_raw_only(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    outcome = take(registry, click(5), now=DAY + 1)
    assert (outcome.statuses, outcome.generations) == (bytes([LATE_RAW]), [1])
    assert outcome.summaries == []


def test_a_late_event_may_come_up_to_the_gap_after_the_end(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    assert take(registry, event(at=10 + GAP), now=1).statuses == bytes([LATE_FOLDED])
    registry = ended_registry(archive)
    outcome = take(registry, event(at=10 + 2 * GAP + 1), now=1)
    assert (outcome.statuses, outcome.generations) == (bytes([ACCEPTED]), [2])


def test_a_resent_event_of_an_ended_session_is_a_duplicate(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    outcome = take(registry, event(at=10), now=HOUR)
    assert (outcome.statuses, outcome.summaries, outcome.generations) == (bytes([DUPLICATE]), [], [1])


def test_a_late_close_event_takes_the_missing_close_back(archive: MemoryArchive | None) -> None:
    outcome = take(ended_registry(archive), event("app_close", 11), now=1)
    [summary] = outcome.summaries
    assert (summary.end_reason, summary.anomalies) == ("close", [row.anomaly for row in outcome.anomalies])
    assert [(row.anomaly.type, row.anomaly.status) for row in outcome.anomalies] == [("missing_close", "withdrawn")]


def test_late_clicks_can_still_be_rage() -> None:
    outcome = take(ended_registry(None), *(click(20 + 100 * at) for at in range(6)))
    assert "rage_click" in [row.anomaly.type for row in outcome.anomalies]


@pytest.mark.parametrize("last", [event("app_close", 60_000), event(at=59_000), click(59_000)])
def test_late_clicks_that_are_rage_stay_so_whatever_comes_later_still(
    archive: MemoryArchive | None, last: Event
) -> None:
    registry = ended_registry(archive)
    take(registry, *(click(20_000 + 100 * at) for at in range(6)))
    take(registry, event(at=60_000))  # so much later that nobody goes back to the clicks any more
    [summary] = take(registry, last).summaries
    assert [one.status for one in summary.anomalies if one.type == "rage_click"] == ["confirmed"]


def test_a_resend_without_a_timestamp_is_known_by_its_id(archive: MemoryArchive | None) -> None:
    """It comes with the time of the resend, which is far from where the first copy went."""
    registry = ended_registry(archive)
    again = event(at=5 * HOUR, id=event(at=10).event_id, flags=TIME_MISSING)
    outcome = take(registry, again, now=5 * HOUR)
    assert (outcome.statuses, outcome.generations) == (bytes([DUPLICATE]), [1])
    assert S1 not in registry.residents.live


@pytest.mark.parametrize("has_ended", [False, True])
def test_it_is_known_also_when_the_next_session_has_begun_and_would_take_it(
    archive: MemoryArchive | None, has_ended: bool
) -> None:
    registry = ended_registry(archive)
    begun = 3 * GAP
    assert take(registry, event(at=begun), now=begun).generations == [2]
    if has_ended:
        take(registry, event("session_end", begun + 1), now=begun + 1)
    again = event(at=begun + 5, id=event(at=10).event_id, flags=TIME_MISSING)
    outcome = take(registry, again, now=begun + 5)
    assert (outcome.statuses, outcome.generations) == (bytes([DUPLICATE]), [1])


def test_a_generation_number_is_remembered_for_a_month_more(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    assert take(registry, event(at=31 * DAY), now=31 * DAY).generations == [2]
    if archive is not None:
        registry = ended_registry(archive)
        assert take(registry, event(at=32 * DAY), now=DAY + MONTH + 1).generations == [1]


def test_a_full_day_of_late_events_of_one_session_is_one_summary() -> None:
    registry = ended_registry(None)
    outcome = take(registry, *(event(at=10 + at) for at in range(1, 500)))
    assert [summary.event_count for summary in outcome.summaries] == [501]


# -- reading ----------------------------------------------------------------------------------------------------------


def summary_of(registry: Registry, generation: int | None) -> Summary | None:
    found = registry.residents.find(S1, "s1", generation)
    return None if found is None else summarise(found)


def test_any_generation_can_be_read_and_the_latest_by_default(archive: MemoryArchive | None) -> None:
    registry = ended_registry(archive)
    take(registry, event(at=HOUR))
    found = [summary_of(registry, generation) for generation in (1, 2, None, 3)]
    assert [summary and (summary.generation, summary.state) for summary in found] == [
        (1, "ended"),
        (2, "live"),
        (2, "live"),
        None,
    ]
