"""What every store must say about what was sent to it. `store_contract.py` puts the parts together."""

from collections.abc import Sequence

import pytest

from engine.wire import ACCEPTED, LATE_RAW, Event
from persistence.audit import audit_sql
from persistence.chunk import chunk_of
from persistence.delivery import Delivery
from persistence.flush import FlushRules
from persistence.plan import Source
from persistence.ports import Audit, AuditFilter, Rows, Store
from persistence.unpacked import unpack
from tests.persistence.frames import DAY_MS, NOON_MS, batch_frame, event, outcome_of

NOON, NEXT = 20260102, 20260103  # the days of NOON_MS and of a day later


class Losing:
    """Takes only the first `kept` rows of `table`, and answers as if it had taken all."""

    def __init__(self, store: Store, table: str, kept: int) -> None:
        self._store, self._table, self._kept = store, table, kept

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        return self._store.insert(table, rows[: self._kept] if table == self._table else rows, token=token)


class Sender:
    """Frames of one journal, each in a chunk of its own."""

    def __init__(self, store: Store, journal_id: str) -> None:
        self.store = store
        self.journal_id = journal_id

    def events(self, *numbers: int, day: int = 0) -> list[Event]:
        return [event(f"{self.journal_id}-{number}", at_ms=NOON_MS + day * DAY_MS) for number in numbers]

    def send(
        self, seq: int, events: Sequence[Event], *, status: int = ACCEPTED, unsure: int = 0, store: object = None
    ) -> None:
        outcome = outcome_of(events, statuses=bytes([status] * len(events)))
        outcome.unsure = unsure
        frame = batch_frame(seq, events, outcome=outcome, received_ms=NOON_MS + seq)
        self.deliver(frame, store=store)

    def deliver(self, *frames: object, store: object = None) -> None:
        Delivery(
            store=store or self.store,  # type: ignore[arg-type]
            source=Source("clickhouse", 3, self.journal_id),
            chunk=chunk_of(list(unpack(frames, 3, FlushRules()))),  # type: ignore[arg-type]
            max_refusals=200,
        ).run()

    def audit(self, upto_seq: int, *, after_seq: int = 0, since_ms: int = 0) -> Audit:
        return self.store.audit(AuditFilter(self.journal_id, after_seq, upto_seq, since_ms))


