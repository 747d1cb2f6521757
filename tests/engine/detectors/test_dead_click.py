import pytest

from engine import config
from engine.analysis import EndReason
from engine.detectors.base import Action, Finding
from engine.detectors.dead_click import DeadClick as DeadClickDetector
from engine.moment import moment_of
from engine.rules import DeadClick, Rules
from engine.session import Session
from engine.traits import INTERACTIVE, KEYBOARD, KNOWN, LEAVES, MEDIA, MODIFIED, OPTED_OUT, TEXT_FIELD
from engine.wire import Click, Event
from tests.builders import T0, event
from tests.engine.detectors.run import alone, detector, findings

KIND = "dead_click"
TELLS = event("dom_mutation", -20_000)  # a client that tells of changes: without one, silence says nothing
BUTTON = KNOWN | INTERACTIVE


def click(at: int, *, traits: int = BUTTON, selector: str = "#pay", tag: str = "button", path: str = "/") -> Event:
    return event("click", at, id=f"c{at}", path=path, click=Click(10, 10, selector, tag, "Pay", traits))


def said(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.type or KIND, one.status) for one in found]


def test_a_click_on_what_is_not_interactive_is_dead_at_once() -> None:
    [found] = findings(KIND, [click(0, traits=KNOWN, tag="div", selector="div.price")])
    assert (found.status, found.details["reason"], found.details["element"]) == (
        "confirmed",
        "non_interactive_target",
        "div.price",
    )


def test_an_element_of_which_nothing_is_known_is_not_judged() -> None:
    assert findings(KIND, [click(0, traits=0), event("search", 9_000)]) == []


@pytest.mark.parametrize(("after_ms", "expected"), [(2_500, []), (2_501, [(KIND, "provisional")])])
def test_a_button_is_dead_once_its_time_is_over(after_ms: int, expected: list[tuple[str, str]]) -> None:
    assert said(findings(KIND, [TELLS, click(0), click(after_ms, selector="#other", tag="a")]))[:1] == expected


def test_it_is_confirmed_when_nothing_that_comes_late_can_save_it() -> None:
    events = [TELLS, click(0), event("search", 2_501), event("search", 7_500), event("search", 7_501)]
    assert said(findings(KIND, events)) == [(KIND, "provisional"), (KIND, "confirmed")]


@pytest.mark.parametrize(
    "kind",
    [
        *("page_view", "dom_mutation", "input", "scroll", "network_request", "visibility_change", "focus"),
        *("text_select", "purchase"),
    ],
)
def test_any_sign_of_life_in_time_saves_it(kind: str) -> None:
    assert findings(KIND, [TELLS, click(0), event(kind, 999), event("search", 9_000)]) == []


def test_a_client_that_tells_of_no_changes_has_no_dead_buttons() -> None:
    assert findings(KIND, [click(0), event("search", 9_000)]) == []


@pytest.mark.parametrize("others", [["scroll"], ["web_vitals"], ["scroll", "web_vitals"]])
@pytest.mark.parametrize("telling", ["dom_mutation", "network_request"])
def test_a_client_that_tells_is_known_whatever_else_came_at_that_time(telling: str, others: list[str]) -> None:
    signals = [event(kind, -20_000, id=f"{kind}0") for kind in (*others, telling)]
    events = [click(0), event("search", 9_000)]
    assert said(findings(KIND, [*signals, *events])) == said(findings(KIND, [*signals[::-1], *events]))
    assert said(findings(KIND, [*signals, *events])) == [(KIND, "confirmed")]


def test_requests_that_a_project_counts_as_actions_tell_as_well() -> None:
    kinds = config.Session(continuous_types=config.Session().continuous_types - {"network_request"})
    one = DeadClickDetector(DeadClick(), kinds)
    state, _ = one.see(None, moment_of(event("network_request", -20_000), "network_request", T0 - 20_000, ()), Action())
    state, _ = one.see(state, moment_of(click(0), "click", T0, ()), Action())
    assert len(one.end(state, "close", T0 + 2_501)) == 1


