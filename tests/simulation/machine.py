"""Everything that can happen to a shard, its journal, its persister and the disk under them, in any order; and what
must hold all the same. Nothing here waits, and nothing runs beside it: a run is a function of what hypothesis draws."""

import sys
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.book import Configured, decode_book, encode_book
from engine.config import Config
from engine.config import Journal as JournalLimits
from engine.errors import Wait
from engine.wire import HISTORIC, Control, Event
from persistence.memory import Failure
from tests.builders import GAP, HOUR, MINUTE
from tests.simulation.disk import Fault
from tests.simulation.gateway import Gateway
from tests.simulation.tally import Tally
from tests.simulation.upgrade import upgrade
from tests.simulation.verdict import check_state, check_store
from tests.simulation.world import World

_KINDS: Final = ("page_view", "click", "search", "search", "scroll", "app_close")
_OWNERS: Final = (("s1", "u1"), ("s2", "u1"), ("s3", "u2"), ("", "u1"), ("", "u2"))
_STEPS: Final = (1, 40, 1000, 1000, MINUTE, 20 * MINUTE, GAP - 1, GAP, GAP + 1, 2 * HOUR, 26 * HOUR)
_STEPS_BACK: Final = (-1, -1000, -20 * MINUTE, -2 * HOUR)
_AGES: Final = (0, 0, 0, 1, 1000, 10 * MINUTE, GAP, HOUR, 3 * HOUR, 26 * HOUR)
_SKEWS: Final = (0, 0, 0, 700, -700)

_LITTLE_ROOM: Final = 1.0  # percent of the disk

Sketch = tuple[str, tuple[str, str], int, bool]

SKETCHES: Final = st.lists(
    st.tuples(st.sampled_from(_KINDS), st.sampled_from(_OWNERS), st.sampled_from(_AGES), st.booleans()),
    min_size=1,
    max_size=5,
)
CONTROLS: Final = st.lists(
    st.builds(
        Control,
        st.sampled_from(("open", "close")),
        st.just("default"),
        st.sampled_from(("s1", "s2", "s4")),
        st.just("u1"),
    ),
    max_size=2,
)
SELDOM: Final = st.sampled_from((False, False, False, True))
SEEDS: Final = st.none() | st.integers(0, 999)
FAULTS: Final = st.builds(
    Fault,
    st.sampled_from(("kill", "power", "full", "write", "read", "sync", "sync-forgets", "sync-forgets", "sync-forgets")),
    st.sampled_from((0, 0, 1, 2, 3, 5, 8, 13, 30)),
    SEEDS,
)
FAILURES: Final = st.lists(
    st.sampled_from(
        (
            None,
            Failure(Wait("The store is away."), "before"),
            Failure(Wait("No answer."), "after"),
            Failure(Wait("It was killed."), "torn"),
        )
    ),
    min_size=1,
    max_size=4,
)


