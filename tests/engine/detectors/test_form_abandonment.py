import pytest

from engine.analysis import EndReason
from engine.detectors.base import Action, Finding
from engine.detectors.form import MAX_FIELDS
from engine.detectors.form_abandonment import FormAbandonment
from engine.moment import Moment
from engine.rules import FormAbandonment as Rule
from tests.engine.detectors.moments import T0, moment, view
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = FormAbandonment(Rule(), KINDS)
PAGE = "/checkout"
IDLE_MS = 300_000


def start(at: int = 0, form: str = "address", page: str = PAGE) -> Moment:
    return moment("form_start", at, page, id=f"start-{form}@{at}", form=form)


def write(at: int, field: str, length: int = -1, *, form: str = "address", page: str = PAGE) -> Moment:
    return moment("input", at, page, id=f"{field}@{at}", form=form, field=field, length=length)


def submit(at: int, form: str = "address", page: str = PAGE) -> Moment:
    return moment("form_submit", at, page, form=form)


FILLED = [start(), write(1_000, "name"), write(2_000, "street")]


def test_a_form_that_is_left_is_abandoned() -> None:
    assert findings(DETECTOR, [*FILLED, view(5_000, "/")]) == [
        Finding(
            first_event_id="start-address@0",
            started_ms=T0,
            last_ms=T0 + 2_000,
            detected_ms=T0 + 5_000,
            description="The form address was begun, 2 of its fields touched, and left without being sent.",
            event_ids=("start-address@0", "name@1000", "street@2000"),
            details={
                "form": "address",
                "page": PAGE,
                "outcome": "left",
                "fields": 2,
                "field_names": "name, street",
                "last_field": "street",
                "refills": 0,
                "seconds": 2.0,
            },
        )
    ]


@pytest.mark.parametrize("reason", ["close", "timeout", "max_length"])
def test_a_form_that_the_session_ended_with_is_abandoned(reason: EndReason) -> None:
    [found] = findings(DETECTOR, FILLED, reason)
    assert found.details["outcome"] == "ended"
    assert found.detected_ms == T0 + 2_000


def test_a_form_that_was_sent_is_not() -> None:
    assert findings(DETECTOR, [*FILLED, submit(3_000), view(4_000, "/done")], "close") == []


def test_a_form_is_begun_by_its_first_input_too() -> None:
    [found] = findings(DETECTOR, [write(0, "name"), view(1_000, "/")])
    assert found.details["fields"] == 1


def test_input_of_no_form_begins_none() -> None:
    search = [write(0, "search", form=""), moment("typing", 10, PAGE)]
    assert findings(DETECTOR, [*search, view(1_000, "/")], "close") == []


def test_the_same_page_again_is_not_leaving() -> None:
    assert findings(DETECTOR, [*FILLED, view(3_000, PAGE, url=f"{PAGE}?step=2"), submit(4_000)], "close") == []


def test_a_page_without_a_name_is_not_leaving() -> None:
    assert findings(DETECTOR, [*FILLED, view(3_000, "")]) == []


@pytest.mark.parametrize(("after_ms", "expected"), [(IDLE_MS, 0), (IDLE_MS + 1, 1)])
def test_five_minutes_without_input_are_known_by_the_next_action(after_ms: int, expected: int) -> None:
    found = findings(DETECTOR, [*FILLED, moment("click", 2_000 + after_ms, PAGE)])
    assert [finding.details["outcome"] for finding in found] == ["idle"] * expected


def test_what_the_page_sends_by_itself_does_not_tell_that_time_has_passed() -> None:
    assert findings(DETECTOR, [*FILLED, moment("heartbeat", 2_000 + 2 * IDLE_MS, PAGE)]) == []


def test_who_writes_on_after_five_minutes_was_thinking() -> None:
    later = [write(2_001 + IDLE_MS, "city"), submit(2_002 + IDLE_MS)]
    assert findings(DETECTOR, [*FILLED, *later], "close") == []


def test_who_sends_after_five_minutes_has_sent() -> None:
    assert findings(DETECTOR, [*FILLED, submit(2 * IDLE_MS)], "close") == []


def test_a_form_that_is_sent_after_all_is_withdrawn() -> None:
    found = findings(DETECTOR, [*FILLED, view(5_000, "/help"), view(60_000, PAGE), submit(70_000)], "close")
    assert [(finding.status, finding.details["outcome"]) for finding in found] == [
        ("confirmed", "left"),
        ("withdrawn", "sent"),
    ]
    assert len({finding.first_event_id for finding in found}) == 1


def test_who_comes_back_and_leaves_again_makes_one_anomaly_that_grows() -> None:
    again = [view(5_000, "/help"), view(60_000, PAGE), write(61_000, "city"), view(70_000, "/")]
    found = findings(DETECTOR, [*FILLED, *again], "close")
    assert [finding.details["fields"] for finding in found] == [2, 3]
    assert len({finding.first_event_id for finding in found}) == 1


