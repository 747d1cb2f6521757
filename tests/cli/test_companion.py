"""What runs beside a server, with small programs instead of a simulation."""

import os
import select
import subprocess
import sys
from typing import Final

import pytest

from cli.companion import Companion, simulation
from cli.main import run

DEAF: Final = "import signal, sys; signal.signal(15, signal.SIG_IGN); print('on', flush=True); signal.pause()"
PARENT: Final = (
    "import os, sys; from cli.companion import Companion\n"
    "Companion([sys.executable, '-c', 'import os, signal; print(os.getpid(), flush=True); signal.pause()'])\n"
    "sys.stdin.read(); os.kill(os.getpid(), 9)"
)


def has_ended(pid: int, within_s: float = 10) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within_s)[0])
    finally:
        os.close(watched)


def test_a_stop_ends_it_and_may_be_repeated() -> None:
    companion = Companion([sys.executable, "-c", "import signal; signal.pause()"])
    companion.stop()
    companion.stop()
    assert has_ended(companion.pid, 0)


def test_who_does_not_hear_the_stop_is_killed() -> None:
    companion = Companion([sys.executable, "-c", DEAF])
    companion.stop()
    assert has_ended(companion.pid, 0)


def test_it_dies_with_its_parent_however_that_dies() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.communicate(b"", timeout=20)
    assert parent.returncode == -9
    assert has_ended(pid)


def test_the_simulation_beside_a_server_is_a_command_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    command = simulation("http://127.0.0.1:9", 50)
    assert command[:4] == [sys.executable, "-m", "cli", "simulate"]
    unready = [*command[3:], "--wait", "0"]
    assert run(unready) == 1
    assert "did not answer" in capsys.readouterr().err
