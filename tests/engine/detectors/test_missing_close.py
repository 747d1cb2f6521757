import pytest

from engine.analysis import EndReason
from engine.detectors.base import Finding
from tests.builders import T0
from tests.engine.detectors.run import detector


def test_a_session_that_times_out_was_not_closed() -> None:
    found = detector("missing_close")
    assert found.end(None, "timeout", T0) == (
        Finding(
            first_event_id="",
            started_ms=T0,
            last_ms=T0,
            detected_ms=T0,
            description="The session ended by inactivity, without a close event.",
            event_ids=(),
            details={},
        ),
    )


@pytest.mark.parametrize("reason", ["close", "max_length"])
def test_other_ends_are_no_missing_close(reason: EndReason) -> None:
    assert detector("missing_close").end(None, reason, T0) == ()
