"""The figures of a run are those that the page of reliability looks for."""

from benchmarks.failures import FAILURES
from benchmarks.reliability_page import said
from tests.chaos.faults import FAULTS
from tests.chaos.plan import Plan, Result
from tests.chaos.report import figures, shown
from tests.chaos.verdict import Verdict

PLAN = Plan(seed="s", faults=FAULTS)
RESULT = Result(
    accepting_s={fault.name: [1.0, 2.0] for fault in FAULTS},
    alerting_s={fault.name: [3.0, 5.0] for fault in FAULTS if fault.alerts},
    sent=10,
    acked=9,
    refused=1,
    answers={"200": 3},
    sessions=2,
    frames=4,
    ledgers=5,
    counted=9,
    alerts=6,
    rule_changes=(7, 1),
    seconds=60.0,
    verdict=Verdict(0, 0, []),
)


def test_a_run_that_drew_every_fault_gives_every_figure_of_the_crash_loop() -> None:
    found = {"chaos": figures(PLAN, RESULT)}
    told = {failure.what: said(failure.figure, found) for failure in FAILURES if "{chaos." in failure.figure}
    assert told["The monitor is killed or hangs"] == (
        "an event after the kill is in an alert after 4.0 s (median; at most 5.0 s)"
    )
    assert told["A shard is killed"] == "accepts again after 1.5 s (median; at most 2.0 s)"


def test_what_no_run_drew_takes_no_line() -> None:
    assert "alerting_again_s" not in figures(PLAN, RESULT._replace(alerting_s={}))


def test_people_read_what_was_counted_and_changed() -> None:
    text = shown(PLAN, RESULT._replace(verdict=Verdict(0, 0, ["1 rules are wrong"])))
    assert "9 events counted by the monitor, 6 alerts; 7 changes of the rules acked, 1 without an answer" in text
    assert "in an alert after kill monitor: " in text
    assert "PROBLEM: 1 rules are wrong" in text
