"""The monitor counts once what it gets, keeps what it found, and goes on where it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.alert_ports import AlertRecord
from actors.courier import Courier
from actors.monitor import Monitor
from engine.alerting import AlertRule
from engine.errors import JournalDamaged, JournalLocked
from persistence.alert_rows import AlertFilter, Changes
from persistence.monitor_store import MonitorStore
from persistence.retry import Backoff
from tests.actors.feeding import counted
from tests.actors.test_courier import Line
from tests.alerting import many_events
from tests.builders import T0

MINUTE_MS = 60_000


class Rig:
    """A monitor whose couriers stand still: a test steps them. Times are milliseconds after `T0`."""

    def __init__(self, folder: Path, *rules: AlertRule, channels: tuple[str, ...] = ("hook",)) -> None:
        self._folder = folder
        self._rules = rules or (many_events(),)
        self._channels = channels
        self.now = 0
        self.start()

    def start(self) -> None:
        self.store = MonitorStore(self._folder)
        self.couriers = [self._courier(name) for name in self._channels]
        self.monitor = Monitor(store=self.store, rules=self._rules, couriers=self.couriers, clock=self._clock)

    def _courier(self, name: str) -> Courier:
        courier = Still(
            channel=Line(name),
            store=self.store,
            clock=self._clock,
            backoff=Backoff(1_000, 8_000),
            max_retries=3,
            on_error=self._fail,
        )
        return courier

    def _clock(self) -> int:
        return T0 + self.now

    def _fail(self, error: Exception) -> None:
        raise error

    def feed(self, events: int, *, after: int, upto: int, journal: str = "j0") -> None:
        self.monitor.feed([counted(events, after=after, upto=upto, at=self.now, journal=journal)], T0 + self.now)

    def advance(self, by_ms: int) -> None:
        self.now += by_ms
        self.monitor.feed([], T0 + self.now)

    def alerts(self) -> list[AlertRecord]:
        return self.monitor.alerts(AlertFilter("default"))

    def board(self) -> bytes:
        return self.monitor._board.encode()

    def crash(self) -> None:
        """What is not on disk is gone."""
        self.store.close()
        self.start()


class Still(Courier):
    """Without its thread."""

    def start(self) -> None:
        return None


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.monitor.close()


def test_what_is_fed_twice_counts_once(rig: Rig) -> None:
    rig.feed(4, after=0, upto=3)
    rig.feed(4, after=0, upto=3)
    assert rig.alerts() == []
    rig.feed(4, after=3, upto=5)
    [found] = rig.alerts()
    assert (found.alert.state, found.alert.value) == ("firing", 8)


def test_two_shards_count_side_by_side(rig: Rig) -> None:
    rig.feed(4, after=0, upto=3, journal="j0")
    rig.feed(4, after=0, upto=3, journal="j1")
    assert len(rig.alerts()) == 1


def test_after_a_crash_nothing_is_lost_or_doubled(rig: Rig) -> None:
    rig.feed(4, after=0, upto=3)
    rig.crash()
    rig.feed(4, after=0, upto=3)  # the shard did not hear that it was taken
    assert rig.alerts() == []
    rig.feed(4, after=3, upto=5)
    assert len(rig.alerts()) == 1


def test_a_restart_repeats_its_steps_and_comes_to_the_same_state(rig: Rig) -> None:
    for number in range(70):  # over the point at which all is saved
        rig.now += 1_000
        rig.feed(1 + number % 3, after=number, upto=number + 1)
    before, listed = rig.board(), rig.alerts()
    rig.crash()
    assert (rig.board(), rig.alerts()) == (before, listed)
    rig.monitor.close()
    rig.start()
    assert (rig.board(), rig.alerts()) == (before, listed)


def test_time_does_not_go_back(rig: Rig) -> None:
    rig.advance(MINUTE_MS)
    rig.now = 0
    rig.feed(9, after=0, upto=1)
    [found] = rig.alerts()
    assert found.alert.started_ms == T0 + MINUTE_MS


def test_it_is_told_when_it_fires_and_when_it_is_resolved(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    rig.advance(10 * MINUTE_MS)
    rig.advance(10 * MINUTE_MS)
    [found] = rig.alerts()
    assert found.alert.state == "resolved"
    assert [(one.channel, one.event, one.state) for one in found.deliveries] == [
        ("hook", "firing", "pending"),
        ("hook", "resolved", "pending"),
    ]
    assert found.deliveries[0].key == "default/many/" + found.alert.group


def test_a_rule_tells_the_channels_that_it_names(tmp_path: Path) -> None:
    rules = (many_events(name="all"), many_events(name="one", channels=("b",)))
    rig = Rig(tmp_path, *rules, channels=("a", "b"))
    rig.feed(9, after=0, upto=1)
    found = {record.alert.rule: [one.channel for one in record.deliveries] for record in rig.alerts()}
    assert found == {"all": ["a", "b"], "one": ["b"]}
    rig.monitor.close()


def test_what_is_to_be_sent_is_there_after_a_crash(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    rig.crash()
    rig.couriers[0].step()
    [found] = rig.alerts()
    assert [one.state for one in found.deliveries] == ["done"]


def test_the_first_who_looks_after_it_stays_also_when_it_changes_and_after_a_crash(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    [found] = rig.alerts()
    alert_id = found.alert.id
    first = rig.monitor.ack("default", alert_id, "anna", "looking")
    assert first is not None
    assert (first.alert.acked_by, first.alert.note, first.alert.acked_ms) == ("anna", "looking", T0)
    assert first.alert.version == found.alert.version + 1
    rig.crash()
    assert rig.monitor.ack("default", alert_id, "ben", "") == first
    rig.advance(10 * MINUTE_MS)
    rig.advance(10 * MINUTE_MS)
    resolved = rig.monitor.alert("default", alert_id)
    assert resolved is not None
    assert (resolved.alert.state, resolved.alert.acked_by) == ("resolved", "anna")


def test_an_unknown_alert_and_one_of_another_project_are_none(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    [found] = rig.alerts()
    assert rig.monitor.ack("default", "nope", "anna", "") is None
    assert rig.monitor.ack("other", found.alert.id, "anna", "") is None
    assert rig.monitor.alert("other", found.alert.id) is None


def test_changes_are_told_in_order_from_a_position_on(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    first = rig.monitor.happenings(0, 10)
    assert ([change.alert.state for change in first.items], first.has_gap) == (["firing"], False)
    assert rig.monitor.happenings(None, 10) == Changes(first.position)
    rig.advance(10 * MINUTE_MS)
    rig.advance(10 * MINUTE_MS)
    then = rig.monitor.happenings(first.position, 10)
    assert (then.items[-1].alert.state, then.position) == ("resolved", then.items[-1].position)


@pytest.mark.parametrize("after", [-5, 99])
def test_a_position_that_is_not_known_begins_with_what_is_kept_and_says_so(rig: Rig, after: int) -> None:
    rig.feed(9, after=0, upto=1)
    told = rig.monitor.happenings(after, 10)
    assert (len(told.items), told.has_gap) == (1, True)


def test_the_store_gets_each_version_until_it_has_it(rig: Rig) -> None:
    rig.feed(9, after=0, upto=1)
    [found] = rig.monitor.unstored(10)
    rig.monitor.stored([(found.id, found.version)])
    assert rig.monitor.unstored(10) == []
    rig.monitor.ack("default", found.id, "anna", "")
    assert [one.version for one in rig.monitor.unstored(10)] == [found.version + 1]


def test_it_says_how_it_is(rig: Rig) -> None:
    assert (rig.monitor.stats().firing, rig.monitor.stats().waiting) == (0, {"hook": 0})
    rig.feed(9, after=0, upto=1)
    stats = rig.monitor.stats()
    assert (stats.firing, stats.waiting, stats.failures, stats.given_up) == (1, {"hook": 1}, {"hook": 0}, {"hook": 0})


def test_only_one_may_use_the_folder(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(JournalLocked):
        MonitorStore(tmp_path)


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "monitor.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalDamaged, match=r"monitor\.db is damaged"):
        MonitorStore(tmp_path)


def test_an_alert_whose_rule_is_gone_ends_and_those_who_were_told_hear_of_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path, many_events(channels=("a",)), channels=("a", "b"))
    rig.feed(9, after=0, upto=1)
    rig._rules = (many_events(name="another"),)
    rig.crash()
    [found] = rig.alerts()
    assert (found.alert.state, found.alert.version) == ("resolved", 2)
    assert "configured no more" in found.alert.text
    assert [(one.channel, one.event) for one in found.deliveries] == [("a", "firing"), ("a", "resolved")]
    rig.monitor.close()
