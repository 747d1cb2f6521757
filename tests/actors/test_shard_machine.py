"""Anything that can happen to a shard, in any order, against the simplest thing that could be right: one registry that
folds the journal's frames without ever saving, forgetting or stopping."""

import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.shard_rules import RULES
from engine.book import Configured, decode_book, encode_book
from engine.config import Session
from engine.poison import ENDS, Subject
from engine.rulebook import Rulebook
from engine.session import encode_session
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    HISTORIC,
    LATE_FOLDED,
    LATE_RAW,
    QUARANTINED,
    Batch,
    Event,
    Outcome,
    decode_batch,
    decode_outcome,
)
from persistence.journal import Frame
from tests.actors.shard_rig import Death, ShardRig, Trap, config
from tests.builders import GAP, HOUR, MINUTE, T0, make_registry

KINDS = ("page_view", "click", "search", "search", "scroll", "app_close")
OWNERS = (("s1", "u1"), ("s2", "u1"), ("s3", "u2"), ("", "u1"), ("", "u2"))
STEPS = (1, 40, 1000, MINUTE, 20 * MINUTE, GAP, GAP + 1, 2 * HOUR, 5 * HOUR)
AGES = (0, 0, 0, 1, 1000, 10 * MINUTE, GAP, HOUR, 3 * HOUR, 26 * HOUR)
SKETCHES = st.tuples(st.sampled_from(KINDS), st.sampled_from(OWNERS), st.sampled_from(AGES), st.booleans())

_ending = msgspec.msgpack.Decoder(tuple[int, list[tuple[str, int]]]).decode


class ShardMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.trap = Trap(Session().close_types)
        self.trap.deadly.add("deadly")
        self.rig = ShardRig(Path(self.folder.name), config(snapshot_sessions=1, trap=self.trap))
        self.rulebook = Rulebook()
        self.model = make_registry(rulebook=self.rulebook)
        self.sent: list[Event] = []
        self.acked: set[str] = set()
        self.stored: dict[str, list[int]] = {}
        self.last: tuple[bytes, bytes] | None = None
        self.started = 0
        self.isolated: set[str] = set()
        self.replay_deaths = 0
        self.follow()

    def follow(self) -> None:
        for frame in self.rig.read():
            self.fold(frame)

    def fold(self, frame: Frame) -> None:
        outcome = decode_outcome(frame.outcome)
        if frame.kind == "batch":
            batch = decode_batch(frame.body)
            self.fold_batch(batch, outcome, frame)
            for event, status in zip(batch.events, outcome.statuses, strict=True):
                self.stored.setdefault(event.event_id, []).append(status)
        elif frame.kind == RULES:
            self.rulebook.take(decode_book(frame.body), frame.seq)
            self.model.rules_changed(frame.received_ms)
        elif frame.kind != "start":
            assert self.model.end(_ending(frame.body)[1], frame.received_ms, frame.seq) == outcome

    def fold_batch(self, batch: Batch[Event], outcome: Outcome, frame: Frame) -> None:
        """The model never sees what was isolated. A batch that was folded in steps says how a session was after its
        step, not after the batch."""
        isolated = [e for e, s in zip(batch.events, outcome.statuses, strict=True) if s == QUARANTINED]
        assert {event.event_type for event in isolated} <= {"deadly"}
        self.isolated |= {event.event_id for event in isolated}
        kept = [place for place, event in enumerate(batch.events) if event.event_id not in self.isolated]
        seen = msgspec.structs.replace(batch, events=[batch.events[place] for place in kept])
        expected = self.model.apply(seen, frame.received_ms, frame.seq)
        assert expected.statuses == bytes(outcome.statuses[place] for place in kept)
        for summary in (*expected.summaries, *outcome.summaries):
            summary.events_duplicate = 0
        assert (expected.summaries, expected.anomalies) == (outcome.summaries, outcome.anomalies)

    def send_all(self, events: list[Event]) -> None:
        payload = self.rig.payload(*events)
        deaths = 0
        while True:
            try:
                reply = self.rig.shard.apply(payload)
                break
            except Death:
                deaths += 1
                self.rig.crash()
                self.started = self.rig.now
        assert deaths <= 2 + len({event.event_id for event in events if event.event_type == "deadly"})
        self.trap.fuse = None
        self.last = payload, reply
        self.acked |= {event.event_id for event in events}
        self.follow()

    @rule(sketches=st.lists(SKETCHES, min_size=1, max_size=6))
    def send(self, sketches: list[tuple[str, tuple[str, str], int, bool]]) -> None:
        events = []
        for kind, owner, age, historic in sketches:
            at_ms = T0 + self.rig.now - age
            flags = HISTORIC if historic else 0
            events.append(Event("default", f"e{len(self.sent)}", *owner, kind, at_ms, flags=flags, path="/p"))
            self.sent.append(events[-1])
        self.send_all(events)

    @rule(sketches=st.lists(SKETCHES, min_size=1, max_size=6), fuse=st.integers(0, 8))
    def be_killed_in_a_fold(self, sketches: list[tuple[str, tuple[str, str], int, bool]], fuse: int) -> None:
        self.trap.fuse = fuse
        self.send(sketches)

    @rule(sketch=SKETCHES, place=st.integers(0, 2))
    def send_a_killer(self, sketch: tuple[str, tuple[str, str], int, bool], place: int) -> None:
        sketches = [sketch, sketch]
        sketches.insert(place, ("deadly", *sketch[1:]))
        self.send(sketches)

    @rule(kind=st.sampled_from(("tick", "sweep")))
    def be_killed_while_sessions_end(self, kind: str) -> None:
        """From now on they end one after the other, until nobody is due."""
        with suppress(Death), self.rig.shard._journal.mark.folding(Subject(ENDS, kind)):
            raise Death
        self.restart(is_clean=False)

    @precondition(lambda self: self.replay_deaths < self.harmless_deaths())
    @rule(fuse=st.integers(0, 8))
    def be_killed_in_a_replay(self, fuse: int) -> None:
        before = self.live_states()
        self.rig.close()
        self.trap.fuse = fuse
        while True:
            try:
                self.rig.start()
                break
            except Death:
                self.replay_deaths += 1
        self.trap.fuse = None
        self.started = self.rig.now
        self.follow()
        assert self.live_states() == before

    def harmless_deaths(self) -> int:
        """One more might be at one event for the second time. The first names its event where the frame is folded in
        steps anyway, because a killer was left out of it."""
        return 1 if any(event.event_type == "deadly" for event in self.sent) else 2

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        self.send_all(data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=3)))

    @precondition(lambda self: self.last)
    @rule()
    def resend_the_last_batch(self) -> None:
        assert self.last is not None
        payload, reply = self.last
        assert self.rig.shard.apply(payload) == reply
        assert self.rig.read() == []

    @rule(step=st.sampled_from(STEPS))
    def tick(self, step: int) -> None:
        before = {session.key: session.received_ms for session in self.rig.shard._residents.live.values()}
        self.rig.tick(self.rig.now + step)
        self.follow()
        live = self.rig.shard._residents.live
        now_ms, may_end = T0 + self.rig.now, self.rig.now >= self.started + MINUTE
        for key, received_ms in before.items():
            assert (key not in live) == (may_end and received_ms + GAP <= now_ms)

    @rule(min_count=st.integers(2, 5), is_on=st.booleans())
    def change_the_rules(self, min_count: int, is_on: bool) -> None:
        own = {"repeated_action": {"min_count": min_count, "enabled": is_on}}
        book = Configured().put(decode_book(self.rig.shard.rules()), "default", own)
        assert self.rig.shard.configure(encode_book(book), T0 + self.rig.now) == book.version
        self.follow()

    @rule(step=st.sampled_from(STEPS))
    def wait(self, step: int) -> None:
        self.rig.now += step

    @rule()
    def sweep(self) -> None:
        self.rig.shard.sweep("default", T0 + self.rig.now)
        self.follow()

    @rule(is_clean=st.booleans())
    def restart(self, is_clean: bool) -> None:
        before = self.live_states()
        if is_clean:
            self.rig.restart()
        else:
            self.rig.crash()
        self.started = self.rig.now
        self.follow()
        assert self.live_states() == before

    def live_states(self) -> dict[str, bytes]:
        return {key: encode_session(session) for key, session in self.rig.shard._residents.live.items()}

    @invariant()
    def every_session_is_what_the_frames_make_it(self) -> None:
        known = [s for key in self.model.residents.dirty for s in self.model.residents.changed(key)]
        expected = {(s.key, s.generation): encode_session(s) for s in known}
        found = self.rig.states()
        assert found == {place: expected[place] for place in found}
        late_ms = 24 * HOUR
        slim = {(s.key, s.generation) for s in known if not s.is_live and s.closed_ms + late_ms < T0 + self.rig.now}
        assert {place for place in expected.keys() - found.keys() if place not in slim} == set()

    @invariant()
    def every_acked_event_is_stored_and_folded_once(self) -> None:
        assert self.acked == self.stored.keys()
        for statuses in self.stored.values():
            assert sum(status in (ACCEPTED, LATE_FOLDED) for status in statuses) <= 1
            assert any(status != DUPLICATE for status in statuses)
            assert set(statuses[1:]) <= {DUPLICATE, LATE_RAW, QUARANTINED}

    def teardown(self) -> None:
        self.rig.close()
        self.folder.cleanup()


TestShard = ShardMachine.TestCase
TestShard.settings = settings(deadline=None, max_examples=30, stateful_step_count=30)
