"""Whether the store answers: asked again and again in a thread of its own, so that nobody else waits to learn it.

While it does not answer, queries are refused at once and no insert is tried; as soon as it does, inserts go on,
however long they would have waited by their own backoff.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from engine.errors import SessiondError, Wait
from persistence.ports import Store

_log = structlog.get_logger(__name__)

INTERVAL_MS: Final = 1_000
PATIENCE_MS: Final = 6_000  # longer than a ping over a network may take: an embedded one knows no timeout
_FIRST_S: Final = 3.0  # how long who asks first waits for the first answer


class Pulse:
    """`start` once, `stop` once; `trouble` and `check` from any thread. `on_return` is called in its thread whenever
    the store answers after it did not, also for the first time. `clock`: milliseconds."""

    def __init__(
        self, *, store: Store, clock: Callable[[], int], on_return: Callable[[], None], interval_ms: int = INTERVAL_MS
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_return = on_return
        self._interval_s = interval_ms / 1000
        self._trouble = "ClickHouse has not answered yet."
        self._asked_ms: int | None = None  # when the question was asked that is not answered yet
        self._known = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """It does not wait for a question that is not answered."""
        self._stopped.set()

    def trouble(self) -> str:
        """What is wrong, in a sentence; "" = the store answers."""
        asked_ms = self._asked_ms
        silent_ms = 0 if asked_ms is None else self._clock() - asked_ms
        if not self._trouble and silent_ms > PATIENCE_MS:
            return f"ClickHouse has not answered for {silent_ms // 1000} s."
        return self._trouble

    def check(self) -> None:
        """Raises `Wait` when the store does not answer. Only the first time it may take some seconds."""
        self._known.wait(_FIRST_S)
        trouble = self.trouble()
        if trouble:
            raise Wait(trouble, "store_unavailable")

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._ask()
            self._stopped.wait(self._interval_s)

    def _ask(self) -> None:
        self._asked_ms = self._clock()
        try:
            self._store.ping()
        except SessiondError as error:
            self._note(error.message)
        except Exception as error:  # without this thread the store would count as away for ever
            trouble = f"ClickHouse cannot be asked ({type(error).__name__})."
            if trouble != self._trouble:
                _log.exception("asking the store failed")
            self._note(trouble)
        else:
            self._note("")
        self._asked_ms = None
        self._known.set()

    def _note(self, trouble: str) -> None:
        before, self._trouble = self._trouble, trouble
        if trouble and trouble != before:
            _log.warning("the store is away; events wait in the journal", error=trouble)
        if before and not trouble:
            _log.info("the store answers")
            self._on_return()
