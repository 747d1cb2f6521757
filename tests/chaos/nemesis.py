"""Does a fault to a running server, and takes the time until the server acks again."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from tests.chaos.faults import GATEWAY, Fault
from tests.chaos.probe import Probe
from tests.live.serving import Serving, wait_until

PAUSE_S: Final = 10.0
_FOUND_S: Final = 60.0  # a process that was killed a moment ago is on its way


class Nemesis:
    """Between two faults the server is whole again, except when the second one comes too soon for that on purpose."""

    def __init__(self, server: Serving, probe: Probe, *, pause_s: float = PAUSE_S) -> None:
        self._server = server
        self._probe = probe
        self._pause_s = pause_s
        self.probed = ""

    def strike(self, fault: Fault) -> float:
        """Seconds until accepting again. Raises TimeoutError when the server does not come back. `probed`: the type of
        the events that were accepted."""
        if fault.how == "kill":
            return self._kill(fault)
        if fault.how == "pause":
            return self._pause(fault)
        if fault.how == "fence":
            return self._fence(fault)
        return self._start_anew(fault)

    def _kill(self, fault: Fault) -> float:
        pids = [pid for target in fault.targets for pid in self._pids(target)]
        started_s = time.monotonic()
        _send(signal.SIGKILL, pids)
        return self._until_acked(started_s)

    def _pause(self, fault: Fault) -> float:
        pids = [pid for target in fault.targets for pid in self._pids(target)]
        started_s = time.monotonic()
        _send(signal.SIGSTOP, pids)
        try:
            accepting_s = self._until_acked(started_s) if fault.accepts else 0.0
            self._probe.pause(started_s + self._pause_s - time.monotonic())
        finally:
            _send(signal.SIGCONT, pids)
        return accepting_s or self._until_acked(time.monotonic())

    def _fence(self, fault: Fault) -> float:
        """The first target is paused for as long as it takes, while the others are killed: who comes after it must not
        wait for it, and it must not write when it goes on."""
        paused, *killed = fault.targets
        old = self._pids(paused)
        pids = [pid for target in killed for pid in self._pids(target)]
        _send(signal.SIGSTOP, old)
        started_s = time.monotonic()
        _send(signal.SIGKILL, pids)
        try:
            return self._until_acked(started_s)
        finally:
            _send(signal.SIGCONT, old)

    def _start_anew(self, fault: Fault) -> float:
        started_s = time.monotonic()
        if fault.how == "restart":
            code = self._server.stop()
            assert code == 0, f"the server ended with {code} after SIGTERM"
        elif fault.how == "supervisor":
            self._server.kill_supervisor()
        else:
            self._server.kill_all()
        self._server.start()
        return self._until_acked(started_s)

    def _pids(self, target: str) -> list[int]:
        """Those of the target that run now, at least one."""
        found: list[int] = []

        def is_there() -> bool:
            found[:] = self._server.served() if target == GATEWAY else self._server.pids(target)
            return bool(found)

        wait_until(is_there, _FOUND_S, lambda: f"there is no process {target!r}")
        return found

    def _until_acked(self, started_s: float) -> float:
        self.probed = self._probe.until_acked()
        return time.monotonic() - started_s


def _send(number: signal.Signals, pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
