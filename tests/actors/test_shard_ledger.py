"""The ledger of a shard is a plain count over all frames of its journal, whatever happens to the shard."""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.ledger import DAY_MS
from engine.wire import BadRow, Event, decode_batch, decode_outcome, encode
from persistence.journal import FILE, Frame
from tests.actors.shard_rig import ShardRig, config
from tests.builders import GAP, HOUR, T0, event

NAMES = ("accepted", "duplicate", "late", "late", "overflow", "quarantined")
PROJECTS = ("default", "shop")
STEPS = (0, 1000, 59_000, 60_000, GAP + 1, 26 * HOUR)
AGES = (0, 0, 1000, GAP, 26 * HOUR)
SKETCHES = st.tuples(st.sampled_from(PROJECTS), st.sampled_from(("s1", "s2")), st.sampled_from(AGES))
REFUSED = st.lists(st.tuples(st.sampled_from(PROJECTS), st.sampled_from(("invalid_event", "event_too_large"))))

Sums = Counter[tuple[str, str]]


def counted(frames: list[Frame], from_ms: int = 0, to_ms: int = 2**62) -> Sums:
    sums: Sums = Counter()
    for frame in frames:
        if frame.kind == "batch" and from_ms <= frame.received_ms // 60_000 * 60_000 < to_ms:
            batch, statuses = decode_batch(frame.body), decode_outcome(frame.outcome).statuses
            sums.update((one.project_id, "received") for one in batch.events)
            sums.update((row.project_id, "received") for row in batch.bad_rows)
            sums.update((e.project_id, NAMES[status]) for e, status in zip(batch.events, statuses, strict=True))
            sums.update((row.project_id, f"rejected:{row.code}") for row in batch.bad_rows)
    return sums


def booked(rig: ShardRig, from_ms: int = 0, to_ms: int = 2**62) -> Sums:
    return Counter({(one.project_id, one.name): one.count for one in rig.shard.ledger(from_ms, to_ms)})


def send(rig: ShardRig, events: list[Event], refused: list[tuple[str, str]]) -> bytes:
    batch = decode_batch(rig.payload(*events))
    batch.bad_rows = [BadRow(project_id, 0, code, "", b"") for project_id, code in refused]
    payload = encode(batch)
    rig.shard.apply(payload)
    return payload


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.rig = ShardRig(Path(self.folder.name), config(snapshot_sessions=1))
        self.sent: list[Event] = []
        self.last = b""

    @rule(sketches=st.lists(SKETCHES, max_size=5), refused=REFUSED)
    def send(self, sketches: list[tuple[str, str, int]], refused: list[tuple[str, str]]) -> None:
        events = []
        for project_id, session_id, age in sketches:
            at_ms = T0 + self.rig.now - age
            events.append(Event(project_id, f"e{len(self.sent)}", session_id, "u1", "click", at_ms))
            self.sent.append(events[-1])
        self.last = send(self.rig, events, refused)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        self.last = send(self.rig, data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=3)), [])

    @precondition(lambda self: self.last)
    @rule()
    def resend_the_last_batch(self) -> None:
        self.rig.shard.apply(self.last)

    @rule(step=st.sampled_from(STEPS))
    def tick(self, step: int) -> None:
        self.rig.tick(self.rig.now + step)

    @rule(is_clean=st.booleans())
    def restart(self, is_clean: bool) -> None:
        if is_clean:
            self.rig.restart()
        else:
            self.rig.crash()

    @invariant()
    def it_is_the_count_over_all_frames(self) -> None:
        self.rig.read()
        assert booked(self.rig) == counted(self.rig.frames)
        middle = T0 + self.rig.now // 2 // 60_000 * 60_000
        assert booked(self.rig, middle) == counted(self.rig.frames, middle)
        assert booked(self.rig, 0, middle) == counted(self.rig.frames, 0, middle)

    def teardown(self) -> None:
        self.rig.close()
        self.folder.cleanup()


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(deadline=None, max_examples=40, stateful_step_count=25)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path)
    yield made
    made.close()


def test_refused_events_alone_are_saved_and_their_frames_go(rig: ShardRig) -> None:
    for _ in range(5):
        send(rig, [], [("default", "invalid_event")])
    stats = rig.tick(1000)
    assert stats.snapshot_seq == stats.last_seq
    assert rig.shard._journal.frames(0) == []
    rig.crash()
    assert booked(rig) == {("default", "received"): 5, ("default", "rejected:invalid_event"): 5}


def test_minutes_are_forgotten_a_day_after_they_are_not_answered_any_more(rig: ShardRig) -> None:
    rig.send(event())
    rig.tick(31 * DAY_MS)
    assert booked(rig)["default", "received"] == 1
    rig.now = 32 * DAY_MS + 60_000
    rig.send(event(at=rig.now))
    rig.tick()
    assert booked(rig)["default", "received"] == 1


def test_frames_of_a_version_without_a_ledger_are_not_counted(rig: ShardRig, tmp_path: Path) -> None:
    rig.send(event())
    rig.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DROP TABLE ledger")
        db.execute("DROP TABLE ledger_begin")
    db.close()
    rig.start()
    rig.send(event(at=1), event(at=1))
    rig.crash()
    expected = {("default", "received"): 2, ("default", "accepted"): 1, ("default", "duplicate"): 1}
    assert booked(rig) == expected
    assert rig.shard._journal.ledger_after == 2