class Machine(RuleBasedStateMachine):
    def __init__(self, tally: Tally) -> None:
        super().__init__()
        config = Config(journal=JournalLimits(snapshot_sessions=1, lock_wait_ms=0))
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name), config)
        self.gateway = Gateway(lambda payload: self.world.ask(lambda shard: shard.apply(payload)))
        self.sent: list[Event] = []
        self.tally = tally
        self.names = count(1)
        self.rules_version = 1  # the newest that a shard said is on disk

    @initialize(checkpoint_pages=st.sampled_from((4, 12, 1000)))
    def begin(self, checkpoint_pages: int) -> None:
        self.world.checkpoint_pages = checkpoint_pages

    # -- clients --------------------------------------------------------------------------------------------------

    @rule(
        sketches=SKETCHES,
        controls=CONTROLS,
        skew_ms=st.sampled_from(_SKEWS),
        is_delayed=SELDOM,
        is_answer_lost=SELDOM,
    )
    def send(
        self, sketches: list[Sketch], controls: list[Control], skew_ms: int, is_delayed: bool, is_answer_lost: bool
    ) -> None:
        events = [self._event(*sketch) for sketch in sketches]
        self.sent += events
        self.gateway.send(self.world.now_ms + skew_ms, events, controls)
        if not is_delayed:
            self.gateway.deliver(is_answer_lost=is_answer_lost)

    def _event(self, kind: str, owner: tuple[str, str], age_ms: int, is_historic: bool) -> Event:
        flags = HISTORIC if is_historic else 0
        at_ms = self.world.now_ms - age_ms
        return Event("default", f"e{next(self.names)}", *owner, kind, at_ms, flags=flags, path="/p")

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        events = data.draw(st.lists(st.sampled_from(self.sent), min_size=1, max_size=4))
        self.gateway.send(self.world.now_ms, events, [])
        self.gateway.deliver()

    @precondition(lambda self: self.gateway.waiting)
    @rule(calls=st.integers(1, 4), is_answer_lost=SELDOM)
    def deliver(self, calls: int, is_answer_lost: bool) -> None:
        for _ in range(min(calls, len(self.gateway.waiting))):
            self.gateway.deliver(is_answer_lost=is_answer_lost)

    @precondition(lambda self: self.gateway.payloads or self.gateway.waiting)
    @rule(data=st.data())
    def stray_call(self, data: st.DataObject) -> None:
        payloads = [*self.gateway.payloads, *(call.payload() for call in self.gateway.waiting)]
        self.gateway.stray(data.draw(st.sampled_from(payloads)))

    @rule(min_count=st.integers(2, 5), is_on=st.booleans())
    def change_the_rules(self, min_count: int, is_on: bool) -> None:
        """As an operator does who reads the rules before."""
        own = {"repeated_action": {"min_count": min_count, "enabled": is_on}}
        now_ms = self.world.now_ms
        read = self.world.ask(lambda shard: shard.rules())
        if read is None:
            return
        book = Configured().put(decode_book(read), "default", own)
        with suppress(Wait):
            version = self.world.ask(lambda shard: shard.configure(encode_book(book), now_ms))
            assert version in (None, book.version)
            self.rules_version = version or self.rules_version

    # -- time -----------------------------------------------------------------------------------------------------

    @rule(step_ms=st.sampled_from(_STEPS))
    def tick(self, step_ms: int) -> None:
        self._pass(step_ms)
        self._tick()

    @rule(seconds=st.integers(1, 5))
    def seconds_pass(self, seconds: int) -> None:
        """As they do when nobody touches anything."""
        for _ in range(seconds):
            self._pass(1_000)
            self.world.persist()
            self._tick()

    def _tick(self) -> None:
        now_ms, done_seq = self.world.now_ms, self.world.done_seq()
        has_ticked = self.world.ask(lambda shard: shard.tick(now_ms, done_seq)) is not None
        if has_ticked and self.world.free_disk_percent > _LITTLE_ROOM:  # else a tick ends nobody
            history = self.world.history
            history.account.check_not_late(max(now_ms, history.frames[-1].received_ms))

    @rule(step_ms=st.sampled_from(_STEPS) | st.sampled_from(_STEPS_BACK))
    def time_passes(self, step_ms: int) -> None:
        self._pass(step_ms)

    def _pass(self, step_ms: int) -> None:
        """In a minute somebody makes room on a full disk."""
        self.world.now_ms += step_ms
        if step_ms >= MINUTE:
            self.world.disk.is_full = False

    @rule()
    def sweep(self) -> None:
        now_ms = self.world.now_ms
        with suppress(Wait):
            self.world.ask(lambda shard: shard.sweep("default", now_ms))

    # -- the store ------------------------------------------------------------------------------------------------

    @rule(steps=st.integers(1, 5))
    def persist(self, steps: int) -> None:
        for _ in range(steps):
            self.world.now_ms += 300
            self.world.persist()

    @rule(failures=FAILURES)
    def store_fails(self, failures: list[Failure | None]) -> None:
        self.world.store.fail_next(*failures)

    # -- faults ---------------------------------------------------------------------------------------------------

    @rule(fault=FAULTS)
    def disk_will_fail(self, fault: Fault) -> None:
        self.world.disk.arm(fault)

    @rule(free_disk_percent=st.sampled_from((50.0, 50.0, 50.0, 50.0, _LITTLE_ROOM)))
    def heal(self, free_disk_percent: float) -> None:
        self.world.disk.heal()
        self.world.free_disk_percent = free_disk_percent

    @rule()
    def cache_is_short(self) -> None:
        self.world.disk.evict()

    @rule(who=st.sampled_from(("gateway", "persister", "shard", "shard")))
    def kill(self, who: str) -> None:
        if who == "gateway":
            self.gateway.crash()
        elif who == "persister":
            self.world.kill_persister()
        else:
            self.world.kill_shard()

    @rule(seed=SEEDS)
    def cut_power(self, seed: int | None) -> None:
        self.world.cut_power(seed)

    @rule(is_new_code=st.booleans())
    def restart(self, is_new_code: bool) -> None:
        self.world.stop_shard()
        if is_new_code:
            self.world.run(upgrade)

    # -- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def state_is_the_fold_of_the_journal(self) -> None:
        world = self.world
        if world.shard is not None:
            clock_ms = max(world.now_ms, world.history.frames[-1].received_ms)
            slim_before_ms = clock_ms - world.config.session.late_ms
            with world.disk.calm():
                check_state(world.shard.shard, world.history, slim_before_ms=slim_before_ms)

    @invariant()
    def rules_that_were_said_to_be_in_force_are(self) -> None:
        if self.world.shard is not None:
            with self.world.disk.calm():
                assert self.world.shard.shard.stats().rules_version >= self.rules_version

    @invariant()
    def acked_events_are_there_and_folded_once(self) -> None:
        self.tally.steps += 1
        self.world.history.check_events(self.gateway.acked)

    def teardown(self) -> None:
        """A run that went well is brought to its end: all faults heal, everything drains."""
        try:
            if sys.exception() is None:
                self._finish()
                self.tally.add(self.world, len(self.gateway.acked))
        finally:
            self.world.close()
            self.folder.cleanup()

    def _finish(self) -> None:
        world = self.world
        world.disk.heal()
        world.free_disk_percent = 50.0
        assert world.start_shard(), "the shard does not start on a healthy disk"
        while self.gateway.waiting:
            self.gateway.deliver()
        world.now_ms = max(world.now_ms, world.history.frames[-1].received_ms) + 2 * GAP
        self._tick()
        self.acked_events_are_there_and_folded_once()
        self.state_is_the_fold_of_the_journal()
        world.drain()
        check_store(world.sink, world.history)
