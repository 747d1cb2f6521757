"""The supervisor, with small programs instead of a server.

Each runs in a process of its own without threads, as the real one does: a signal to a process goes to any of its
threads that does not block it.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.supervisor import Supervisor
from tests.live.serving import wait_until

FOREVER_S = 60


def supervised(serve: Callable[[], int], **options: Any) -> int:
    """The exit code. What the programs have to tell they leave in files."""
    process = os.fork()
    if not process:
        os._exit(Supervisor(serve, **options).run())
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def programs(folder: Path, *runs: Callable[[], int]) -> Callable[[], int]:
    """A server whose first run is the first of `runs`, and so on; which run it is, is counted in files."""

    def serve() -> int:
        folder.mkdir(exist_ok=True)
        number = len(list(folder.iterdir()))
        (folder / str(number)).touch()
        return runs[number]()

    return serve


def killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def was_alive(pid: int) -> bool:
    """It is not afterwards."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def stopped_between_runs(folder: Path, runs: int, serve: Callable[[], int], **options: Any) -> int:
    """The exit code of a supervisor that is stopped when so many runs of `programs` in a folder have ended."""
    process = os.fork()
    if not process:
        os._exit(Supervisor(serve, **options).run())
    children = Path(f"/proc/{process}/task/{process}/children")
    wait_until(lambda: folder.exists() and len(list(folder.iterdir())) == runs and not children.read_text(), 10)
    os.kill(process, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_server_that_ends_by_itself_is_not_started_again(tmp_path: Path, code: int) -> None:
    assert supervised(programs(tmp_path, lambda: code)) == code
    assert len(list(tmp_path.iterdir())) == 1


def test_a_server_that_was_killed_or_crashed_is_started_again(tmp_path: Path) -> None:
    assert supervised(programs(tmp_path, killed, lambda: 70, lambda: 0)) == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_sigterm_goes_to_the_server_and_a_killed_one_is_then_not_started_again(tmp_path: Path) -> None:
    def stopped_from_outside() -> int:
        os.kill(os.getppid(), signal.SIGTERM)
        signal.pause()
        return 0

    assert supervised(programs(tmp_path, stopped_from_outside)) == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_to_be_done_before_a_stop_is_done_once_and_before_the_server_hears_of_it(tmp_path: Path) -> None:
    def stopped_twice() -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        for _ in range(2):
            os.kill(os.getppid(), signal.SIGTERM)
            signal.sigwait({signal.SIGTERM})
            (tmp_path / "heard").touch()
        return 0

    def note() -> None:
        with (tmp_path / "done").open("a") as notes:
            notes.write(f"heard: {(tmp_path / 'heard').exists()}\n")

    assert supervised(stopped_twice, before_stop=note) == 0
    assert (tmp_path / "done").read_text() == "heard: False\n"


def test_a_stop_between_two_runs_is_heard(tmp_path: Path) -> None:
    assert stopped_between_runs(tmp_path, 1, programs(tmp_path, lambda: 70, lambda: 0), pauses_s=[FOREVER_S]) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_server_that_dies_soon_again_and_again_is_started_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    serve = programs(tmp_path, killed, lambda: 70, lambda: 0)
    assert stopped_between_runs(tmp_path, 2, serve, pauses_s=[0, FOREVER_S], steady_s=FOREVER_S) == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_a_server_that_lived_for_a_while_is_started_again_at_once_however_often_it_is_killed(
    tmp_path: Path,
) -> None:
    assert supervised(programs(tmp_path, *[killed] * 5, lambda: 0), pauses_s=[0, FOREVER_S], steady_s=0) == 0
    assert len(list(tmp_path.iterdir())) == 6


def test_what_a_dead_server_leaves_behind_has_ended_before_the_next_one_starts(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()

    def killed_with_a_child_and_a_grandchild() -> int:
        if not os.fork():
            os.fork()
            (left / str(os.getpid())).touch()
            signal.pause()
        wait_until(lambda: len(list(left.iterdir())) == 2, 10)
        return killed()

    def looks() -> int:
        return sum(was_alive(int(mark.name)) for mark in left.iterdir())

    assert supervised(programs(tmp_path / "runs", killed_with_a_child_and_a_grandchild, looks)) == 0


def test_children_from_before_stay(tmp_path: Path) -> None:
    process = os.fork()
    if not process:
        with subprocess.Popen(["sleep", "60"]) as before:
            code = Supervisor(programs(tmp_path, killed, lambda: 0), pauses_s=[0]).run()
            code = code or int(before.poll() is not None)
            before.kill()
        os._exit(code)
    assert os.waitpid(process, 0)[1] == 0


def test_the_signals_are_as_before_afterwards() -> None:
    process = os.fork()
    if not process:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        Supervisor(lambda: 0).run()
        os._exit(signal.pthread_sigmask(signal.SIG_BLOCK, ()) != before)
    assert os.waitpid(process, 0)[1] == 0
