"""`sessiond simulate` beside a server: a process of its own that starts with it and ends with it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from cli.supervisor import die_with

_GOODBYE_S: Final = 1.5  # it ends its sessions; the server itself has to stop within 10 s
_READY_S: Final = 120
_EVENTS_PER_SESSION: Final = 20  # the seed's three or four would show little in a session, and take many sessions
_TROUBLED: Final = 0.2


class Companion:
    """`command` starts at once and dies with this process, however that ends."""

    def __init__(self, command: Sequence[str]) -> None:
        parent = os.getpid()
        self._process = subprocess.Popen(command, preexec_fn=lambda: die_with(parent))

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """SIGTERM, a moment to say goodbye, then SIGKILL. May be called again."""
        self._process.terminate()
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def simulation(url: str, events_per_second: float) -> list[str]:
    """The command line: live traffic with people in trouble, as soon as the server is ready."""
    return [
        *(sys.executable, "-m", "cli", "simulate", "--url", url, "--wait", str(_READY_S)),
        *("--rate-per-second", str(events_per_second), "--steady"),
        *("--troubled", str(_TROUBLED), "--reuse", str(1 - 1 / _EVENTS_PER_SESSION)),
    ]
