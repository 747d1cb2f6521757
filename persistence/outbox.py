"""What is to be sent to whom: a row per message and channel, durable until it arrived or was given up.

Queries only; `monitor_store.py` owns the connection and its transactions.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

State = Literal["pending", "done", "failed"]

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, alert_id TEXT NOT NULL,
    event TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    next_ms INTEGER NOT NULL, settled_ms INTEGER NOT NULL, error TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_of_alert ON outbox (alert_id);
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (channel, place) WHERE state = 'pending';
"""
_COLUMNS: Final = "id, channel, alert_id, event, key, body, state, attempts, next_ms, settled_ms, error"
# Of one alert the messages arrive in their order: "resolved" does not overtake a "firing" that is tried again.
_NEXT: Final = f"""
SELECT {_COLUMNS} FROM outbox AS one WHERE channel = ? AND state = 'pending' AND NOT EXISTS (
    SELECT 1 FROM outbox AS before WHERE before.channel = one.channel AND before.state = 'pending'
    AND before.alert_id = one.alert_id AND before.place < one.place
) ORDER BY next_ms, place LIMIT 1
"""


class Delivery(msgspec.Struct, frozen=True):
    """`body`: the alert as JSON. `key`: messages with one key keep their order where a channel has an order."""

    id: str
    channel: str
    alert_id: str
    event: str
    key: str
    body: bytes
    state: State = "pending"
    attempts: int = 0
    next_ms: int = 0  # not to be sent before
    settled_ms: int = 0  # when it arrived or was given up, 0 = not yet
    error: str = ""  # of the last attempt, "" = none


class Outbox:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """One that is there already stays as it is."""
        self._db.executemany(
            f"INSERT OR IGNORE INTO outbox ({_COLUMNS}) VALUES ({', '.join('?' * len(Delivery.__struct_fields__))})",
            [msgspec.structs.astuple(delivery) for delivery in deliveries],
        )

    def next(self, channel: str) -> Delivery | None:
        """The one that may be sent first, which may be later than now; None = nothing waits."""
        row = self._db.execute(_NEXT, (channel,)).fetchone()
        return Delivery(*row) if row else None

    def settle(self, delivery: Delivery) -> None:
        """What became of an attempt."""
        self._db.execute(
            "UPDATE outbox SET state = ?, attempts = ?, next_ms = ?, settled_ms = ?, error = ? WHERE id = ?",
            (delivery.state, delivery.attempts, delivery.next_ms, delivery.settled_ms, delivery.error, delivery.id),
        )

    def of_alert(self, alert_id: str) -> list[Delivery]:
        """In the order in which they were made."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM outbox WHERE alert_id = ? ORDER BY place", (alert_id,))
        return [Delivery(*row) for row in rows.fetchall()]

    def waiting(self) -> dict[str, int]:
        """How many are pending, by channel."""
        rows = self._db.execute("SELECT channel, count(*) FROM outbox WHERE state = 'pending' GROUP BY channel")
        return dict(rows.fetchall())

    def give_up(self, channel: str, keep: int, now_ms: int) -> int:
        """Fail the oldest that are pending beyond `keep`; how many. So the outbox of a dead channel is bounded."""
        return self._db.execute(
            "UPDATE outbox SET state = 'failed', settled_ms = ?, error = 'too many messages waited for this channel'"
            " WHERE channel = ? AND state = 'pending' AND place IN (SELECT place FROM outbox WHERE channel = ?"
            " AND state = 'pending' ORDER BY place DESC LIMIT -1 OFFSET ?)",
            (now_ms, channel, channel, keep),
        ).rowcount

    def give_up_unknown(self, channels: Iterable[str], now_ms: int) -> int:
        """Fail what waits for channels that are configured no more; how many."""
        unknown = sorted({*self.waiting()} - {*channels})
        for channel in unknown:
            self._db.execute(
                "UPDATE outbox SET state = 'failed', settled_ms = ?, error = 'this channel is configured no more'"
                " WHERE channel = ? AND state = 'pending'",
                (now_ms, channel),
            )
        return len(unknown)

    def forget(self, alert_ids: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM outbox WHERE alert_id = ?", [(alert_id,) for alert_id in alert_ids])
