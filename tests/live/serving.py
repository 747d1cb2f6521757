"""A real `sessiond serve` in its own process group, driven from tests over HTTP and by signals."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

START_S = 60.0
STOP_S = 10.0


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Serving:
    """A context: started on entry, stopped on exit, which must give 0 within the promised time. A killed server can
    be started again on the same port and folder."""

    def __init__(self, data_dir: Path, *flags: str, python_path: Path | None = None) -> None:
        """`python_path`: where all its processes look for modules first."""
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.with_suffix(".log")
        self._command = [sys.executable, "-m", "cli"]
        if python_path is not None:
            self._command = ["env", f"PYTHONPATH={python_path}", *self._command]
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Serving":
        return self.start()

    def __exit__(self, kind: object, *_: object) -> None:
        code = self.stop()
        assert kind is not None or code == 0, f"exit code {code}"

    def start(self) -> "Serving":
        command = [*self._command, "serve", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*command, *self._flags], stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(self.is_ready, START_S, self._why)
        except TimeoutError:
            self.kill_all()
            raise
        return self

    def is_ready(self) -> bool:
        try:
            return self.get("/ready", timeout_s=5).status == 200
        except OSError:
            return False

    def _why(self) -> str:
        return "the server is not ready:\n" + self.log.read_text(errors="replace")[-3000:]

    def stop(self) -> int:
        """SIGTERM; the exit code. Fails the test if it takes more than the promised 10 s."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_S)
        finally:
            self.kill_all()

    def exit_code(self, timeout_s: float) -> int:
        """Of a server that ends by itself."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def kill_all(self) -> None:
        """SIGKILL to every process of the server at once."""
        assert self._process is not None
        for pid in descendants(self._process.pid):
            _kill(pid)
        self._process.wait()

    def kill_supervisor(self) -> None:
        """SIGKILL to the parent of all; the server hears of it and stops in order, as after SIGTERM."""
        assert self._process is not None
        below = descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        wait_until(lambda: not any(map(_is_running, below)), 2 * STOP_S)

    def kill(self, name: str) -> int:
        """SIGKILL to the one process whose title contains `name`; its process id."""
        [pid] = self.pids(name)
        _kill(pid)
        return pid

    def pids(self, name: str) -> list[int]:
        assert self._process is not None
        found = [pid for pid in descendants(self._process.pid) if name in _title(pid)]
        return [pid for pid in found if pid != self._process.pid]

    def pid(self) -> int:
        """The supervisor: everything else is below it."""
        assert self._process is not None
        return self._process.pid

    def gateway_pid(self) -> int:
        """The server under the supervisor."""
        [pid] = self.served()
        return pid

    def served(self) -> list[int]:
        """The same, or nothing while the supervisor waits before it starts a new one."""
        assert self._process is not None
        return _children(self._process.pid)

    def get(self, path: str, *, params: dict[str, Any] | None = None, timeout_s: float = 30) -> Answer:
        query = "?" + urlencode(params) if params else ""
        return self.request("GET", path + query, timeout_s=timeout_s)

    def post(self, path: str, body: Any = None, *, timeout_s: float = 60) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        return self.request("POST", path, data, timeout_s=timeout_s)

    def request(self, method: str, path: str, body: bytes = b"", *, timeout_s: float = 30) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def stored_events(self) -> int:
        """Events in the store, each counted once, whatever their time. Waits for a store or a server that is away."""
        everything = {"started_at": 946684800000, "ended_at": 4102444800000}
        answers: list[Answer] = []

        def is_answered() -> bool:
            with suppress(OSError):
                answers.append(self.get("/api/v1/events/stats", params=everything))
            return bool(answers) and answers[-1].status == 200

        wait_until(is_answered, START_S, lambda: f"no statistics: {[answer.body for answer in answers[-1:]]}")
        total = answers[-1].json["total"]
        assert isinstance(total, int)
        return total


def wait_until(is_true: Callable[[], bool], timeout_s: float, why: Callable[[], str] = lambda: "") -> None:
    """Poll: a live test waits for other processes, and fails with a reason when they do not come."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(why() or f"not true after {timeout_s} s")
        time.sleep(0.1)


def descendants(pid: int) -> list[int]:
    """The process and everything below it."""
    return [pid, *(below for child in _children(pid) for below in descendants(child))]


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in text.split()]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _is_running(pid: int) -> bool:
    """One that nobody has buried yet runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