def test_after_it_was_sent_it_is_another_form() -> None:
    second = [start(10_000), write(11_000, "name")]
    assert list(bursts(DETECTOR, [*FILLED, submit(3_000), *second], "close")) == ["start-address@10000"]


def test_a_form_over_several_pages_goes_on() -> None:
    """Its second page is another page; what is written there belongs to the same form."""
    second = [view(5_000, "/checkout/2"), write(6_000, "card", page="/checkout/2"), submit(7_000, page="/checkout/2")]
    assert bursts(DETECTOR, [*FILLED, *second], "close") == {}
    [found] = bursts(DETECTOR, [*FILLED, *second[:-1], view(8_000, "/")]).values()
    assert found.details["page"] == "/checkout/2"


def test_two_forms_of_one_page_are_two_anomalies() -> None:
    coupon = write(3_000, "code", form="coupon")
    assert list(bursts(DETECTOR, [*FILLED, coupon, view(5_000, "/")])) == ["start-address@0", "code@3000"]
    assert list(bursts(DETECTOR, [*FILLED, coupon, submit(4_000, "coupon"), view(5_000, "/")])) == ["start-address@0"]


def test_input_elsewhere_does_not_keep_a_form_alive() -> None:
    coupon = [write(at, "code", form="coupon") for at in range(3_000, 2 * IDLE_MS, 100_000)]
    assert [finding.details["form"] for finding in findings(DETECTOR, [*FILLED, *coupon])] == ["address"]


def test_a_form_without_a_name_is_that_of_its_page() -> None:
    nameless = [moment("form_focus", 0, PAGE), write(10, "name", form=""), moment("submit", 20, PAGE)]
    assert findings(DETECTOR, nameless, "close") == []
    [found] = findings(DETECTOR, nameless[:2], "close")
    assert found.description.startswith("A form on /checkout was begun, 1 of its fields touched")
    assert findings(DETECTOR, [*nameless[:2], moment("submit", 20, "/other")], "close") != []


def test_a_name_that_is_told_later_is_taken() -> None:
    [found] = findings(DETECTOR, [moment("form_focus", 0, PAGE), write(10, "name")], "close")
    assert found.details["form"] == "address"


def test_a_submit_that_names_another_form_sends_nothing() -> None:
    assert len(findings(DETECTOR, [*FILLED, submit(3_000, "newsletter")], "close")) == 1


def test_a_field_that_is_emptied_and_written_anew_is_a_refill() -> None:
    lengths = (1, 5, 4, 0, 3, 2, 6)
    written = [write(at, "name", length) for at, length in enumerate(lengths)]
    assert findings(DETECTOR, written, "close")[0].details["refills"] == 2


def test_coming_back_to_a_field_and_shortening_it_is_a_refill() -> None:
    written = [write(0, "name", 5), write(1, "street", 9), write(2, "name", 4), write(3, "street", 8)]
    assert findings(DETECTOR, written, "close")[0].details["refills"] == 2


def test_lengths_that_are_not_told_are_no_refills() -> None:
    written = [write(0, "name", 5), write(1, "name"), write(2, "name", 6), write(3, "name")]
    assert findings(DETECTOR, written, "close")[0].details["refills"] == 0


def test_an_idle_form_that_is_left_is_said_once() -> None:
    later = [moment("click", 3 * IDLE_MS, PAGE), moment("click", 4 * IDLE_MS, PAGE), view(5 * IDLE_MS, "/")]
    assert len(findings(DETECTOR, [*FILLED, *later], "close")) == 1


def test_fields_forms_and_evidence_are_bounded() -> None:
    many = [write(at, f"field{at}", form=f"form{at % 7}") for at in range(700)]
    found = bursts(DETECTOR, many, "close").values()
    assert len(found) == 4
    few = bursts(DETECTOR, [write(at, f"field{at}", 1) for at in range(100)], "close").values()
    assert [(finding.details["fields"], len(finding.event_ids)) for finding in few] == [(MAX_FIELDS, 10)]
    assert [finding.details["last_field"] for finding in few] == ["field99"]


def test_actions_that_tell_nothing_make_no_new_state() -> None:
    state, _ = DETECTOR.see(None, start(), Action())
    assert DETECTOR.see(state, moment("click", 5_000, PAGE), Action()) == (state, ())
    assert DETECTOR.see(state, moment("click", 5_000, PAGE), Action())[0] is state


def test_the_minutes_are_configurable() -> None:
    detector = FormAbandonment(Rule(idle_ms=100), KINDS)
    assert len(findings(detector, [start(), moment("click", 101, PAGE)])) == 1
