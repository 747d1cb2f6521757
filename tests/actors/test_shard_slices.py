"""What a shard counts for the monitor is counted once, wherever the shard dies and whatever the monitor has heard."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Alerts, Config, Session
from engine.slices import Slice
from engine.wire import Control
from tests.actors.shard_rig import ShardRig, config
from tests.builders import event


class Monitor:
    """Takes each frame once, as the real one does, and counts events."""

    def __init__(self) -> None:
        self.done_seq = 0
        self.events = 0

    def take(self, slices: list[Slice]) -> None:
        for one in slices:
            assert one.upto_seq <= self.done_seq or one.after_seq >= self.done_seq, "cut elsewhere than before"
            if one.upto_seq > self.done_seq:
                self.done_seq = one.upto_seq
                self.events += sum(cell.count for cell in one.cells if cell.metric == "events")


def send(rig: ShardRig, number: int) -> None:
    rig.now += 400
    rig.send(event(f"e{number}", at=rig.now))


def settle(rig: ShardRig, monitor: Monitor) -> None:
    """Everything is saved and taken."""
    rig.tick(rig.now + 60_000)
    monitor.take(rig.shard.slices(monitor.done_seq))
    rig.tick(rig.now + 60_000)
    while slices := rig.shard.slices(monitor.done_seq):
        monitor.take(slices)


def test_nothing_is_handed_out_before_it_is_saved(tmp_path: Path) -> None:
    rig, monitor = ShardRig(tmp_path), Monitor()
    send(rig, 1)
    assert rig.shard.slices(0) == []
    rig.tick(rig.now + 1_000)
    monitor.take(rig.shard.slices(0))
    assert monitor.events == 1
    rig.close()


def test_what_the_monitor_has_is_not_given_again(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path)
    send(rig, 1)
    rig.tick(rig.now + 1_000)
    [one] = rig.shard.slices(0)
    assert rig.shard.slices(one.after_seq) == [one]
    assert rig.shard.slices(one.upto_seq) == []
    rig.close()


def test_a_shard_without_events_cuts_nothing(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path)
    rig.tick(1_000)
    rig.tick(100_000)
    assert rig.shard.slices(0) == []
    rig.close()


def test_the_last_events_are_cut_though_nothing_comes_after_them(tmp_path: Path) -> None:
    rig, monitor = ShardRig(tmp_path), Monitor()
    send(rig, 1)
    rig.tick(rig.now + 1_000)
    send(rig, 2)
    rig.tick(rig.now + 100)  # saved, and too early to cut
    rig.tick(rig.now + 1_000)
    monitor.take(rig.shard.slices(0))
    assert monitor.events == 2
    rig.close()


def test_while_the_monitor_is_away_a_slice_is_cut_a_minute(tmp_path: Path) -> None:
    rig, monitor = ShardRig(tmp_path), Monitor()
    for number in range(100):
        send(rig, number)
        rig.tick(rig.now + 1_600)
    assert len(rig.shard.slices(0)) < 10
    settle(rig, monitor)
    assert monitor.events == 100
    rig.close()


def test_duplicates_count_once(tmp_path: Path) -> None:
    rig, monitor = ShardRig(tmp_path), Monitor()
    send(rig, 1)
    rig.send(event("e1", at=400))
    settle(rig, monitor)
    assert monitor.events == 1
    rig.close()


@pytest.mark.parametrize("end", ["restart", "crash"])
def test_what_waits_is_there_after_the_shard_ended(tmp_path: Path, end: str) -> None:
    rig, monitor = ShardRig(tmp_path), Monitor()
    send(rig, 1)
    rig.tick(rig.now + 1_000)
    send(rig, 2)
    rig.restart() if end == "restart" else rig.crash()
    settle(rig, monitor)
    assert monitor.events == 2
    rig.close()


STEPS = st.lists(
    st.sampled_from(["send", "send", "tick", "long tick", "take", "take unheard", "crash", "restart", "close session"]),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=60)
def test_every_event_counts_once_whoever_dies_when(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    rig, monitor, sent, acked_seq = ShardRig(tmp_path_factory.mktemp("shard")), Monitor(), 0, 0
    for step in steps:
        if step == "send":
            sent += 1
            send(rig, sent)
        elif step.endswith("tick"):
            rig.tick(rig.now + (70_000 if step == "long tick" else 700))
        elif step.startswith("take"):
            monitor.take(rig.shard.slices(acked_seq))
            acked_seq = acked_seq if step == "take unheard" else monitor.done_seq
        elif step == "close session":
            rig.send(controls=(Control("close", "default", "s1"),))
        elif step == "crash":
            rig.crash()
        else:
            rig.restart()
    settle(rig, monitor)
    assert monitor.events == sent
    rig.close()


def test_a_monitor_that_stays_away_costs_a_bounded_number_of_slices(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path)
    for number in range(120):
        send(rig, number)
        stats = rig.tick(rig.now + 60_000)
    assert stats.slices_dropped == 20
    found: list[Slice] = []
    while page := rig.shard.slices(found[-1].upto_seq if found else 0):
        found += page
    assert len(found) == 100
    rig.close()


def test_pages_are_what_the_configuration_calls_pages(tmp_path: Path) -> None:
    rig = ShardRig(tmp_path, Config(session=Session(page_types=frozenset({"visit"}))))
    rig.send(event("visit", 1, path="/cart"), event("page_view", 2, path="/cart"))
    rig.tick(60_000)
    [one] = rig.shard.slices(0)
    assert [(cell.group, cell.count) for cell in one.cells if cell.metric == "page_views"] == [("/cart", 1)]
    rig.close()


def test_without_a_monitor_nothing_is_counted(tmp_path: Path) -> None:
    off = msgspec.structs.replace(config(), alerts=Alerts(enabled=False))
    rig = ShardRig(tmp_path, off)
    send(rig, 1)
    rig.tick(rig.now + 60_000)
    assert rig.shard.slices(0) == []
    rig.close()
