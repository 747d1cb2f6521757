from tests.builders import T0, batch, click, closed, event, make_registry
from tests.engine.drive import ended_registry, take


def test_an_anomaly_that_grows_in_one_frame_is_issued_once_in_its_last_form() -> None:
    [row] = [
        row
        for row in take(make_registry(), *(click(at * 100) for at in range(9))).anomalies
        if row.anomaly.type == "rage_click"
    ]
    assert (row.anomaly.version, row.anomaly.details["count"]) == (4, 9)
    assert (row.project_id, row.session_id, row.generation, row.user_id) == ("default", "s1", 1, "u1")


def test_an_anomaly_that_did_not_grow_is_not_issued_again() -> None:
    registry = make_registry()
    take(registry, *(event("search", at * 1000) for at in range(5)))
    assert take(registry, event("other", 9000)).anomalies == []


def test_a_session_that_changes_often_in_one_frame_is_summarised_once() -> None:
    registry = ended_registry(None)
    outcome = registry.apply(batch(click(1), click(2), controls=[closed()]), T0 + 1, 3)
    assert [(summary.version, summary.event_count) for summary in outcome.summaries] == [(5, 4)]
