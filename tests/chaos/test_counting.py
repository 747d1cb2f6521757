"""What the monitor has on its disk is read as it is, and each fault in it is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.monitor import Monitor
from engine.config import Config, Session
from engine.slices import Cell, Slice
from persistence.monitor_store import MonitorStore
from tests.alerting import alert
from tests.builders import T0
from tests.chaos.counting import alert_faults, differing_counts, expected_counts
from tests.chaos.monitor import RULES, Kept, MonitorWatch
from tests.chaos.traffic import Traffic
from tests.chaos.world import World

MINUTE_MS = 60_000


class Desk:
    """A monitor with a file, and a watch over it."""

    def __init__(self, data_dir: Path) -> None:
        self.now_ms = T0
        self.watch = MonitorWatch(data_dir)
        store = MonitorStore(data_dir / "monitor")
        self.monitor = Monitor(store=store, rules=RULES, couriers=[], clock=lambda: self.now_ms)
        self._seq = 0

    def count(self, event_type: str, count: int) -> None:
        cells = [Cell("default", "events", event_type, count), Cell("default", "clicks", "#pay", 1)]
        self._seq += 1
        self.feed(Slice("j", self._seq - 1, self._seq, self.now_ms, cells))

    def feed(self, *slices: Slice) -> None:
        self.monitor.feed(slices, self.now_ms)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.monitor.close()


def test_a_watch_before_there_is_a_file_sees_nothing(tmp_path: Path) -> None:
    watch = MonitorWatch(tmp_path)
    watch.look()
    assert (watch.looks, watch.counted(), watch.unstored()) == (0, {}, 0)


def test_counts_are_seen_before_and_after_they_are_saved(desk: Desk) -> None:
    for number in range(130):  # every 60 steps are saved
        desk.count(f"probe_{number % 2}", 3)
        desk.watch.look()
        assert desk.watch.counted()["clicks", ""] == number + 1
    assert desk.watch.counted()["events", "probe_0"] == desk.watch.counted()["events", "probe_1"] == 195


def test_a_minute_that_the_monitor_forgot_is_still_counted(desk: Desk) -> None:
    desk.count("probe_1", 3)
    desk.watch.look()
    desk.now_ms += 90 * MINUTE_MS
    desk.count("probe_1", 4)
    desk.feed()
    desk.watch.look()
    assert desk.watch.counted()["events", "probe_1"] == 7


def test_what_changed_at_the_last_moment_is_seen_after_the_monitor_has_stopped(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.watch.start()
    desk.count("probe_1", 3)
    desk.monitor.close()
    desk.watch.stop()
    assert (desk.watch.events(), len(desk.watch.alerts)) == (3, 2)


def test_each_probe_is_in_one_alert_of_each_rule(desk: Desk) -> None:
    desk.count("probe_1", 4)
    desk.count("probe_1", 4)
    desk.count("page_view", 4)
    desk.watch.look()
    found = sorted((one.alert.rule, one.alert.group) for one in desk.watch.alerts)
    assert found == [("brief", "probe_1"), ("probes", "probe_1")]
    assert desk.watch.unstored() == 2
    assert [*alert_faults({"probe_1": 1}, desk.watch.alerts, [])] == []


def kept(alert_id: str = "a", stored_version: int = 0, **fields: Any) -> Kept:
    given = {"rule": "probes", "group": "probe_1", "version": 3, **fields}
    return Kept(alert(alert_id, **given), stored_version)


def stored(alert_id: str = "a", version: int = 3, state: str = "firing") -> dict[str, Any]:
    return {"alert_id": alert_id, "version": version, "state": state}


PROBES = {"probe_1": 1}
RESOLVED: dict[str, Any] = {"state": "resolved", "resolved_ms": T0 + 1_000}


def test_alerts_that_are_right_are_no_problem() -> None:
    assert [*alert_faults(PROBES, [kept(stored_version=3)], [stored()])] == []
    assert [*alert_faults(PROBES, [kept(stored_version=1)], [stored(version=2)])] == []
    assert [*alert_faults(PROBES, [kept()], [])] == []
    again = kept("b", started_ms=T0 + 1_000)
    assert [*alert_faults({"probe_1": 2}, [kept(**RESOLVED), again], [])] == []


@pytest.mark.parametrize(
    ("alerts", "rows", "fault"),
    [
        ([], [], "0 alerts about 1 probes probe_1"),
        ([kept(**RESOLVED), kept("b", started_ms=T0 + 1_000)], [], "2 alerts about 1 probes probe_1"),
        ([kept(), kept("b", rule="brief"), kept("c", rule="brief")], [], "alert c began while another one of brief"),
        ([kept(resolved_ms=T0)], [], f"alert a is firing, resolved at {T0}"),
        ([kept(state="resolved")], [], "alert a is resolved, resolved at 0"),
        ([kept()], [stored(), stored()], "1 alerts have several rows"),
        ([kept()], [stored("x")], "alert x is stored, and the monitor has none"),
        ([kept(stored_version=2)], [], "alert a is stored in version 0 of 2 to 3"),
        ([kept(stored_version=2)], [stored(version=1)], "alert a is stored in version 1 of 2 to 3"),
        ([kept()], [stored(version=4)], "alert a is stored in version 4 of 0 to 3"),
        ([kept()], [stored(state="resolved")], "alert a is firing, and stored as resolved"),
    ],
)
def test_an_alert_that_is_missing_doubled_or_wrong_is_named(
    alerts: list[Kept], rows: list[dict[str, Any]], fault: str
) -> None:
    [found] = alert_faults(PROBES, alerts, rows)
    assert found.startswith(fault)


def test_what_a_shard_tells_the_monitor_is_what_its_rows_say(tmp_path: Path) -> None:
    limits = Session(gap_ms=60_000, grace_ms=1_000, late_ms=600_000)
    desk, world = Desk(tmp_path / "desk"), World(tmp_path / "world", Config(session=limits))
    traffic = Traffic(seed="counts", name="c", visitors=20, gap_ms=60_000, clock=world.clock)
    for _ in range(100):
        batch = traffic.batch()
        world.send(batch)
        traffic.acked(batch)
        desk.now_ms = world.now_ms = world.now_ms + 3_000
        world.tick()
        desk.feed(*world.slices())
    desk.watch.look()
    counted, rows = desk.watch.counted(), world.rows()
    assert differing_counts(counted, expected_counts(rows, limits)) == []
    assert {metric for metric, _ in counted} >= {"events", "clicks", "page_views", "js_errors", "sessions_started"}
    told = differing_counts(counted, expected_counts(rows[1:], limits))
    assert f"events {rows[0]['event_type']} " in " ".join(told)
    world.close()
    desk.monitor.close()
