"""What `sessiond doctor` looks at: one function per finding, none of them changes anything that stays."""

import http.client
import json
import os
import platform
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import msgspec

from cli.discreet import discreet
from engine.config import Config
from persistence.disk import Disk

SYNCS: Final = 50
SYNC_BYTES: Final = 4096
SLOW_SYNC_MS: Final = 20.0  # every ack waits for one: beyond this the disk sets the pace
LOW_DISK_PERCENT: Final = 15.0
LOW_MEMORY_BYTES: Final = 2_000_000_000  # Ray, one shard, the persister and embedded ClickHouse use about 1.5 GB
TOO_LITTLE_MEMORY_BYTES: Final = 1_000_000_000
ANSWER_TIMEOUT_S: Final = 5.0
NEIGHBOUR_TIMEOUT_S: Final = 2.0
OLDEST_PYTHON: Final = (3, 11)


class Finding(msgspec.Struct, frozen=True):
    subject: str
    state: Literal["ok", "warn", "fail"]
    sentence: str


def line(finding: Finding) -> str:
    """As commands print it."""
    return f"{finding.state:<4}  {finding.subject:<10}  {finding.sentence}"


def python(_: Config) -> Finding:
    state: Literal["ok", "fail"] = "ok" if sys.version_info >= OLDEST_PYTHON else "fail"
    return Finding("python", state, f"Python {platform.python_version()}; 3.11 or newer is needed.")


def sync_time(config: Config) -> Finding:
    folder = existing_part(Path(config.data_dir))
    try:
        times_ms = sorted(sync_times_ms(folder))
    except OSError as error:
        return Finding("fsync", "fail", f"{folder} cannot be written: {error.strerror}.")
    middle_ms, worst_ms = times_ms[len(times_ms) // 2], times_ms[int(len(times_ms) * 0.99)]
    said = f"{SYNCS} syncs of 4 KB in {folder}: p50 {middle_ms:.2f} ms, p99 {worst_ms:.2f} ms"
    if worst_ms > SLOW_SYNC_MS:
        return Finding("fsync", "warn", f"{said}; each ack waits for one, take a faster disk.")
    return Finding("fsync", "ok", f"{said}.")


def disk(config: Config) -> Finding:
    found = Disk(existing_part(Path(config.data_dir)), config.journal)
    free_percent, floor = found.free_percent(), found.floor_percent()
    said = f"{found.free_bytes() / 1e9:.1f} GB free ({free_percent:.0f} %)"
    if free_percent < floor:
        return Finding("disk", "fail", f"{said}; below {floor:.0f} % events are answered 503.")
    state: Literal["ok", "warn"] = "warn" if free_percent < max(LOW_DISK_PERCENT, 1.5 * floor) else "ok"
    return Finding("disk", state, f"{said}; writes stop below {floor:.0f} %.")


def memory(_: Config) -> Finding:
    available = available_memory_bytes(Path("/proc/meminfo"), Path("/sys/fs/cgroup"))
    if available is None:
        return Finding("memory", "warn", "This system does not say how much memory is free.")
    said = f"{available / 1e9:.1f} GB available; about 1.5 GB are used before the first session."
    if available < TOO_LITTLE_MEMORY_BYTES:
        return Finding("memory", "fail", said)
    return Finding("memory", "warn" if available < LOW_MEMORY_BYTES else "ok", said)


def port(config: Config) -> Finding:
    host, number = config.server.host, config.server.port
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if _is_sessiond(host, number):
            return Finding("port", "ok", f"{host}:{number} is where a sessiond serves now.")
        return Finding("port", "fail", f"{host}:{number} cannot be listened on: {error.strerror}.")
    return Finding("port", "ok", f"{host}:{number} is free.")


def _is_sessiond(host: str, number: int) -> bool:
    """Doctor is asked beside a running server too: its port is taken then, and that is well."""
    connection = http.client.HTTPConnection(host, number, timeout=NEIGHBOUR_TIMEOUT_S)
    try:
        connection.request("GET", "/openapi.json")
        return bool(json.loads(connection.getresponse().read())["info"]["title"] == "sessiond")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        connection.close()


def clickhouse(config: Config) -> Finding:
    if config.clickhouse.url:
        return _server_answers(config.clickhouse.url)
    try:
        import_module("chdb")
    except ImportError as error:
        return Finding("clickhouse", "fail", f"Embedded ClickHouse cannot be loaded: {error}.")
    return Finding("clickhouse", "ok", f"Embedded (chdb {version('chdb')}).")


def _server_answers(url: str) -> Finding:
    shown = discreet(url)
    scheme, _, rest = url.partition("://")
    address = f"{scheme}://{rest.rpartition('@')[2].rstrip('/')}/ping"  # /ping wants no password
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_TIMEOUT_S) as answer:
            answer.read()
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return Finding("clickhouse", "fail", f"{shown} does not answer: {reason}.")
    return Finding("clickhouse", "ok", f"{shown} answers.")


def kafka(_: Config) -> Finding:
    return Finding("kafka", "ok", "Not configured; nothing is sent to Kafka.")


def ray(_: Config) -> Finding:
    try:
        return Finding("ray", "ok", f"ray {version('ray')} is installed.")
    except PackageNotFoundError:
        return Finding("ray", "fail", "ray is not installed; run make install.")


CHECKS: Final[Sequence[Callable[[Config], Finding]]] = (
    python,
    sync_time,
    disk,
    memory,
    port,
    clickhouse,
    kafka,
    ray,
)


def existing_part(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there: looking must not create the data folder."""
    folder = folder.absolute()
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def sync_times_ms(folder: Path) -> list[float]:
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        return [_one_sync_ms(file.fileno()) for _ in range(SYNCS)]


def _one_sync_ms(descriptor: int) -> float:
    os.write(descriptor, bytes(SYNC_BYTES))
    started = time.perf_counter()
    os.fsync(descriptor)
    return (time.perf_counter() - started) * 1000


def available_memory_bytes(meminfo: Path, cgroup: Path) -> int | None:
    """The machine's or the container's, whichever is less; None where neither says."""
    found = [value for value in (_machine_bytes(meminfo), _container_bytes(cgroup)) if value is not None]
    return min(found) if found else None


def _machine_bytes(meminfo: Path) -> int | None:
    if not meminfo.is_file():
        return None
    fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
    kilobytes = fields.get("MemAvailable", "").split()
    return int(kilobytes[0]) * 1024 if kilobytes else None


def _container_bytes(cgroup: Path) -> int | None:
    limit, used = cgroup / "memory.max", cgroup / "memory.current"
    if not (limit.is_file() and used.is_file()):
        return None
    text = limit.read_text().strip()
    return int(text) - int(used.read_text()) if text.isdigit() else None
