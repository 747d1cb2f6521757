from collections.abc import Sequence

import pytest

from engine import rules
from engine.analysis import EndReason
from engine.config import Session
from engine.detectors import FORMER, build_detectors
from engine.detectors.base import Action, Detector, Finding, Verdict
from engine.device import Device
from engine.fold import Folder
from engine.moment import Moment
from engine.rulebook import Rulebook, Ruleset
from engine.rules import Rules
from engine.session import Session as State
from engine.session import encode_session
from engine.states import NONE, by_place
from engine.wire import HISTORIC, Event, Facts
from tests.builders import T0, click, event


def opened() -> State:
    return State("default\0s1", "", "default", "", 1, T0, T0, T0)


def folder(**limits: int) -> Folder:
    return Folder(Session(**limits), Rulebook(Rules()))  # type: ignore[arg-type]


def folded(*events: Event, fold: Folder | None = None) -> State:
    session, fold = opened(), fold or folder()
    for one in events:
        fold.fold(session, one, T0)
    return session


def test_an_event_is_folded_once() -> None:
    session = folded(event(at=1), event(at=1), event(at=2))
    assert (session.event_count, session.duplicates, session.version) == (2, 1, 2)


def test_types_are_counted_by_what_they_are() -> None:
    session = folded(event("page_view"), event("screen_view"), click(), event("button_click"), event("js_error"))
    assert (session.page_count, session.click_count, session.error_count, session.event_count) == (2, 2, 1, 5)


def test_continuous_events_are_events_but_no_actions() -> None:
    session = folded(*(event(kind, at=1) for kind in Session().continuous_types))
    assert session.event_count == len(Session().continuous_types)
    assert (session.log.names, session.anomalies) == ((), ())


def test_times_are_those_of_the_earliest_and_latest_event() -> None:
    session = folded(event(at=50), event(at=10), event(at=90), event(at=60))
    assert (session.started_ms, session.last_ms) == (T0 + 10, T0 + 90)


def test_entry_and_exit_are_pages_by_event_time() -> None:
    session = folded(event(at=50, url="b"), event(at=90, url="c"), event(at=10, url="a"), click(99))
    assert (session.entry_url, session.exit_url) == ("a", "c")


def test_who_and_where_are_said_by_the_first_event_that_knows() -> None:
    device = Device("Chrome")
    session = folded(event(at=1, user=""), event(at=2, user="u7", device=device, country="DE", city="Ulm"), event(at=3))
    assert (session.user_id, session.device, session.country, session.city) == ("u7", device, "DE", "Ulm")


def test_screens_are_counted_once_and_up_to_a_bound() -> None:
    events = [event(at=number, path=f"/{number % 5}") for number in range(20)]
    assert folded(*events).screens.count == 5
    assert folded(*events, fold=folder(max_screens=3)).screens.count == 3


def test_the_deepest_scroll_is_kept() -> None:
    session = folded(event("scroll", 1, scroll_depth=80), event("scroll", 2, scroll_depth=20))
    assert session.max_scroll_depth == 80


def test_the_last_event_says_whether_a_session_is_historic() -> None:
    assert folded(event(at=1), event(at=2, flags=HISTORIC)).historic
    assert not folded(event(at=1, flags=HISTORIC), event(at=2)).historic


def test_a_session_without_end_forgets_its_oldest_ids_and_stays_small() -> None:
    fold, session = folder(max_ids=100), opened()
    for number in range(1000):
        fold.fold(session, event("scroll", number), T0)
    assert not fold.holds(session, event("scroll", 1).event_id)
    assert all(fold.holds(session, event("scroll", number).event_id) for number in range(951, 1000))
    assert len(encode_session(session)) < 16_000  # most of it is what detectors may still have to go back to


def test_anomalies_are_bounded_and_what_is_beyond_is_counted() -> None:
    events = [event("search" if number % 6 else "other", number * 1000) for number in range(100)]
    fold = folder(max_anomalies=3)
    assert len(folded(*events, fold=fold).anomalies) == 3
    assert fold.noted.dropped > 0


def test_a_burst_keeps_its_anomaly_and_raises_the_version() -> None:
    session = folded(*(event("search", at * 1000) for at in range(7)))
    assert [(found.type, found.version, found.details["count"]) for found in session.anomalies] == [
        ("repeated_action", 3, 7)
    ]
    assert session.anomalies[0].detected_ms == T0 + 4000


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("repeated_action", "medium"), ("rapid_fire", "high"), ("stuck_pattern", "high"), ("missing_close", "low")],
)
def test_severities(kind: str, severity: str) -> None:
    cycle = ("typing", "send", "back") * 3
    events = [event(kind, at * 10) for at, kind in enumerate((*cycle, *["a"] * 5))]
    fold = folder()
    session = folded(*events, fold=fold)
    fold.end(session, "timeout", T0)
    assert {found.type: found.severity for found in session.anomalies}[kind] == severity


def test_a_late_close_withdraws_the_missing_close() -> None:
    fold = folder()
    session = folded(event(), fold=fold)
    [reported] = fold.end(session, "timeout", T0)
    [withdrawn] = fold.reclose(session)
    assert (withdrawn.id, withdrawn.version, withdrawn.status) == (reported.id, 2, "withdrawn")
    assert (session.anomalies, session.end_reason) == ((withdrawn,), "close")


