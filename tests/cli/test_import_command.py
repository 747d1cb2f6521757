import gzip
import signal
from pathlib import Path

import pytest

from cli.main import run
from tests.cli.tiny_server import TinyServer

LOG = """\
192.0.2.7 - - [02/Jan/2026:03:04:06 +0000] "GET /b HTTP/1.1" 200 5 "-" "agent"
192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /a HTTP/1.1" 200 5 "-" "agent"
torn
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "access.log.1.gz"
    file.write_bytes(gzip.compress(LOG.encode()))
    return file


def test_an_import_tells_what_came_of_it(server: TinyServer, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(log), "--url", server.url, "--site", "https://example.com"]) == 0
    said = capsys.readouterr()
    assert [event["url"] for event in server.batches[0]] == ["https://example.com/a", "https://example.com/b"]
    assert "line 3: not in the common or combined log format" in said.err
    assert "2 events, 1 bad lines" in said.out
    assert [line.split()[-1] for line in said.out.splitlines()[1:]] == ["2", "0", "0", "3"]


def test_columns_are_mapped(server: TinyServer, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("who,what\nu1,click\n")
    arguments = ["import", str(file), "--url", server.url, "--map", "user_id=who", "--map", "event_type=what"]
    assert run(arguments) == 0
    (event,) = server.batches[0]
    assert (event["user_id"], event["event_type"]) == ("u1", "click")


def test_a_file_of_which_nothing_can_be_read_fails(server: TinyServer, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text("torn\n")
    assert run(["import", str(file), "--url", server.url]) == 1
    assert server.requests == []


def test_an_empty_file_fails(server: TinyServer, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text("")
    assert run(["import", str(file), "--url", server.url]) == 1


def test_when_everything_is_rejected_it_fails(server: TinyServer, log: Path) -> None:
    server.reject = lambda event: True
    assert run(["import", str(log), "--url", server.url]) == 1


def test_ctrl_c_says_how_far_it_came(server: TinyServer, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.interrupt = True
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background may ignore it
    try:
        assert run(["import", str(log), "--url", server.url, "--batch-size", "1"]) == 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert "Stopped after 0 events; run it again" in capsys.readouterr().err


def test_a_server_that_is_not_there_fails_in_one_line(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(log), "--url", "http://127.0.0.1:9", "--max-wait", "0"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("sessiond: http://127.0.0.1:9 did not take the events")


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "xml"],
        ["--map", "user_id=who"],
        ["--format", "csv", "--map", "nonsense"],
        ["--format", "csv", "--map", "user_id=missing"],
        ["--batch-size", "0"],
        ["--batch-size", "10001"],
        ["--url", "nonsense"],
    ],
)
def test_wrong_options_exit_2(options: list[str], log: Path) -> None:
    assert run(["import", str(log), *options]) == 2
