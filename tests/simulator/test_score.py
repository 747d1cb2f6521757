import pytest

from simulator.errors import SimulatorError
from simulator.score import Claim, Score, read_truth, score
from simulator.truth import RUN, Fact, line

RUN_LINE = line(Fact("", RUN, "2026-01-05T12:00:00.000Z", (), {"sessions": 3}))


def claim(session_id: str, *event_ids: str, kind: str = "rage_click") -> Claim:
    return Claim(session_id, kind, frozenset(event_ids))


def test_claims_that_share_an_event_meet() -> None:
    planted = [claim("s1", "a", "b"), claim("s2", "c")]
    reported = [claim("s1", "b", "x"), claim("s2", "y"), claim("s3", "c")]
    found = score(planted, reported)["rage_click"]
    assert found == Score(planted=2, reported=3, found=1, right=1)
    assert found.recall == pytest.approx(1 / 2)
    assert found.precision == pytest.approx(1 / 3)


def test_a_claim_about_a_whole_session_meets_every_one_of_its_type() -> None:
    assert score([claim("s1")], [claim("s1", "a"), claim("s1", "b")])["rage_click"] == Score(1, 2, 1, 2)


def test_types_do_not_meet_and_each_has_its_score() -> None:
    found = score([claim("s1", "a")], [claim("s1", "a", kind="dead_click")])
    assert found == {"dead_click": Score(0, 1, 0, 0), "rage_click": Score(1, 0, 0, 0)}


def test_what_was_written_is_read_again() -> None:
    fact = Fact("s1", "u_turn", "2026-01-05T12:00:00.000Z", ("e1", "e2"), {"page": "/"})
    truth = read_truth([line(fact), RUN_LINE])
    assert truth.claims == (claim("s1", "e1", "e2", kind="u_turn"),)
    assert truth.run.details == {"sessions": 3}


@pytest.mark.parametrize(("lines", "said"), [([b"{}\n", RUN_LINE], "Line 1"), ([], "not over"), ([b"x"], "Line 1")])
def test_what_is_no_truth_is_refused(lines: list[bytes], said: str) -> None:
    with pytest.raises(SimulatorError, match=said):
        read_truth(lines)
