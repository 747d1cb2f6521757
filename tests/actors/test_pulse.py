"""Whether the store answers: said at once, once per change, also when a question is never answered."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from actors.pulse import Pulse
from engine.errors import OperatorError, SessiondError, Wait
from persistence.memory import MemoryStore
from tests.persistence.frames import NOON_MS

PATIENCE_S = 10


class Patient(MemoryStore):
    """Answers each ping when the test says how: "" = well, a text = what is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.answered = threading.Semaphore(0)
        self.error: Exception | None = None

    def ping(self) -> None:
        self.asked.release()
        assert self.answered.acquire(timeout=PATIENCE_S)
        if self.error:
            raise self.error


class Rig:
    """A pulse that was just asked; `answer` waits until it asks again, so that what it heard is noted."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS
        self.returns = 0
        self.store = Patient()
        self.pulse = Pulse(store=self.store, clock=lambda: self.now_ms, on_return=self._count, interval_ms=0)
        self.pulse.start()
        self._wait_until_asked()

    def _count(self) -> None:
        self.returns += 1

    def _wait_until_asked(self) -> None:
        assert self.store.asked.acquire(timeout=PATIENCE_S)

    def answer(self, error: Exception | None = None) -> None:
        self.store.error = error
        self.store.answered.release()
        self._wait_until_asked()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.pulse.stop()
    made.store.answered.release(2)


def test_a_store_that_never_answered_is_away(rig: Rig) -> None:
    assert rig.pulse.trouble() == "ClickHouse has not answered yet."


def test_an_answer_is_trouble_over_and_is_told_once(rig: Rig) -> None:
    rig.answer()
    rig.answer()
    rig.pulse.check()
    assert (rig.pulse.trouble(), rig.returns) == ("", 1)


@pytest.mark.parametrize("error", [Wait("It refuses."), OperatorError("It is too new.")])
def test_what_is_wrong_is_said_until_it_is_over_and_logged_once(rig: Rig, error: SessiondError) -> None:
    with capture_logs() as logs:
        rig.answer()
        for _ in range(3):
            rig.answer(error)
        with pytest.raises(Wait, match=error.message):
            rig.pulse.check()
        rig.answer()
        rig.pulse.check()
    assert [entry["log_level"] for entry in logs] == ["info", "warning", "info"]
    assert rig.returns == 2


def test_what_nobody_foresaw_is_said_and_logged_once_and_asked_again(rig: Rig) -> None:
    with capture_logs() as logs:
        rig.answer(RuntimeError("the driver is confused"))
        rig.answer(RuntimeError("the driver is confused"))
        assert rig.pulse.trouble() == "ClickHouse cannot be asked (RuntimeError)."
        rig.answer()
    assert [entry["log_level"] for entry in logs] == ["error", "warning", "info"]
    assert (rig.pulse.trouble(), rig.returns) == ("", 1)


def test_a_question_that_is_never_answered_becomes_trouble(rig: Rig) -> None:
    rig.answer()
    rig.now_ms += 6_000
    assert rig.pulse.trouble() == ""
    rig.now_ms += 1_000
    assert rig.pulse.trouble() == "ClickHouse has not answered for 7 s."
    rig.answer()
    assert rig.pulse.trouble() == ""
