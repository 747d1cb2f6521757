"""The daily counts of the days whose events changed, computed again from the events: duplicates cannot inflate them."""

from engine.errors import OperatorError, Wait
from persistence.plan import Plan
from persistence.ports import Store

DAYS_AT_ONCE = 31  # an import of ten years must not hold up the rows that come meanwhile


class DailyCounts:
    """One per plan, shared by its persisters: a day that several shards touched is computed once.

    Raises what the store raises; then the days stay touched and `last_error` says so until they have been counted.
    """

    def __init__(self, *, sink: str, plan: Plan, store: Store, interval_ms: int) -> None:
        self.last_error = ""
        self._sink = sink
        self._plan = plan
        self._store = store
        self._interval_ms = interval_ms
        self._due_ms = 0

    def step(self, now_ms: int) -> None:
        """At most once an interval, except that a long list of days goes on in the next step."""
        if self._due_ms - self._interval_ms <= now_ms < self._due_ms:
            return
        # Before the work, so that a failure waits for the next interval.
        self._due_ms = now_ms + self._interval_ms
        if self._count_some():
            self._due_ms = now_ms

    def flush(self) -> None:
        """Every touched day, now."""
        while self._count_some():
            pass

    def _count_some(self) -> bool:
        """True when there may be more."""
        days = self._plan.touched_days(self._sink, DAYS_AT_ONCE)
        try:
            if days:
                self._store.refresh_daily(days)
        except (Wait, OperatorError) as error:
            self.last_error = f"Daily counts: {error.message}"
            raise
        self._plan.counted(self._sink, days)
        self.last_error = ""
        return len(days) == DAYS_AT_ONCE
