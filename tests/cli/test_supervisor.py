"""The supervisor, with small programs instead of a server."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.supervisor import Supervisor


def programs(folder: Path, *runs: Callable[[], int]) -> Callable[[], int]:
    """A server whose first run is the first of `runs`, and so on; which run it is, is counted in files."""

    def serve() -> int:
        number = len(list(folder.iterdir()))
        (folder / str(number)).touch()
        return runs[number]()

    return serve


def killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_server_that_ends_by_itself_is_not_started_again(tmp_path: Path, code: int) -> None:
    assert Supervisor(programs(tmp_path, lambda: code)).run() == code
    assert len(list(tmp_path.iterdir())) == 1


def test_a_server_that_was_killed_or_crashed_is_started_again(tmp_path: Path) -> None:
    assert Supervisor(programs(tmp_path, killed, lambda: 70, lambda: 0)).run() == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_sigterm_goes_to_the_server_and_a_killed_one_is_then_not_started_again(tmp_path: Path) -> None:
    def stopped_from_outside() -> int:
        os.kill(os.getppid(), signal.SIGTERM)
        signal.pause()
        return 0

    assert Supervisor(programs(tmp_path, stopped_from_outside)).run() == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_to_be_done_before_a_stop_is_done_once_and_before_the_server_hears_of_it(tmp_path: Path) -> None:
    def stopped_twice() -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        for _ in range(2):
            os.kill(os.getppid(), signal.SIGTERM)
            signal.sigwait({signal.SIGTERM})
            (tmp_path / "heard").touch()
        return 0

    had_heard: list[bool] = []
    supervisor = Supervisor(stopped_twice, before_stop=lambda: had_heard.append((tmp_path / "heard").exists()))
    assert supervisor.run() == 0
    assert had_heard == [False]


def test_a_stop_between_two_runs_is_heard(tmp_path: Path) -> None:
    """Whoever outlives the crashed server sends it."""
    supervisor = os.getpid()

    def crashed() -> int:
        server = os.getpid()
        if not os.fork():
            while os.getppid() == server:
                os.sched_yield()
            os.kill(supervisor, signal.SIGTERM)
            os._exit(0)
        return 70

    assert Supervisor(programs(tmp_path, crashed, lambda: 0), pauses_s=[60]).run() == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_the_signals_are_as_before_afterwards(tmp_path: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert Supervisor(programs(tmp_path, lambda: 0)).run() == 0
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
