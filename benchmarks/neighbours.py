"""The servers of the peers: Redis as Debian ships it, and the plain service that keeps its sessions in it."""

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.peer import python_of
from benchmarks.server import START_S, Server, free_port, running, wait_until

_STOP_S: Final = 10


@contextlib.contextmanager
def redis() -> Iterator[int]:
    """The port of a Redis that writes nothing to the disk, which is its fastest way."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis-bench-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: _answers(port), START_S, "Starting Redis")
            yield port
        finally:
            process.terminate()
            process.wait(_STOP_S)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


class Plain(Server):
    def stored(self) -> dict[str, int]:
        _, counts = self.get("/stored")
        return {name: counts[name] for name in ("total", "unique_sessions")}

    def lag_frames(self) -> int:
        return 0


@contextlib.contextmanager
def plain() -> Iterator[Plain]:
    with redis() as redis_port, tempfile.TemporaryDirectory(prefix="plain-bench-") as folder:
        port = free_port()
        command = [python_of("plain"), "-m", "benchmarks.peers.plain_service", str(port), str(redis_port)]
        with running([*command, f"{folder}/data"], port, "/stored", Path(folder) / "log") as server:
            yield Plain(server.process, server.port)
