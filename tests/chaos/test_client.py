"""What a client takes for wrong, and that its traffic is what it says of it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.config import Config
from tests.chaos.client import complaint_about
from tests.chaos.record import Sent
from tests.chaos.traffic import Traffic
from tests.chaos.world import World

GOOD, BAD, AGAIN = Sent({"event_id": "a"}), Sent({"event_id": "b"}, False), Sent({"event_id": "c"}, is_again=True)


def told(accepted: int, duplicates: int, *rejected: int) -> dict[str, Any]:
    return {"accepted": accepted, "duplicates": duplicates, "rejected": [{"index": index} for index in rejected]}


def test_the_right_answers_are_no_reason_to_complain() -> None:
    assert complaint_about((200, told(1, 1, 1)), [GOOD, BAD, AGAIN], is_first=True) == ""
    assert complaint_about((200, told(0, 2, 1)), [GOOD, BAD, AGAIN], is_first=False) == ""
    assert complaint_about((400, told(0, 0, 0)), [BAD], is_first=True) == ""


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ((500, {"code": "internal_error"}), "Answer 500: {'code': 'internal_error'}."),
        ((200, told(2, 1)), "The events [] were rejected, [1] are invalid."),
        ((200, told(1, 0, 1)), "3 events were sent"),
        ((200, told(2, 0, 1)), "0 of 1 resent events were recognised."),
        ((200, told(0, 2, 1)), "2 of 1 resent events were recognised."),
    ],
)
def test_a_wrong_answer_is_named(answer: tuple[int, dict[str, Any]], complaint: str) -> None:
    assert complaint_about(answer, [GOOD, BAD, AGAIN], is_first=True).startswith(complaint)


def test_the_server_refuses_exactly_what_the_traffic_says_is_invalid(tmp_path: Path) -> None:
    world = World(tmp_path, Config())
    traffic = Traffic(seed="traffic", name="c", visitors=20, gap_ms=60_000, clock=world.clock)
    seen: Counter[str] = Counter()
    for _ in range(200):
        batch = traffic.batch()
        traffic.acked(batch)
        decoded = world.send(batch)
        assert [one.index for one in decoded.rejected] == [n for n, one in enumerate(batch) if not one.is_valid]
        seen.update(one.id for one in batch if not one.is_again)
    world.close()
    assert set(seen.values()) == {1}
