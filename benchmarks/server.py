"""The servers under load, each in its own process: sessiond with a data folder of its own, and the bare route."""

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from benchmarks.failure import BenchmarkFailed

START_S: Final = 60
STOP_S: Final = 15
STORE_S: Final = 120
_POLL_S: Final = 0.1


class Server:
    """A running server. `get` answers (status, JSON)."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port

    def get(self, path: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def is_up(self, path: str) -> bool:
        try:
            status, _ = self.get(path)
        except (OSError, HTTPException):
            return False
        return status == 200

    def stored(self) -> dict[str, int]:
        """What the store holds: `total` events, `unique_sessions`."""
        _, stats = self.get("/api/v1/events/stats?started_at=2020-01-01T00:00:00Z&ended_at=2100-01-01T00:00:00Z")
        return {name: stats[name] for name in ("total", "unique_sessions")}

    def lag_frames(self) -> int:
        _, health = self.get("/health")
        return int(health["checks"]["journal"]["lag_frames"])

    def wait_until_stored(self, events: int) -> None:
        """Until the store holds at least so many events and the journal nothing that it lacks."""
        wait_until(lambda: self.lag_frames() == 0 and self.stored()["total"] >= events, STORE_S, "Storing the events")


@contextlib.contextmanager
def sessiond(*options: str) -> Iterator[Server]:
    """A server with an empty data folder, which goes with it. It must end by itself within STOP_S after SIGTERM."""
    with tempfile.TemporaryDirectory(prefix="sessiond-bench-") as folder:
        command = str(Path(sys.executable).with_name("sessiond"))
        port = free_port()
        arguments = [command, "serve", "--port", str(port), "--data-dir", f"{folder}/data", *options]
        with running(arguments, port, "/health", Path(folder) / "log") as server:
            yield server


@contextlib.contextmanager
def bare() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="sessiond-bench-") as folder:
        port = free_port()
        with running([sys.executable, "-m", "benchmarks.bare", str(port)], port, "/", Path(folder) / "log") as server:
            yield server


@contextlib.contextmanager
def running(command: list[str], port: int, ready_path: str, log: Path) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    server = Server(process, port)
    try:
        wait_until(lambda: _is_ready(server, ready_path, log), START_S, "Starting the server")
        yield server
    finally:
        _stop(process)


def _is_ready(server: Server, path: str, log: Path) -> bool:
    if server.process.poll() is not None:
        message = f"The server ended: {log.read_text(errors='replace')[-1000:]}"
        raise BenchmarkFailed(message)
    return server.is_up(path)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        message = f"The server did not stop within {STOP_S} s."
        raise BenchmarkFailed(message) from None


def wait_until(holds: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            message = f"{what} took more than {timeout_s} s."
            raise BenchmarkFailed(message)
        time.sleep(_POLL_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
