import re
from pathlib import Path

import msgspec
import pytest

from cli.catalogue import RENAMED, SETTINGS
from cli.settings import load, value_of, variable_of
from engine.config import Config, Project
from engine.errors import ConfigError
from engine.overlay import plain
from engine.rules import Sequence


def variable(name: str) -> str:
    return "SESSIOND_" + name.replace(".", "__").upper()


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
    text = default if isinstance(default, str) else msgspec.json.encode(plain(default)).decode()
    found = load(None, {variable_of(setting): text}, {})
    assert found.origins[name] == f"environment variable {variable_of(setting)}"
    assert value_of(found.config, setting) == default


def test_a_list_in_a_variable_is_separated_by_commas() -> None:
    found = load(None, {"SESSIOND_SESSION__PAGE_TYPES": "page, screen"}, {})
    assert found.config.session.page_types == {"page", "screen"}


def test_a_list_of_lists_in_a_variable_is_json() -> None:
    found = load(None, {"SESSIOND_DETECTORS__STUCK_PATTERN__STEPS": '[["a"],["b","c"]]'}, {})
    assert found.config.detectors.stuck_pattern.steps == (frozenset("a"), frozenset("bc"))


def test_a_list_of_tables_in_a_variable_is_json() -> None:
    text = '[{"name": "hesitant", "steps": [["view_pay"], ["back"]], "times": 2}]'
    found = load(None, {"SESSIOND_DETECTORS__SEQUENCES__PATTERNS": text}, {})
    assert found.config.detectors.sequences.patterns == (
        Sequence("hesitant", (frozenset({"view_pay"}), frozenset({"back"})), times=2),
    )


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_name_of_the_version_before_is_refused_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(
        ConfigError, match=re.escape(f"`{old}` (environment variable {variable(old)}) is not a setting")
    ):
        load(None, {variable(old): "5"}, {})
    assert new in SETTINGS


def test_a_project_has_rules_of_its_own_in_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[projects.shop.detectors.rage_click]\nmin_clicks = 4\n")
    found = load(file, {}, {})
    assert found.config.projects == {"shop": Project({"rage_click": {"min_clicks": 4}})}
    assert found.origins["projects"] == f"file {file}"


@pytest.mark.parametrize(
    ("table", "part"),
    [
        (
            "[projects.shop.detectors.rage_click]\nmin_clicks = 1",
            "`projects.shop.detectors.rage_click.min_clicks` is 1;",
        ),
        ("[projects.shop.detectors.rage_klick]\n", "`projects.shop.detectors.rage_klick` is no detector"),
        ("[projects.shop.detectors.rage_click]\nclicks = 5", "`projects.shop.detectors.rage_click.clicks` is no field"),
        ("[projects.shop]\ndetektors = 5", "`projects`"),
    ],
)
def test_a_wrong_rule_of_a_project_is_refused_by_name(tmp_path: Path, table: str, part: str) -> None:
    file = written(tmp_path, table)
    with pytest.raises(ConfigError) as refused:
        load(file, {}, {})
    assert part in refused.value.message
    assert str(file) in refused.value.message


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"SESSIOND_SERVER__PORT": "70000"}, ["`server.port`", "'70000'", "SESSIOND_SERVER__PORT", "from 0 to 65535"]),
        ({"SESSIOND_SERVER__PORT": "x"}, ["`server.port`", "'x'", "a whole number"]),
        ({"SESSIOND_SERVER__INSECURE": "perhaps"}, ["`server.insecure`", "true or false"]),
        ({"SESSIOND_CLICKHOUSE__PRESET": "x"}, ["`clickhouse.preset`", '"seed-000"']),
        ({"SESSIOND_DETECTORS__STUCK_PATTERN__STEPS": "[["}, ["`detectors.stuck_pattern.steps`", "a list"]),
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


def test_alert_rules_are_a_list_of_tables_in_the_file_and_json_in_a_variable(tmp_path: Path) -> None:
    text = '[[alerts.rules]]\nname = "few"\nmetric = "page_views"\noperator = "<"\nvalue = 3\n'
    variable = '[{"name": "few", "metric": "page_views", "operator": "<", "value": 3}]'
    [rule] = load(written(tmp_path, text), {}, {}).config.alerts.rules
    assert (rule.name, rule.operator, rule.value) == ("few", "<", 3.0)
    assert load(None, {"SESSIOND_ALERTS__RULES": variable}, {}).config.alerts.rules == (rule,)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[[alerts.rules]]\nname = "x"\nwindow = "2m"', ["`alerts.rules`", "(wrong at `alerts.rules[0].window`)"]),
        ('[[alerts.rules]]\nname = "x"\nmetric = "y"', ["`metric`", 'rule "x"', '"y"', "page_views"]),
        ('[[alerts.webhooks]]\nname = "x"\nurl = "ftp://y"', ["(wrong at `alerts.webhooks[0].url`)"]),
        ('[[alerts.rules]]\nname = "x"\nchannels = ["pager"]', ['rule "x"', '"pager"', "there is no channel"]),
        ('[[alerts.rules]]\nname = "x"\n' * 2, ["`alerts.rules`", '"x" 2 times']),
        ('[[alerts.webhooks]]\nname = "x"\nurl = "http://y"\n' * 2, ["`alerts.webhooks`", '"x" 2 times']),
    ],
)
def test_a_wrong_alert_rule_is_refused_by_name(tmp_path: Path, text: str, parts: list[str]) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load(file, {}, {})
    assert all(part in refused.value.message for part in [*parts, str(file)]), refused.value.message