class AuditContract:
    @pytest.fixture
    def sender(self, store: Store, project: str) -> Sender:
        return Sender(store, project)

    def test_a_journal_that_sent_nothing_is_sound(self, sender: Sender) -> None:
        assert sender.audit(0) == Audit(0, 0, 0, 0, 0, 0, 0, 0)

    def test_what_was_sent_and_is_there_is_sound(self, sender: Sender) -> None:
        for seq in (1, 2, 3):
            sender.send(seq, sender.events(seq, seq + 10, seq + 20, day=seq % 2))
        sender.send(4, [])
        found = sender.audit(4)
        assert found == Audit(ranges=4, first_seq=1, last_seq=4, expected=9, found=9, doubled=0, replaced=0, lost=0)
        assert found.is_sound

    def test_rows_that_are_gone_are_lost_and_their_days_named(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3))
        sender.send(2, sender.events(4, 5, 6, day=1), store=Losing(sender.store, "events", 1))
        found = sender.audit(2)
        assert (found.expected, found.found, found.lost, found.lost_days) == (6, 4, 2, [(NEXT, 2)])
        assert not found.is_sound

    def test_a_chunk_that_was_noted_without_its_rows_is_lost(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2), store=Losing(sender.store, "events", 0))
        assert sender.audit(1).lost_days == [(NOON, 2)]

    @pytest.mark.parametrize(
        ("sent", "after_seq", "gaps"),
        [
            ((1, 2, 5, 7), 0, [(3, 4), (6, 6)]),
            ((3, 4, 5, 6, 7), 0, [(1, 2)]),
            ((1, 2, 3), 0, [(4, 7)]),
            ((), 0, [(1, 7)]),
            ((4, 5, 6, 7), 3, []),
            ((3, 4, 5, 6, 7), 5, []),
            ((), 7, []),
        ],
    )
    def test_frames_that_no_chunk_held_are_a_gap(
        self, sender: Sender, sent: tuple[int, ...], after_seq: int, gaps: list[tuple[int, int]]
    ) -> None:
        for seq in sent:
            sender.send(seq, sender.events(seq))
        found = sender.audit(7, after_seq=after_seq)
        assert (found.gaps, found.ranges, found.is_sound) == (gaps, len(sent), not gaps)

    def test_a_chunk_that_is_not_done_yet_is_not_asked_for(self, sender: Sender) -> None:
        sender.send(1, sender.events(1))
        sender.send(2, sender.events(2), store=Losing(sender.store, "deliveries", 0))
        sender.send(3, sender.events(3), store=Losing(sender.store, "events", 0))
        found = sender.audit(1)
        assert (found.ranges, found.expected, found.found, found.is_sound) == (1, 1, 1, True)

    def test_two_rows_of_one_place_are_doubled(self, sender: Sender) -> None:
        events = sender.events(1, 2, 3)
        sender.send(1, events)
        events[0].session_id = events[1].session_id = "elsewhere"
        sender.send(1, events, store=Other(sender.store))
        found = sender.audit(1)
        assert (found.expected, found.found, found.doubled, found.is_sound) == (3, 3, 2, False)

    def test_the_same_rows_twice_are_one_row_for_readers(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3))
        sender.send(1, sender.events(1, 2, 3), store=Other(sender.store))
        assert sender.audit(1).is_sound

    def test_a_late_copy_replaces_and_is_no_loss(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3))
        for seq in (2, 3):  # one of them, and again
            sender.send(seq, sender.events(2), status=LATE_RAW)
        found = sender.audit(3)
        assert (found.expected, found.found, found.replaced, found.lost) == (5, 3, 2, 0)
        assert found.is_sound

    def test_a_copy_that_its_session_had_forgotten_replaces_too(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3))
        sender.send(2, sender.events(3, 4), unsure=2)
        found = sender.audit(2)
        assert (found.replaced, found.lost) == (1, 0)

    def test_a_copy_whose_chunk_is_under_way_replaces_too(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3))
        sender.send(2, sender.events(1, 2, 3), status=LATE_RAW, store=Losing(sender.store, "deliveries", 0))
        found = sender.audit(1)
        assert (found.replaced, found.lost) == (3, 0)

    def test_more_than_the_copies_account_for_is_lost(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3, 4), store=Losing(sender.store, "events", 1))
        sender.send(2, sender.events(9), status=LATE_RAW)
        found = sender.audit(2)
        assert (found.replaced, found.lost) == (1, 2)

    def test_copies_of_another_day_account_for_nothing(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2), store=Losing(sender.store, "events", 1))
        sender.send(2, sender.events(7, 8, 9, day=1), status=LATE_RAW)
        assert sender.audit(2).lost_days == [(NOON, 1)]

    def test_a_day_of_which_nothing_is_left_is_lost_whatever_came_late(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2), status=LATE_RAW, store=Losing(sender.store, "events", 0))
        sender.send(2, sender.events(3, day=1), status=LATE_RAW)
        assert sender.audit(2).lost_days == [(NOON, 2)]

    def test_another_journal_is_another_matter(self, sender: Sender) -> None:
        other = Sender(sender.store, f"{sender.journal_id}'s \\ other")
        other.send(1, other.events(1, 2, 3))
        sender.send(1, sender.events(1, 2), store=Losing(sender.store, "events", 0))
        assert (sender.audit(1).found, other.audit(1).found) == (0, 3)

    def test_rows_received_before_a_time_are_not_counted(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3), store=Losing(sender.store, "events", 0))
        sender.send(2, sender.events(4, 5))
        found = sender.audit(2, since_ms=NOON_MS + 2)
        assert (found.ranges, found.expected, found.found, found.is_sound) == (2, 2, 2, True)

    def test_rows_of_the_version_before_are_not_counted(self, sender: Sender) -> None:
        sender.send(1, sender.events(1, 2, 3), store=Losing(sender.store, "events", 0))
        sender.send(2, sender.events(4), store=Losing(sender.store, "events", 0))
        sender.send(3, sender.events(5, 6))
        found = sender.audit(3, after_seq=1)
        assert (found.ranges, found.expected, found.found, found.lost, found.gaps) == (3, 3, 2, 1, [])

    def test_frames_that_were_sent_again_in_other_chunks_are_told_and_cost_nothing(self, sender: Sender) -> None:
        frames = [batch_frame(seq, sender.events(seq), received_ms=NOON_MS + seq) for seq in (1, 2, 3)]
        sender.deliver(*frames[:2])
        sender.deliver(*frames[1:])
        found = sender.audit(3)
        assert (found.repeated, found.gaps, found.lost, found.doubled) == ([(2, 2)], [], 0, 0)
        assert found.is_sound

    def test_the_query_stands_alone(self, sender: Sender) -> None:
        sql = audit_sql(AuditFilter("it's", 1, 2, 3))
        assert "journal_id = 'it\\'s'" in sql
        assert "{" not in sql


class Other:
    """Gives every insert a token of its own, as a hand would; notes no delivery."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        return 0 if table == "deliveries" else self._store.insert(table, rows, token=f"{token}-other")
