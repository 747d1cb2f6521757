import json
from pathlib import Path

import pytest

from cli.main import run
from cli.serve_command import is_loopback

COMMANDS = ("serve", "import", "simulate", "doctor", "config", "version")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SESSIOND_CONFIG", raising=False)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert f"sessiond {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--nonsense"],
        ["serve", "--port", "x"],
        ["serve", "--port", "70000"],
        ["serve", "--shards", "-1"],
        ["serve", "--config", "/nowhere.toml"],
        ["serve", "--simulate", "-1"],
        ["config", "--config", "/nowhere.toml"],
        ["import"],
        ["import", "/nowhere.log"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert run(arguments) == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "example.com"])
def test_serve_refuses_an_address_others_reach(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--host", host]) == 2
    said = capsys.readouterr().err
    assert "--insecure" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_not_refused(host: str) -> None:
    assert is_loopback(host)


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == 0
    assert capsys.readouterr().out.startswith("sessiond ")


def test_config_prints_value_and_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSIOND_SERVER__PORT", "9000")
    file = tmp_path / "c.toml"
    file.write_text('[clickhouse]\nurl = "http://u:secret@db:8123"\n')
    assert run(["config", "--json", "--config", str(file), "--shards", "2"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["server.port"] == {"value": 9000, "origin": "environment variable SESSIOND_SERVER__PORT"}
    assert shown["engine.shards"] == {"value": 2, "origin": "flag --shards"}
    assert shown["clickhouse.url"] == {"value": "http://u:***@db:8123", "origin": f"file {file}"}
    assert shown["data_dir"]["origin"] == "default"


def test_config_as_a_table_has_a_line_per_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["setting", "value", "origin"]
    assert any(line.split() == ["server.port", "8080", "default"] for line in lines)
