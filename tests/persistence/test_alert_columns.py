"""An alert becomes a row."""

from persistence.alert_columns import alerts_columns, token_of
from tests.alerting import alert
from tests.builders import T0


def test_every_column_is_said() -> None:
    columns = alerts_columns([alert("a1", acked_by="anna", acked_ms=T0 + 5, note="looking", baseline=1.5)])
    row = {name: value for name, [value] in columns.items()}
    assert row == {
        "project_id": "default",
        "alert_id": "a1",
        "rule": "errors",
        "kind": "threshold",
        "metric": "js_errors",
        "group_name": "/pay",
        "state": "firing",
        "severity": "high",
        "text": "12 errors on /pay",
        "value": 12.0,
        "threshold": 5.0,
        "baseline": 1.5,
        "sessions": 3,
        "version": 1,
        "started_at": T0,
        "updated_at": T0,
        "resolved_at": None,
        "acked_at": T0 + 5,
        "acked_by": "anna",
        "note": "looking",
    }


def test_a_token_names_the_versions() -> None:
    one, other = alert("a1"), alert("a1", version=2)
    assert token_of([one]) == token_of([one]) != token_of([other])
    assert token_of([one, other]) != token_of([other, one])