def test_what_was_withdrawn_and_is_said_again_was_found_then() -> None:
    """The page is left before the input that belongs to the new one arrives: the form goes on, until the end."""
    typed = Facts(form="address", field="name")
    start, more = event("form_start", id="start", path="/a"), event("input", 1_000, id="more", path="/b")
    start.facts = more.facts = typed
    view, last = event("page_view", 2_000, path="/b"), event("web_vitals", 3_000, path="/b")
    fold = folder()
    session = folded(start, view, fold=fold)
    assert [one.detected_ms for one in session.anomalies] == [T0 + 2_000]
    for one in (more, last):
        fold.fold(session, one, T0)
        [*fold.settle()]
    fold.end(session, "close", T0)
    [found] = session.anomalies
    assert (found.status, found.details["outcome"], found.detected_ms) == ("confirmed", "ended", T0 + 3_000)


def test_states_of_a_release_whose_table_had_another_order_go_on() -> None:
    fold = folder()
    before = folded(*(event("search", at * 1_000) for at in range(4)), fold=fold)
    places = {
        None if one is None else one.kind: place for place, one in enumerate(build_detectors(Ruleset(), Session()))
    }
    states = by_place(before.detectors)
    before.detectors = tuple(states.get(places[kind]) for kind in FORMER)
    before.rules_version, before.recent, before.anomalies = 0, None, ()
    session = fold.decode(encode_session(before))
    fold.fold(session, event("search", 4_000), T0)
    assert [found.type for found in session.anomalies] == ["repeated_action"]


class Faulty(Detector):
    kind = "faulty"
    severity = "low"

    def __init__(self, *, at_end: bool, error: type[Exception] = ValueError) -> None:
        super().__init__(rules.Rule(), Session())
        self._at_end = at_end
        self._error = error

    def see(self, state: object, moment: Moment, before: Action) -> Verdict:
        if not self._at_end:
            self._fail()
        return None, ()

    def end(self, state: object, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        self._fail()
        return ()

    def _fail(self) -> None:
        message = "as if by mistake"
        raise self._error(message)


def folder_with(faulty: Faulty) -> Folder:
    def make(ruleset: Ruleset, kinds: Session) -> list[Detector | None]:
        return [*build_detectors(ruleset, kinds), faulty]

    return Folder(Session(), Rulebook(Rules()), make=make)


@pytest.mark.parametrize("error", [ValueError, RecursionError])
@pytest.mark.parametrize("at_end", [False, True])
def test_a_detector_that_raises_is_silenced_for_that_session_and_counted(at_end: bool, error: type[Exception]) -> None:
    fold = folder_with(Faulty(at_end=at_end, error=error))
    session = folded(*(event("search", at) for at in range(5)), fold=fold)
    changed = fold.end(session, "timeout", T0)
    assert session.event_count == 5
    assert [found.type for found in session.anomalies] == ["repeated_action", "missing_close"]
    assert [found.type for found in changed] == ["missing_close"]
    assert dict(fold.noted.errors) == {"faulty": 1}
    assert session.muted == ["faulty"]


@pytest.mark.parametrize("at_end", [False, True])
def test_a_process_without_memory_is_no_fault_of_a_detector(at_end: bool) -> None:
    """It ends, and the next one, which has memory, decides as if nothing had been."""
    fold = folder_with(Faulty(at_end=at_end, error=MemoryError))
    with pytest.raises(MemoryError):
        fold.end(folded(event(), fold=fold), "timeout", T0)
    assert dict(fold.noted.errors) == {}


def test_a_session_that_was_silenced_ends_without_detectors() -> None:
    fold = folder_with(Faulty(at_end=True))
    session = folded(*(event("search", at) for at in range(3)), fold=fold)
    fold.silence(session)
    assert fold.fold(session, event("search", 5), T0) == ()
    assert fold.end(session, "timeout", T0) == []
    assert (session.event_count, dict(fold.noted.errors), session.detectors) == (4, {}, NONE)


def test_a_decoded_session_goes_on_as_if_nothing_had_happened() -> None:
    events = [click(at * 100) for at in range(12)]
    fold = folder()
    one, halved = opened(), opened()
    for place, taken in enumerate(events):
        fold.fold(one, taken, T0)
        fold.fold(halved, taken, T0)
        if place == 5:
            halved = folder().decode(encode_session(halved))
    assert encode_session(halved) == encode_session(one)


def test_decoded_sessions_share_what_is_equal() -> None:
    fold = folder()
    state = encode_session(folded(event(device=Device("Chrome"))))
    assert fold.decode(state).device is fold.decode(state).device


def test_what_an_ended_session_shows_late_is_still_shown_after_the_next_late_event() -> None:
    """The marks are those of the session as it was before its end, and know what came after it."""
    fold = folder()
    session = folded(event(), fold=fold)
    fold.end(session, "timeout", T0)
    for one in (*(event("search", 1_000 + at) for at in range(5)), event("typing", 9_000), event("back", 8_000)):
        fold.fold(session, one, T0)
        [*fold.settle()]
    assert [(found.type, found.status) for found in session.anomalies] == [
        ("repeated_action", "confirmed"),
        ("missing_close", "confirmed"),
    ]
