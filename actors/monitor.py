"""The monitor: evaluates the alert rules over what all shards counted, keeps the alerts, sends them to channels.

A plain class; `shells.py` gives it a process. One call at a time; when `feed` returns, what it was given is on disk and
counted once, whoever dies. An `OperatorError` out of any call means that memory may be ahead of the disk: the process
must end.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from actors.alert_ports import AlertRecord, MonitorStats
from actors.announcing import Announcing
from actors.courier import Courier
from engine.alerting import Alert, AlertRule, Board
from engine.slices import Slice
from persistence.alert_rows import AlertFilter, Changes
from persistence.monitor_store import MonitorStore, Rows

KEPT_ALERTS: Final = 10_000
KEPT_MS: Final = 90 * 86_400_000
_SAVE_STEPS: Final = 60  # a start repeats at most so many: about a minute


class Step(msgspec.Struct, array_like=True):
    """What the rules were told at one moment. New fields go to the end with a default."""

    now_ms: int
    slices: list[Slice] = []


_encode = msgspec.msgpack.Encoder().encode
decode_step = msgspec.msgpack.Decoder(Step).decode


class Monitor:
    """Owns the store from now on. `couriers`: one per channel, started here. `clock`: Unix milliseconds."""

    def __init__(
        self,
        *,
        store: MonitorStore,
        rules: Sequence[AlertRule],
        couriers: Sequence[Courier],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._rules = rules
        self._couriers = couriers
        self._clock = clock
        self._announcing = Announcing(rules, [courier.name for courier in couriers])
        self._now_ms = self._steps = 0
        with store.transaction() as rows:
            self._board = self._recovered(rows)
            self._save(rows)
            self._end_orphans(rows)
            rows.outbox.give_up_unknown(self._announcing.channels, clock())
        for courier in couriers:
            courier.start()

    def _recovered(self, rows: Rows) -> Board:
        """The saved state and the steps after it, whose alerts are kept already."""
        saved = rows.saved()
        board = Board.decode(saved, self._rules) if saved else Board(self._rules)
        for encoded in rows.steps():
            self._take(board, decode_step(encoded))
        return board

    def _end_orphans(self, rows: Rows) -> None:
        """Alerts of rules that are configured no more: nothing would ever resolve them."""
        rules, now_ms = {rule.name for rule in self._rules}, self._clock()
        for alert in rows.alerts.firing():
            if alert.rule not in rules:
                text = f"{alert.text} (ended: its rule is configured no more)"
                ended = replace(alert, state="resolved", resolved_ms=now_ms, updated_ms=now_ms, text=text)
                self._keep(rows, [ended])

    def _take(self, board: Board, step: Step) -> list[Alert]:
        """What changed, in order."""
        self._now_ms = step.now_ms
        changed = [alert for one in step.slices for alert in board.feed(one)]
        return changed + board.advance(step.now_ms)

    # -- writing --------------------------------------------------------------------------------------------------

    def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        """Count what is new in the slices and evaluate the rules. A slice may come twice."""
        step = Step(max(now_ms, self._now_ms), list(slices))
        with self._store.transaction() as rows:
            rows.add_step(_encode(step))
            changed = self._take(self._board, step)
            self._keep(rows, changed)
            self._steps += 1
            if self._steps >= _SAVE_STEPS:
                self._save(rows)
        if changed:
            for courier in self._couriers:
                courier.wake()
        return self.stats()

    def _keep(self, rows: Rows, changed: Iterable[Alert]) -> None:
        """Versions are counted here, and who looks after it is known here: the rules know of neither."""
        for alert in changed:
            before = rows.alerts.get(alert.id)
            alert = replace(alert, version=1) if before is None else _after(before, alert)
            rows.alerts.put(alert)
            if before is None or before.state != alert.state:
                self._announcing.announce(rows.outbox, alert, self._now_ms)

    def _save(self, rows: Rows) -> None:
        rows.save(self._board.encode())
        self._steps = 0
        rows.outbox.forget(rows.alerts.trim(keep=KEPT_ALERTS, before_ms=self._now_ms - KEPT_MS))

    def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        """The first who looks after it stays; None = there is no such alert."""
        found = self.alert(project_id, alert_id)
        if found is None or found.alert.acked_ms:
            return found
        acked = _acked(found.alert, by, note, self._clock())
        with self._store.transaction() as rows:
            rows.alerts.put(acked)
        return AlertRecord(acked, found.deliveries)

    # -- reading --------------------------------------------------------------------------------------------------

    def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        """Newest first."""
        with self._store.reading() as rows:
            return [AlertRecord(alert, rows.outbox.of_alert(alert.id)) for alert in rows.alerts.page(wanted)]

    def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        with self._store.reading() as rows:
            alert = rows.alerts.get(alert_id)
            if alert is None or alert.project_id != project_id:
                return None
            return AlertRecord(alert, rows.outbox.of_alert(alert_id))

    def happenings(self, after: int | None, limit: int) -> Changes:
        """How alerts changed after a position, oldest first; None = only where the end is."""
        with self._store.reading() as rows:
            first, last = rows.alerts.positions()
            if after is None:
                return Changes(last)
            is_known = first - 1 <= after <= last  # else changes were let go, or the file is another one
            items = rows.alerts.changes(after if is_known else first - 1, limit)
            return Changes(items[-1].position if items else last, items, has_gap=not is_known)

    def stats(self) -> MonitorStats:
        with self._store.reading() as rows:
            load = self._board.load()
            return MonitorStats(
                firing=rows.alerts.count("firing"),
                position=rows.alerts.positions()[1],
                waiting=dict.fromkeys(self._announcing.channels, 0) | rows.outbox.waiting(),
                failures={courier.name: courier.failures for courier in self._couriers},
                given_up={courier.name: courier.given_up for courier in self._couriers},
                groups=load.series,
                learned=load.learned,
                refused=load.refused,
            )

    # -- into the store -------------------------------------------------------------------------------------------

    def unstored(self, limit: int) -> list[Alert]:
        """Alerts that the store lacks, or of which it has an older version."""
        with self._store.reading() as rows:
            return rows.alerts.unstored(limit)

    def stored(self, versions: Iterable[tuple[str, int]]) -> None:
        """(id, version) that the store has now."""
        with self._store.transaction() as rows:
            rows.alerts.stored(versions)

    def close(self) -> None:
        """A courier that waits for its other side does not stop this: the message goes out after the next start."""
        with self._store.transaction() as rows:
            self._save(rows)
        if all([courier.stop() for courier in self._couriers]):
            self._store.close()


def _after(before: Alert, alert: Alert) -> Alert:
    """The next version of an alert."""
    return replace(
        alert, version=before.version + 1, acked_by=before.acked_by, acked_ms=before.acked_ms, note=before.note
    )


def _acked(alert: Alert, by: str, note: str, now_ms: int) -> Alert:
    return replace(alert, version=alert.version + 1, acked_by=by, acked_ms=now_ms, note=note)
