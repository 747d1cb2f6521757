"""Events, controls and ends that kill the process that folds them: the second death names them, then they are left
out and stored, and everything beside them goes on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from actors.careful_fold import CarefulFold
from engine.config import Session
from engine.memory_archive import MemoryArchive
from engine.poison import ENDS, Isolated, Subject
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    QUARANTINED,
    Batch,
    Control,
    Event,
    Outcome,
    Reply,
    decode_batch,
    decode_ending,
    decode_outcome,
    decode_reply,
    encode,
)
from persistence.journal import Frame, Journal
from tests.actors.shard_rig import Death, ShardRig, Trap, config
from tests.builders import GAP, HOUR, MINUTE, T0, closed, event, opened


@pytest.fixture
def trap() -> Trap:
    return Trap({"app_close"})


@pytest.fixture
def rig(tmp_path: Path, trap: Trap) -> Iterator[ShardRig]:
    trap.deadly.add("deadly")
    made = ShardRig(tmp_path, config(trap=trap))
    yield made
    made.close()


def deadly(at: int = 1, **fields: str) -> Event:
    return event("deadly", at, **fields)


def apply_until_it_lives(rig: ShardRig, payload: bytes) -> tuple[int, Reply]:
    """As a gateway does: send it again to each new process. How many died of it, and the answer."""
    for deaths in range(20):
        try:
            return deaths, decode_reply(rig.shard.apply(payload))
        except Death:
            rig.crash()
    pytest.fail("the shard does not come back")


def send(rig: ShardRig, *events: Event, controls: Sequence[Control] = ()) -> tuple[int, Reply]:
    return apply_until_it_lives(rig, rig.payload(*events, controls=tuple(controls)))


def counted(rig: ShardRig, session: str = "s1") -> int:
    found = rig.session(session)
    return 0 if found is None else found.event_count


def last_batch(rig: ShardRig) -> Frame:
    rig.read()
    return [frame for frame in rig.frames if frame.kind == "batch"][-1]


# -- events -----------------------------------------------------------------------------------------------------------


def test_an_event_that_kills_twice_is_stored_and_left_out_and_its_neighbours_are_folded_once(rig: ShardRig) -> None:
    rig.send(event(at=0, session="before"))
    payload = rig.payload(event(at=0), deadly(1), event(at=2), event(at=0, session="s2"))
    deaths, reply = apply_until_it_lives(rig, payload)
    assert (deaths, reply.statuses) == (2, bytes([ACCEPTED, QUARANTINED, ACCEPTED, ACCEPTED]))
    assert (counted(rig), counted(rig, "s2"), counted(rig, "before")) == (2, 1, 1)
    frame = last_batch(rig)
    assert (frame.body, decode_outcome(frame.outcome).generations) == (payload, [1, 0, 1, 1])
    assert rig.tick().unfolded == {"quarantined": 1}


def test_two_killers_in_one_batch_cost_one_death_more(rig: ShardRig) -> None:
    deaths, reply = send(rig, deadly(1), event(at=2), deadly(3))
    assert (deaths, reply.statuses) == (3, bytes([QUARANTINED, ACCEPTED, QUARANTINED]))


def test_the_same_killer_twice_in_a_batch_is_stored_once(rig: ShardRig) -> None:
    deaths, reply = send(rig, deadly(1), deadly(1))
    assert (deaths, reply.statuses) == (2, bytes([QUARANTINED, DUPLICATE]))
    rig.crash()
    assert counted(rig) == 0


def test_a_batch_full_of_killers_is_stored_as_it_is(rig: ShardRig) -> None:
    deaths, reply = send(rig, *(deadly(at) for at in range(100)), event(at=5), controls=[opened("s5")])
    assert (deaths, reply) == (10, Reply(bytes([QUARANTINED] * 101), bytes([0])))
    assert rig.session("s5") is None


def test_a_killer_that_comes_again_in_any_batch_is_a_duplicate(rig: ShardRig) -> None:
    send(rig, deadly(1))
    for stop in (ShardRig.crash, ShardRig.restart, ShardRig.crash):
        stop(rig)
        assert send(rig, event(at=2, session="s2"), deadly(1))[1].statuses[1] == DUPLICATE
        rig.tick()
    assert send(rig, deadly(1)) == (0, Reply(bytes([DUPLICATE])))
    assert counted(rig, "s2") == 1


def test_another_event_of_the_same_kind_is_judged_by_itself(rig: ShardRig) -> None:
    send(rig, deadly(1))
    assert send(rig, deadly(2)) == (2, Reply(bytes([QUARANTINED])))


@pytest.mark.parametrize("stop", [ShardRig.restart, ShardRig.crash])
def test_a_replay_leaves_out_what_was_left_out(rig: ShardRig, trap: Trap, stop: object) -> None:
    send(rig, event(at=0), deadly(1), event("app_close", 2), controls=[opened("s7"), closed("nobody")])
    send(rig, deadly(1), event(at=0, session="s2"))
    before = rig.states()
    trap.deadly.clear()  # would be folded now
    stop(rig)  # type: ignore[operator]
    assert rig.states() == before
    assert send(rig, deadly(1)) == (0, Reply(bytes([DUPLICATE])))


def test_an_ordinary_batch_is_folded_in_one_go_again_after_the_trouble(rig: ShardRig) -> None:
    send(rig, deadly(1))
    assert rig.shard._fold._suspects.known == []
    rig.crash()
    assert rig.shard._fold._suspects.known == []


def test_a_death_that_is_not_the_events_fault_costs_nothing(rig: ShardRig, trap: Trap) -> None:
    """Killed from outside while it folded: the batch comes again, whole, and is answered as always."""
    trap.fuse = 2
    deaths, reply = send(rig, event(at=0), event(at=1), event("app_close", 2), event(session="s2"))
    assert (deaths, reply.statuses) == (1, bytes([ACCEPTED] * 4))
    summary = rig.session()
    assert summary is not None
    assert (summary.event_count, summary.end_reason) == (3, "close")


def test_a_crash_between_folds_suspects_nobody(rig: ShardRig) -> None:
    rig.send(event())
    rig.crash()
    assert rig.shard._fold._suspects.known == []


# -- replay -----------------------------------------------------------------------------------------------------------


def start_until_it_lives(rig: ShardRig) -> int:
    for deaths in range(20):
        try:
            rig.start()
        except Death:
            continue
        return deaths
    pytest.fail("the shard does not come back")


def test_a_frame_that_kills_its_replay_is_left_out_where_it_kills_and_nothing_else_is(
    rig: ShardRig, trap: Trap
) -> None:
    trap.deadly.clear()
    rig.send(event(at=0), deadly(1), event(at=2))
    rig.send(event(at=3))
    rig.close()
    trap.deadly.add("deadly")  # a new version of the code does not stand it
    with capture_logs() as logs:
        assert start_until_it_lives(rig) == 3
    assert counted(rig) == 3
    assert any("acked event is left out" in line["event"] for line in logs)
    assert send(rig, deadly(1)) == (0, Reply(bytes([DUPLICATE])))
    for _ in range(2):
        rig.close()
        assert start_until_it_lives(rig) == 0
        assert counted(rig) == 3
    rig.tick()
    rig.restart()
    rig.tick()
    assert counted(rig) == 3


def test_a_replay_that_is_killed_from_outside_again_and_again_loses_nothing(rig: ShardRig, trap: Trap) -> None:
    trap.deadly.clear()
    for at in range(10):
        rig.send(event(at=at), event(at=at, session=f"s{at}"))
    before = rig.states()
    for fuse in range(1, 15):
        rig.close()
        trap.fuse = fuse
        start_until_it_lives(rig)
        assert rig.states() == before


# -- controls and ends ------------------------------------------------------------------------------------------------


class FragileRegistry(Registry):
    """Dies when a session of `fatal` ends."""

    fatal = frozenset({"default\0s1"})

    def end(self, ending: Sequence[tuple[str, int]], now_ms: int, seq: int) -> Outcome:  # type: ignore[override]
        for key, _ in ending:
            session = self.residents.live.get(key)
            if key in self.fatal and session is not None and not session.muted:
                raise Death
        return super().end(ending, now_ms, seq)


class GuardRig:
    """A careful fold on a fragile registry."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.frames: list[Frame] = []
        self.start()

    def start(self) -> None:
        self.journal = Journal(self._folder)
        self.registry = FragileRegistry(limits=Session(), rulebook=Rulebook(Rules()), archive=MemoryArchive())
        self.fold = CarefulFold(self.journal, self.registry, Isolated(), shard=0)
        for number in (1, 2):
            self.registry.apply(decode_batch(self.body(number)), T0, number)

    @staticmethod
    def body(number: int) -> bytes:
        return encode(Batch("g1", number, T0, [event(session=f"s{number}")]))

    def tick(self) -> Outcome:
        ending = self.registry.due(T0 + HOUR, limit=10)
        body, outcome, encoded = self.fold.end("tick", ending, T0 + HOUR, 3)
        self.journal.append("tick", T0 + HOUR, body.encoded(), encoded)
        self.fold.all_ended("tick")
        return outcome

    def crash(self) -> None:
        self.journal.close()
        self.start()


