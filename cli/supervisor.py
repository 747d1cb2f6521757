"""The parent of a server: it holds the listening socket and starts the server again when that was killed.

It does nothing else, so that little can go wrong with it. While the server restarts, connections wait in the socket's
backlog instead of being refused.
"""

import ctypes
import os
import signal
from collections.abc import Callable
from time import monotonic, sleep
from types import FrameType
from typing import Final

import structlog

FINAL_CODES: Final = frozenset({0, 1, 2})  # done, failed for a reason that a restart does not mend, wrong usage
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_STEADY_S: Final = 60.0
_PR_SET_PDEATHSIG: Final = 1

_log = structlog.get_logger(__name__)


class Supervisor:
    """`run` blocks until the server ended for good, and returns its exit code. SIGTERM and SIGINT go to the server.

    `serve` runs in the child process and returns its exit code. `before_stop` is called in this one, before the
    server hears of the stop. Fork before any thread is started.
    """

    def __init__(self, serve: Callable[[], int], *, before_stop: Callable[[], None] = lambda: None) -> None:
        self._serve = serve
        self._before_stop = before_stop
        self._child = 0
        self._stopping = False

    def run(self) -> int:
        for number in STOPS:
            signal.signal(number, self._forward)
        failures = 0
        while True:
            started_s = monotonic()
            self._start()
            code = _wait(self._child)
            if code in FINAL_CODES:
                return code
            if self._stopping:
                return 0 if code == -signal.SIGTERM else 1
            failures = failures + 1 if monotonic() - started_s < _STEADY_S else 1
            pause_s = _PAUSES_S[min(failures, len(_PAUSES_S)) - 1]
            _log.error("server ended", pid=self._child, code=code, again_in_s=pause_s)
            sleep(pause_s)

    def _start(self) -> None:
        """A stop that comes between the fork and the moment its result is known would reach nobody: it waits."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        parent = os.getpid()
        self._child = os.fork()
        if not self._child:
            die_with(parent)
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        if not self._child:
            os._exit(self._serve())

    def _forward(self, number: int, frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            self._before_stop()
        if self._child:
            os.kill(self._child, signal.SIGTERM)


def _wait(child: int) -> int:
    """The exit code; minus the signal's number when one killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_with(parent: int) -> None:
    """Let the kernel end this process when its parent is gone: nobody would restart or stop it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
