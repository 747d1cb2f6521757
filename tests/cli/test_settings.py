from pathlib import Path

import pytest

from cli.catalogue import SETTINGS
from cli.settings import load, value_of, variable_of
from engine.config import Config
from engine.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    file = folder / "sessiond.toml"
    file.write_text(text)
    return file


def test_without_anything_every_value_is_the_default() -> None:
    found = load(None, {}, {})
    assert found.config == Config()
    assert set(found.origins.values()) == {"default"}
    assert found.origins.keys() == SETTINGS.keys()


def test_environment_goes_over_the_file_and_a_flag_over_both(tmp_path: Path) -> None:
    file = written(tmp_path, 'data_dir = "/f"\n[server]\nport = 1\nhost = "::1"\n[engine]\nshards = 3\n')
    environ = {"SESSIOND_SERVER__PORT": "2", "SESSIOND_ENGINE__SHARDS": "4", "PATH": "/bin"}
    found = load(file, environ, {"server.port": 5, "server.host": None})
    config = found.config
    assert (config.data_dir, config.server.host, config.server.port, config.engine.shards) == ("/f", "::1", 5, 4)
    assert found.origins["data_dir"] == found.origins["server.host"] == f"file {file}"
    assert found.origins["engine.shards"] == "environment variable SESSIOND_ENGINE__SHARDS"
    assert found.origins["server.port"] == "flag --port"


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    file = written(tmp_path, "[server]\nport = 7\n")
    assert load(None, {"SESSIOND_CONFIG": str(file)}, {}).config.server.port == 7


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_can_be_given_by_the_environment(name: str) -> None:
    setting = SETTINGS[name]
    default = setting.default
    text = {True: "true", False: "false"}.get(default, str(default)) if isinstance(default, bool) else str(default)
    if setting.is_list:
        text = '[["a"]]' if isinstance(default, tuple) else "a, b"
    found = load(None, {variable_of(setting): text}, {})
    assert found.origins[name] == f"environment variable {variable_of(setting)}"
    if not setting.is_list:
        assert value_of(found.config, setting) == default


def test_a_list_in_a_variable_is_separated_by_commas() -> None:
    found = load(None, {"SESSIOND_SESSION__PAGE_TYPES": "page, screen"}, {})
    assert found.config.session.page_types == {"page", "screen"}


def test_a_list_of_lists_in_a_variable_is_json() -> None:
    found = load(None, {"SESSIOND_DETECTORS__STUCK_PATTERN_STEPS": '[["a"],["b","c"]]'}, {})
    assert found.config.detectors.stuck_pattern_steps == (frozenset("a"), frozenset("bc"))


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"SESSIOND_SERVER__PORT": "70000"}, ["`server.port`", "'70000'", "SESSIOND_SERVER__PORT", "from 0 to 65535"]),
        ({"SESSIOND_SERVER__PORT": "x"}, ["`server.port`", "'x'", "a whole number"]),
        ({"SESSIOND_SERVER__INSECURE": "perhaps"}, ["`server.insecure`", "true or false"]),
        ({"SESSIOND_CLICKHOUSE__PRESET": "x"}, ["`clickhouse.preset`", '"seed-000"']),
        ({"SESSIOND_DETECTORS__STUCK_PATTERN_STEPS": "[["}, ["`detectors.stuck_pattern_steps`", "a list"]),
        ({"SESSIOND_SERVER__PROT": "1"}, ["`server.prot`", "SESSIOND_SERVER__PROT", "not a setting"]),
        ({"SESSIOND_CONFIG": "/nowhere.toml"}, ["/nowhere.toml", "cannot be read"]),
    ],
)
def test_a_wrong_variable_is_refused_by_name(environ: dict[str, str], parts: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        load(None, environ, {})
    assert all(part in refused.value.message for part in parts), refused.value.message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[server]\nport = "80"\n', "`server.port` is '80'"),
        ("[server]\nport = true\n", "`server.port` is True"),
        ("[session]\ngap_ms = 0\n", "`session.gap_ms` is 0"),
        ("[sever]\nport = 1\n", "`sever.port`"),
        ("[sever]\n", "`sever`"),
        ("server = 1\n", "`server`"),
        ("port = 1\n", "`port`"),
        ("[server\n", "is not TOML"),
    ],
)
def test_a_wrong_line_in_the_file_is_refused_with_the_file(tmp_path: Path, text: str, part: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load(file, {}, {})
    assert part in refused.value.message
    assert str(file) in refused.value.message


def test_an_empty_section_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[server]\n"), {}, {}).config == Config()


def test_a_flag_out_of_range_is_refused_as_a_flag() -> None:
    with pytest.raises(ConfigError, match="flag --shards"):
        load(None, {}, {"engine.shards": -1})
