import socket
from pathlib import Path

import pytest

from cli import checks
from cli.doctor_command import report
from engine.config import ClickHouse, Config, Journal, Server
from tests.cli.tiny_server import TinyServer


@pytest.fixture
def taken_port() -> "socket.socket":
    return socket.create_server(("127.0.0.1", 0))


def test_a_free_port_is_ok() -> None:
    assert checks.port(Config(server=Server(port=0))).state == "ok"


def test_a_port_where_sessiond_serves_is_ok(server: TinyServer) -> None:
    found = checks.port(Config(server=Server(port=int(server.url.rpartition(":")[2]))))
    assert (found.state, "serves now" in found.sentence) == ("ok", True)


def test_a_taken_port_fails(taken_port: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "NEIGHBOUR_TIMEOUT_S", 0.1)  # nobody accepts
    with taken_port:
        number = taken_port.getsockname()[1]
        found = checks.port(Config(server=Server(port=number)))
    assert found.state == "fail"
    assert str(number) in found.sentence


def test_syncs_are_timed_in_the_data_folder_and_leave_nothing(tmp_path: Path) -> None:
    found = checks.sync_time(Config(data_dir=str(tmp_path)))
    assert found.state in ("ok", "warn")
    assert "p99" in found.sentence
    assert list(tmp_path.iterdir()) == []


def test_looking_does_not_make_the_data_folder(tmp_path: Path) -> None:
    checks.sync_time(Config(data_dir=str(tmp_path / "not" / "there")))
    assert checks.existing_part(tmp_path / "not" / "there") == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_disk_below_the_floor_fails(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path), journal=Journal(min_free_disk_percent=99))
    assert checks.disk(config).state == "fail"


def test_memory_is_what_the_container_leaves_of_the_machine(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n")
    assert checks.available_memory_bytes(meminfo, tmp_path) == 8_000_000 * 1024
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    assert checks.available_memory_bytes(meminfo, tmp_path) == 600_000
    (tmp_path / "memory.max").write_text("max\n")
    assert checks.available_memory_bytes(meminfo, tmp_path) == 8_000_000 * 1024


def test_memory_is_unknown_where_nothing_says_it(tmp_path: Path) -> None:
    assert checks.available_memory_bytes(tmp_path / "none", tmp_path) is None


def test_a_clickhouse_that_does_not_answer_fails_without_its_password(taken_port: socket.socket) -> None:
    number = taken_port.getsockname()[1]
    taken_port.close()
    found = checks.clickhouse(Config(clickhouse=ClickHouse(url=f"http://u:secret@127.0.0.1:{number}")))
    assert found.state == "fail"
    assert "secret" not in found.sentence


def test_every_check_prints_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings = report(Config(data_dir=str(tmp_path), server=Server(port=0)))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(findings) == len(checks.CHECKS) + 1  # and there is no data yet
    assert [line.split()[1] for line in lines] == [finding.subject for finding in findings]
