"""Every row once, wherever the process ends and whatever the store answers."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Wait
from engine.wire import Outcome
from persistence.flush import FlushRules
from persistence.journal import Frame
from persistence.memory import FailingStore, Failure
from persistence.ports import AuditFilter
from tests.actors.rig import Rig
from tests.persistence.frames import (
    NOON_MS,
    anomaly_row,
    bad_row,
    batch_frame,
    event,
    outcome_of,
    summary,
    tick_frame,
)
from tests.persistence.picky import TokenStore

RULES = FlushRules(flush_rows=4, flush_interval_ms=1_000, max_chunk_rows=6)


class Crash(Exception):
    """The process ends here."""


def mixed_frame(seq: int, events: int) -> Frame:
    """Rows for every table, and some frames for none."""
    made = [event(f"e{seq}-{index}") for index in range(events)]
    outcome = outcome_of(made, summaries=[summary(f"s{seq}")], anomalies=[anomaly_row(f"a{seq}")])
    return batch_frame(seq, made, outcome=outcome, bad_rows=[bad_row()]) if events else tick_frame(seq, Outcome())


def expected_rows(sizes: Sequence[int]) -> dict[str, list[tuple[int, int]]]:
    whole = [(seq, 0) for seq, events in enumerate(sizes, start=1) if events]
    rows = [(seq, index) for seq, events in enumerate(sizes, start=1) for index in range(events)]
    return {"events": rows, "sessions": whole, "anomalies": whole, "bad_rows": whole} if rows else {}


def noted_frames(store: TokenStore) -> list[int]:
    """The frames of all chunks, in order."""
    chunks = sorted((row["first_seq"], row["last_seq"]) for row in store.rows("deliveries"))
    return [seq for first_seq, last_seq in chunks for seq in range(first_seq, last_seq + 1)]


def step_or_crash(rig: Rig, now_ms: int) -> int:
    try:
        return rig.persister.step(now_ms)
    except Crash:
        rig.crash()
        return now_ms


FAILURES = st.sampled_from(
    [
        None,
        Failure(Wait("away"), when="before"),
        Failure(Wait("away"), when="after"),
        Failure(Crash(), when="before"),
        Failure(Crash(), when="after"),
        Failure(Crash(), when="torn"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    failures=st.lists(FAILURES, max_size=12),
    restarts=st.lists(st.booleans(), max_size=12),
)
def test_every_row_is_stored_exactly_once_wherever_it_crashes(
    sizes: list[int], failures: list[Failure | None], restarts: list[bool]
) -> None:
    store = TokenStore()
    with (
        tempfile.TemporaryDirectory() as folder,
        Rig(Path(folder), FailingStore(store, failures=failures), RULES) as rig,
    ):
        now_ms, restart = NOON_MS, iter(restarts)
        for seq, events in enumerate(sizes, start=1):
            rig.write(mixed_frame(seq, events))
            now_ms = max(now_ms + 1, step_or_crash(rig, now_ms))
            assert rig.booked().get("stored", 0) <= len(store.stored.get("events", ()))
            if next(restart, False):
                rig.crash()
        while rig.position().done_seq < len(sizes):
            now_ms = max(now_ms + 1, step_or_crash(rig, now_ms))
        assert rig.booked() == ({"stored": sum(sizes)} if any(sizes) else {})
        audit = store.audit(AuditFilter(rig.source.journal_id, 0, len(sizes)))
    assert noted_frames(store) == list(range(1, len(sizes) + 1))
    assert (audit.expected, audit.found, audit.is_sound) == (sum(sizes), sum(sizes), True)
    del store.stored["deliveries"]
    assert {table: sorted(rows) for table, rows in store.stored.items()} == expected_rows(sizes)
