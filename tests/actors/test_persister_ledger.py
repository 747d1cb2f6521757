"""What a persister books is what the store took, per minute and project, in the step that moves its position."""

from pathlib import Path

from structlog.testing import capture_logs

from engine.ledger import DAY_MS
from engine.wire import DUPLICATE, Event
from persistence.flush import FlushRules
from persistence.memory import MemoryStore
from persistence.plan import Position
from tests.actors.rig import Rig
from tests.persistence.frames import NOON_MS, batch_frame, event, outcome_of
from tests.persistence.picky import PickyStore

RULES = FlushRules(flush_rows=1, flush_interval_ms=1_000)
MINUTE_MS = 60_000


def of(project_id: str, *names: str) -> list[Event]:
    return [Event(project_id, name, "s1", "u1", "click", NOON_MS) for name in names]


def booked(rig: Rig, from_ms: int = 0, to_ms: int = 2**62) -> dict[tuple[str, str], int]:
    with rig.plan.reader() as plan:
        return {(project_id, name): count for project_id, name, count in plan.ledger(rig.source, from_ms, to_ms)}


def test_rows_are_booked_in_the_minute_of_their_frame_and_for_their_project(tmp_path: Path) -> None:
    with Rig(tmp_path, MemoryStore(), RULES) as rig:
        rig.write(
            batch_frame(1, of("a", "1", "2") + of("b", "3"), received_ms=NOON_MS + 59_999),
            batch_frame(2, of("b", "4"), received_ms=NOON_MS + MINUTE_MS),
            batch_frame(3, of("a", "5"), received_ms=NOON_MS + 3 * MINUTE_MS),
        )
        rig.persister.step(NOON_MS)
        assert booked(rig, NOON_MS, NOON_MS + MINUTE_MS) == {("a", "stored"): 2, ("b", "stored"): 1}
        assert booked(rig, NOON_MS + MINUTE_MS, NOON_MS + 3 * MINUTE_MS) == {("b", "stored"): 1}
        assert booked(rig) == {("a", "stored"): 3, ("b", "stored"): 2}


def test_duplicates_are_not_rows(tmp_path: Path) -> None:
    with Rig(tmp_path, MemoryStore(), RULES) as rig:
        made = of("a", "1", "1", "2")
        rig.write(batch_frame(1, made, outcome=outcome_of(made, statuses=bytes([0, DUPLICATE, 0]))))
        rig.persister.step(NOON_MS)
        assert booked(rig) == {("a", "stored"): 2}


def test_rows_that_the_store_refuses_are_booked_as_refused(tmp_path: Path) -> None:
    with Rig(tmp_path, PickyStore(refuses={"2", "4"}), RULES) as rig, capture_logs():
        rig.write(
            batch_frame(1, of("a", "1", "2", "3")),
            batch_frame(2, of("b", "4", "5"), received_ms=NOON_MS + MINUTE_MS),
        )
        rig.persister.step(NOON_MS)
        assert booked(rig) == {("a", "stored"): 2, ("a", "refused"): 1, ("b", "stored"): 1, ("b", "refused"): 1}
        assert booked(rig, NOON_MS + MINUTE_MS) == {("b", "stored"): 1, ("b", "refused"): 1}


def test_rows_that_no_column_can_hold_are_booked_as_refused(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        made = of("a", "1", "2")
        outcome = outcome_of(made)
        outcome.generations[1] = 2**40
        rig.write(batch_frame(1, made, outcome=outcome))
        rig.persister.step(NOON_MS)
        assert booked(rig) == {("a", "stored"): 1, ("a", "refused"): 1}
        [row] = store.rows("deliveries")
        assert (row["events"], row["bad_rows"], row["day_events"]) == (1, 1, [1])


def test_frames_before_the_ledger_began_are_sent_and_not_booked(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(*(batch_frame(seq, of("a", str(seq))) for seq in (1, 2, 3)))
        rig.persister._ledger_after = 2
        rig.persister.step(NOON_MS)
        assert len(store.rows("events")) == 3
        assert booked(rig) == {("a", "stored"): 1}


def test_old_minutes_are_forgotten_when_new_ones_are_booked(tmp_path: Path) -> None:
    with Rig(tmp_path, MemoryStore(), RULES) as rig:
        for seq, day in enumerate((0, 32, 64), start=1):
            rig.write(batch_frame(seq, [event(str(seq))], received_ms=NOON_MS + day * DAY_MS))
            rig.persister.step(NOON_MS + day * DAY_MS)
        assert rig.position() == Position(done_seq=3, planned=None)
        assert rig.booked() == {"stored": 2}


def test_rows_name_their_journal(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(batch_frame(1, of("a", "1")))
        rig.persister.step(NOON_MS)
        assert [row["src_journal"] for row in store.rows("events")] == [rig.journal.journal_id]
