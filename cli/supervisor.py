"""The parent of a server: it holds the listening socket and starts the server again when that was killed.

It does nothing else, so that little can go wrong with it. While the server restarts, connections wait in the socket's
backlog instead of being refused. What a dead server leaves behind ends before the next one starts: a shard that lived
on would keep its folder, and Ray's processes wait long for others that are gone.
"""

import ctypes
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

FINAL_CODES: Final = frozenset({0, 1, 2})  # done, failed for a reason that a restart does not mend, wrong usage
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_AWAITED: Final = (*STOPS, signal.SIGCHLD)
STEADY_S: Final = 10.0
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36

_log = structlog.get_logger(__name__)


class Supervisor:
    """`run` blocks until the server ended for good, and returns its exit code. SIGTERM and SIGINT go to the server.

    `serve` runs in the child process and returns its exit code. `before_stop` is called in this one, before the
    server hears of the stop. `pauses_s`: how long to wait after the first failure in a row, the second and so on. One
    that lived for `steady_s` begins a new row: no machine is kept busy by what happens so seldom, and a server that
    served and was killed should be back at once. Fork before any thread is started. Children that this process had
    before are left alone.

    Signals are blocked and waited for, never handled: one that comes just before a wait would not end it.
    """

    def __init__(
        self,
        serve: Callable[[], int],
        *,
        before_stop: Callable[[], None] = lambda: None,
        pauses_s: Sequence[float] = PAUSES_S,
        steady_s: float = STEADY_S,
    ) -> None:
        self._serve = serve
        self._pauses_s = pauses_s
        self._steady_s = steady_s
        self._before_stop = before_stop
        self._stopping = False

    def run(self) -> int:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
        try:
            return self._run(before)
        finally:
            while signal.sigtimedwait(STOPS, 0) is not None:
                continue  # a second stop has nothing left to stop
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _run(self, mask: Iterable[int]) -> int:
        others = _children()
        _adopt_orphans()
        failures = 0
        while True:
            started_s = monotonic()
            child = self._start(mask)
            code = self._wait(child)
            _end_orphans(others)
            if code in FINAL_CODES:
                return code
            if self._stopping:
                return 0 if code == -signal.SIGTERM else 1
            failures = failures + 1 if monotonic() - started_s < self._steady_s else 1
            pause_s = self._pauses_s[min(failures, len(self._pauses_s)) - 1]
            _log.error("server ended", pid=child, code=code, again_in_s=pause_s)
            if signal.sigtimedwait(STOPS, pause_s) is not None:
                return 1

    def _start(self, mask: Iterable[int]) -> int:
        parent = os.getpid()
        child = os.fork()
        if not child:
            die_with(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os._exit(self._serve())
        return child

    def _wait(self, child: int) -> int:
        """The exit code; minus the signal's number when one killed it."""
        while True:
            if signal.sigwait(_AWAITED) in STOPS:
                self._stop(child)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)

    def _stop(self, child: int) -> None:
        if not self._stopping:
            self._stopping = True
            self._before_stop()
        os.kill(child, signal.SIGTERM)


def _children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def _adopt_orphans() -> None:
    """From now on a process below this one becomes its child when its own parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _end_orphans(others: set[int]) -> None:
    """Until there are none: the children of one that ends come here too."""
    while orphans := _children() - others:
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def die_with(parent: int) -> None:
    """Let the kernel end this process when its parent is gone: nobody would restart or stop it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