def test_after_a_death_among_ends_sessions_end_one_by_one_until_nobody_is_due(rig: ShardRig) -> None:
    rig.send(*(event(session=f"s{number}") for number in range(3)))
    with pytest.raises(Death), rig.shard._journal.mark.folding(Subject(ENDS, "tick")):
        raise Death
    rig.crash()
    rig.tick(MINUTE)
    assert rig.shard._fold._suspects.of(Subject(ENDS, "tick")) is not None
    assert rig.tick(GAP + MINUTE).ended == {"timeout": 3}
    assert rig.shard._fold._suspects.known == []
    frame = rig.read()[-1]
    assert (frame.kind, decode_ending(frame.body).silenced) == ("tick", [])


def test_a_session_whose_end_kills_ends_bare_and_the_others_as_always(tmp_path: Path) -> None:
    rig = GuardRig(tmp_path)
    for _ in range(2):
        with pytest.raises(Death):
            rig.tick()
        rig.crash()
    ended = {summary.session_id: summary for summary in rig.tick().summaries}
    assert {name: (s.end_reason, len(s.most_used_actions), len(s.anomalies)) for name, s in ended.items()} == {
        "s1": ("timeout", 0, 0),
        "s2": ("timeout", 1, 1),
    }
    states = rig.registry.residents.changed("default\0s1")
    [frame] = rig.journal.frames(0)
    rig.crash()
    rig.fold.replay_end(frame)
    assert rig.registry.residents.changed("default\0s1") == states
    rig.journal.close()