@pytest.mark.parametrize("kind", ["dom_mutation", "scroll", "page_view"])
def test_a_sign_of_life_that_comes_late_withdraws_it(kind: str) -> None:
    folder = alone(detector(KIND))
    session = Session("default\0s1", "", "default", "u1", 1, T0, T0, T0)
    for one in (TELLS, click(0), event("search", 2_600)):
        folder.fold(session, one, T0)
    [reported] = session.anomalies
    folder.fold(session, event(kind, 900), T0)
    list(folder.settle())
    [found] = session.anomalies
    assert (reported.status, found.status, found.id) == ("provisional", "withdrawn", reported.id)


def test_a_moving_mouse_is_no_sign_of_life() -> None:
    events = [TELLS, click(0), event("mouse_move", 500), event("heartbeat", 600), event("search", 9_000)]
    assert said(findings(KIND, events)) == [(KIND, "confirmed")]


@pytest.mark.parametrize(("before_ms", "expected"), [(100, 0), (101, 1)])
def test_a_menu_that_opened_before_the_click_is_an_answer(before_ms: int, expected: int) -> None:
    events = [TELLS, event("dom_mutation", 1_000 - before_ms), click(1_000), event("search", 9_000)]
    assert len(findings(KIND, events)) == expected


@pytest.mark.parametrize(("before_ms", "expected"), [(1_000, 0), (1_001, 1)])
@pytest.mark.parametrize("kind", ["window_focus", "visibility_change"])
def test_the_click_that_woke_the_window_is_for_that(kind: str, before_ms: int, expected: int) -> None:
    events = [TELLS, event(kind, 5_000 - before_ms), click(5_000), event("search", 14_000)]
    assert len(findings(KIND, events)) == expected


def test_a_field_that_got_the_focus_is_no_window_that_woke() -> None:
    assert len(findings(KIND, [TELLS, event("focus", 4_500), click(5_000), event("search", 14_000)])) == 1


def plain(at: int) -> Event:
    return click(at, traits=KNOWN, tag="div", selector="div.card")


ANSWERED = [plain(-30_000), event("dom_mutation", -29_950)]  # of the first, which is withdrawn with it


def after_answered(*events: Event) -> list[Finding]:
    return findings(KIND, [*ANSWERED, *events])[2:]


@pytest.mark.parametrize(("after_ms", "expected"), [(100, ["confirmed", "withdrawn"]), (101, ["confirmed"])])
@pytest.mark.parametrize("kind", ["dom_mutation", "network_request", "selection_change", "text_select"])
def test_a_plain_element_that_is_answered_at_once_is_withdrawn(kind: str, after_ms: int, expected: list[str]) -> None:
    found = findings(KIND, [plain(0), event(kind, after_ms), event("search", 9_000)])
    assert [one.status for one in found] == expected


def test_a_page_that_is_viewed_next_is_no_answer_of_a_plain_element() -> None:
    assert said(findings(KIND, [plain(0), event("page_view", 50), event("search", 9_000)])) == [(KIND, "confirmed")]


def test_a_change_answers_the_first_click_and_none_before_it() -> None:
    found = findings(KIND, [plain(0), plain(300), event("dom_mutation", 350), event("search", 9_000)])
    assert said(found) == [(KIND, "confirmed"), (KIND, "confirmed")]


def test_a_word_is_marked_by_the_second_click() -> None:
    found = findings(KIND, [plain(0), plain(300), event("selection_change", 310), event("search", 9_000)])
    assert said(found)[-1] == (KIND, "withdrawn")


@pytest.mark.parametrize(("after_ms", "expected"), [(100, 0), (101, 1)])
@pytest.mark.parametrize("kind", ["dom_mutation", "network_request", "page_view", "text_select", "purchase"])
def test_once_one_was_answered_the_next_are_waited_for(kind: str, after_ms: int, expected: int) -> None:
    assert len(after_answered(plain(0), event(kind, after_ms), event("search", 9_000))) == expected


