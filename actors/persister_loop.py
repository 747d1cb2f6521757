"""The thread in which persisters work: one after the other, for they share a store that takes one insert at a time."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from actors.persister import Persister
from actors.ports import PersisterStats

_log = structlog.get_logger(__name__)

_AWAY_STOP_MS: Final = 500


class PersisterLoop:
    """`start` once, `stop` once. `stats` from any thread. The thread does not end before `stop`, whatever is raised.

    `is_away`: the store does not answer now. Then nothing is sent: each shard would wait for its own timeout, and hold
    up the others meanwhile.
    """

    def __init__(
        self,
        *,
        persisters: Sequence[Persister],
        clock: Callable[[], int],
        is_away: Callable[[], bool] = lambda: False,
    ) -> None:
        self._persisters = persisters
        self._clock = clock  # Unix milliseconds
        self._is_away = is_away
        self._is_back = False
        self._stop_by_ms: int | None = None
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="persister", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_ms: int) -> bool:
        """Store what the journals hold, for at most `timeout_ms`; the next start goes on with the rest.

        False when an insert is still under way: then end the process without closing what the thread uses. One that
        a store which is away does not answer is not waited for.
        """
        if self._is_away():
            timeout_ms = min(timeout_ms, _AWAY_STOP_MS)
        self._stop_by_ms = self._clock() + timeout_ms
        self._wake.set()
        self._thread.join(timeout_ms / 1000)
        return not self._thread.is_alive()

    def retry_now(self) -> None:
        """The store is back. From any thread."""
        self._is_back = True
        self._wake.set()

    def stats(self) -> list[PersisterStats]:
        now_ms = self._clock()
        return [persister.stats(now_ms) for persister in self._persisters]

    def _run(self) -> None:
        while self._stop_by_ms is None:
            self._wake.clear()
            if self._is_back:
                self._is_back = False
                for persister in self._persisters:
                    persister.retry_now()
            next_ms = min((self._step(persister) for persister in self._persisters), default=self._clock() + 1000)
            if self._stop_by_ms is None:
                self._wake.wait(max(0, next_ms - self._clock()) / 1000)
        for persister in self._persisters:
            self._flush(persister, self._stop_by_ms)

    def _step(self, persister: Persister) -> int:
        now_ms = self._clock()
        try:
            return persister.look(now_ms) if self._is_away() else persister.step(now_ms)
        except Exception as error:
            self._report(persister, error)
            return now_ms

    def _flush(self, persister: Persister, stop_by_ms: int) -> None:
        try:
            persister.flush(self._clock(), give_up=lambda: self._is_away() or self._clock() >= stop_by_ms)
        except Exception as error:
            self._report(persister, error)

    def _report(self, persister: Persister, error: Exception) -> None:
        """One persister's surprise must not end the thread on which the others store their rows."""
        _log.exception("persister failed", shard=persister.shard)
        persister.failed(error, self._clock())
