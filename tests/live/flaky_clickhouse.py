"""A ClickHouse server that fails as told: the HTTP shim in a process of its own, beside a real `sessiond serve`.

Run as a program it serves on two ports: the database's, which misbehaves, and the test's, which always tells the truth.
"""

import contextlib
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlencode

import chdb

from tests.live.serving import free_port, wait_until
from tests.persistence.http_shim import ShimHandler

# "late": an insert is committed and answered long after the client gave up; "between": the first insert of events is
# answered, then it refuses; "half": answers break off in the middle.
Mode = Literal["well", "refuse", "hang", "code", "proxy", "late", "half", "between"]

_START_S = 30
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class FlakyClickHouse:
    """A handle on the process. `url` is for `clickhouse.url`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._control_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}?compress=false"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "FlakyClickHouse":
        arguments = [str(self._folder), str(self._port), str(self._control_port)]
        self._process = subprocess.Popen([sys.executable, "-m", "tests.live.flaky_clickhouse", *arguments])
        try:
            wait_until(self._is_up, _START_S)
        except TimeoutError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def turn(self, mode: Mode) -> None:
        self._ask("POST", {"mode": mode})

    def rows(self, sql: str) -> list[list[str]]:
        """What the database really holds, whatever mode it is in."""
        return [line.split("\t") for line in self._ask("GET", {"query": sql, "database": "sessiond"}).splitlines()]

    def _is_up(self) -> bool:
        try:
            return self._ask("GET", {"query": "SELECT 1"}) == "1\n"
        except OSError:
            return False

    def _ask(self, method: str, parameters: dict[str, str]) -> str:
        connection = HTTPConnection("127.0.0.1", self._control_port, timeout=30)
        try:
            connection.request(method, "/?" + urlencode(parameters))
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != 200:
                raise OSError(text)
            return text
        finally:
            connection.close()


class _Database:
    """In the program: the mode, and the door that opens and shuts with it."""

    def __init__(self, path: str, port: int, late_s: float = 5) -> None:
        self.path = path
        self.mode: Mode = "well"
        self.late_s = late_s
        self.changed = threading.Event()  # set, and replaced, at every change: ends whoever hangs
        self._port = port
        self._door: ThreadingHTTPServer | None = None
        self.turn("well")

    def turn(self, mode: Mode) -> None:
        self.mode = mode
        self.changed.set()
        self.changed = threading.Event()
        if mode == "refuse" and self._door is not None:
            self._door.shutdown()
            self._door.server_close()
            self._door = None
        if mode != "refuse" and self._door is None:
            self._door = _listening(self._port, _flaky(self))
            threading.Thread(target=self._door.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def _listening(port: int, handler: type[ShimHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server


def _flaky(database: _Database) -> type[ShimHandler]:
    class Handler(ShimHandler):
        def answer(self, parameters: dict[str, str], body: bytes) -> None:
            mode, statement = database.mode, parameters.get("query", "").encode() + body[:60]
            is_insert = statement.startswith(b"INSERT")
            if mode == "refuse":
                self.close_connection = True
            elif mode == "hang":
                database.changed.wait()
                self.close_connection = True
            elif mode == "code":
                self.send(500, b"Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)", 241)
            elif mode == "proxy":
                self.send(502, _PAGE)
            elif mode == "late" and is_insert:
                answer = self.run(database.path, parameters, body)
                database.changed.wait(database.late_s)
                with contextlib.suppress(OSError):
                    self.send(*answer)
            elif mode == "half":
                self._break_off(self.run(database.path, parameters, body)[1])
            else:
                self.send(*self.run(database.path, parameters, body))
                if mode == "between" and statement.startswith(b"INSERT INTO events"):
                    threading.Thread(target=database.turn, args=("refuse",)).start()

        def _break_off(self, answer: bytes) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(answer) + 10) + answer[:1])
            self.wfile.flush()
            # Closing with unsent time 0 makes the kernel send a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # a client that gave up
                super().handle()

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().finish()

    return Handler


def _control(database: _Database) -> type[ShimHandler]:
    class Handler(ShimHandler):
        def answer(self, parameters: dict[str, str], body: bytes) -> None:
            mode: Any = parameters.get("mode")
            if mode in get_args(Mode):
                database.turn(mode)
                self.send(200, b"")
            else:
                self.send(*self.run(database.path, parameters, body))

    return Handler


def main(path: str, port: int, control_port: int) -> None:
    opened: Iterator[Any] = chdb.connect(path)  # type: ignore[no-untyped-call]  # keeps the engine open
    database = _Database(path, port)
    with contextlib.closing(opened):  # type: ignore[type-var]
        _listening(control_port, _control(database)).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