def test_a_double_click_is_waited_for_as_a_whole() -> None:
    assert after_answered(plain(0), plain(400), event("selection_change", 410), event("search", 9_000)) == []
    [found] = after_answered(plain(0), plain(400), event("search", 901))
    assert (found.details["count"], found.status) == (2, "confirmed")


def test_rage_on_a_plain_element_is_not_waited_for() -> None:
    assert [one.severity for one in after_answered(*map(plain, (0, 200, 400, 600, 800)))] == ["high"]


@pytest.mark.parametrize("kind", ["dom_mutation", "selection_change", "window_focus"])
def test_a_plain_element_whose_answer_came_before_the_click_is_none(kind: str) -> None:
    assert findings(KIND, [event(kind, 900), plain(1_000), event("search", 9_000)]) == []


@pytest.mark.parametrize("kind", ["scroll", "page_view", "search"])
def test_what_is_done_before_a_click_on_a_plain_element_is_no_answer(kind: str) -> None:
    assert len(findings(KIND, [event(kind, 990), plain(1_000)])) == 1


@pytest.mark.parametrize(("after_ms", "expected"), [(999, []), (1_000, [("slow_click", "confirmed")])])
def test_a_late_answer_is_slow(after_ms: int, expected: list[tuple[str, str]]) -> None:
    assert said(findings(KIND, [TELLS, click(0), event("dom_mutation", after_ms)])) == expected


@pytest.mark.parametrize("trait", [TEXT_FIELD, MEDIA, OPTED_OUT, MODIFIED, KEYBOARD, LEAVES])
@pytest.mark.parametrize("base", [KNOWN, BUTTON])
def test_clicks_whose_effect_cannot_be_seen_are_not_judged(trait: int, base: int) -> None:
    assert findings(KIND, [TELLS, click(0, traits=base | trait), event("search", 9_000)]) == []


def test_clicks_on_one_element_are_one_anomaly_and_rage_makes_it_severe() -> None:
    found = findings(KIND, [click(at, traits=KNOWN) for at in (0, 500, 1_000, 1_500, 2_000)])
    assert {one.first_event_id for one in found} == {"c0"}
    assert [one.severity for one in found] == [None, None, None, None, "high"]
    assert found[-1].details["count"] == 5


def test_slow_clicks_on_one_element_are_not_rage() -> None:
    found = findings(KIND, [click(at, traits=KNOWN) for at in range(0, 30_000, 3_000)])
    assert {one.severity for one in found} == {None}


def test_what_a_project_ignores_is_not_judged() -> None:
    rules = Rules(dead_click=DeadClick(ignore_selectors=("#p*",)))
    assert findings(KIND, [TELLS, click(0), event("search", 9_000)], rules) == []


@pytest.mark.parametrize(
    ("reason", "tag", "last_ms", "expected"),
    [("timeout", "button", 0, 1), ("timeout", "a", 0, 0), ("close", "button", 2_500, 0), ("close", "a", 2_501, 1)],
)
def test_the_last_click_on_a_control_in_a_session(reason: EndReason, tag: str, last_ms: int, expected: int) -> None:
    one = detector(KIND)
    event_ = click(0, tag=tag)
    state, _ = one.see(None, moment_of(TELLS, "dom_mutation", TELLS.at_ms, ()), Action())
    state, _ = one.see(state, moment_of(event_, "click", event_.at_ms, ()), Action())
    assert len(one.end(state, reason, event_.at_ms + last_ms)) == expected


@pytest.mark.parametrize("reason", ["timeout", "close"])
def test_a_plain_element_that_a_session_ends_with_is_dead(reason: EndReason) -> None:
    one, last = detector(KIND), plain(0)
    state = None
    for seen in [*ANSWERED, last]:
        state, _ = one.see(state, moment_of(seen, seen.event_type, seen.at_ms, ()), Action())
    assert len(one.end(state, reason, last.at_ms)) == 1
    assert findings(KIND, [*ANSWERED, last])[2:] == []
