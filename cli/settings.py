"""From a TOML file, the environment and flags to one `Config`, with the origin of every value.

The only file that reads `os.environ`. Defaults < file < `SESSIOND_<SECTION>__<FIELD>` < flags.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.alert_check import check_channels, check_uses
from cli.catalogue import RENAMED, SECTIONS, SETTINGS, Setting
from cli.discreet import discreet
from engine.alerting.check import check_rules
from engine.allowed import wrong_at
from engine.config import Config
from engine.errors import ClientError, ConfigError
from engine.overlay import KINDS, applied

PREFIX: Final = "SESSIOND_"
CONFIG_FILE: Final = "SESSIOND_CONFIG"  # names the file; not a setting itself
DEFAULT: Final = "default"


class Given(msgspec.Struct, frozen=True):
    """A value as it came. `is_text`: from the environment, where everything is text and is parsed by type."""

    name: str
    value: object
    origin: str
    is_text: bool = False


class Settings(msgspec.Struct, frozen=True):
    """`origins` holds one entry for every setting: `default`, a file, a variable or a flag."""

    config: Config
    origins: dict[str, str]


def environment() -> Mapping[str, str]:
    return os.environ


def load(file: Path | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """`flags` by setting name ("server.port"); None = not given. Raises ConfigError naming the setting."""
    file = file or _file_from(environ)
    given = [*(_from_file(file) if file else ()), *_from_environment(environ), *_from_flags(flags)]
    values: dict[str, object] = {}
    origins = dict.fromkeys(SETTINGS, DEFAULT)
    for item in given:
        values[item.name] = _converted(item)
        origins[item.name] = item.origin
    config = msgspec.convert(_nested(values), Config)
    _check_projects(config, origins["projects"])
    with _given_by(origins["alerts.rules"]):
        check_rules(config.alerts.rules, _anomaly_types(config))
        check_uses(config.alerts)
    with _given_by(origins["alerts.webhooks"]):
        check_channels(config.alerts)
    return Settings(config, origins)


def value_of(config: Config, setting: Setting) -> object:
    return reduce(getattr, setting.name.split("."), config)


def variable_of(setting: Setting) -> str:
    return PREFIX + setting.name.replace(".", "__").upper()


def _file_from(environ: Mapping[str, str]) -> Path | None:
    named = environ.get(CONFIG_FILE, "")
    return Path(named) if named else None


def _from_file(file: Path) -> Iterator[Given]:
    for name, value in _flattened(_parsed(file)):
        yield Given(name, value, f"file {file}")


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The configuration file {file} cannot be read: {error.strerror}."
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"The configuration file {file} is not TOML: {error}."
        raise ConfigError(message) from error


def _flattened(document: dict[str, Any], section: str = "") -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        name = f"{section}.{key}" if section else key
        if isinstance(value, dict) and name not in SETTINGS and (value or name in SECTIONS):
            yield from _flattened(value, name)
        else:
            yield name, value


def _from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX) and variable != CONFIG_FILE:
            name = variable.removeprefix(PREFIX).lower().replace("__", ".")
            yield Given(name, text, f"environment variable {variable}", is_text=True)


def _from_flags(flags: Mapping[str, object]) -> Iterator[Given]:
    for name, value in flags.items():
        if value is not None:
            yield Given(name, value, f"flag --{name.rpartition('.')[2].replace('_', '-')}")


def _converted(item: Given) -> object:
    setting = SETTINGS.get(item.name)
    if setting is None:
        now = RENAMED.get(item.name)
        hint = f"it is called `{now}` now" if now else "`sessiond config` lists them all"
        message = f"`{item.name}` ({item.origin}) is not a setting; {hint}."
        raise ConfigError(message)
    value = (
        parsed_text(str(item.value), is_list=setting.is_list, is_json=setting.is_json) if item.is_text else item.value
    )
    try:
        return msgspec.convert(value, setting.type, strict=not item.is_text)
    except msgspec.ValidationError as error:
        allowed = setting.allowed + wrong_at(setting.name, error)
        given = discreet(value)
        message = f"`{setting.name}` is {given!r} ({item.origin}); allowed is {allowed}."
        raise ConfigError(message) from error


def parsed_text(text: str, *, is_list: bool, is_json: bool = False) -> object:
    """Lists are written a,b,c; lists of lists or of tables, and tables, as JSON."""
    if not (is_list or is_json):
        return text
    if is_list and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # the conversion says what is allowed


def _check_projects(config: Config, origin: str) -> None:
    """Its type knows the rules' names and values by project only when the rules of all are known."""
    for project_id, project in config.projects.items():
        with _given_by(origin):
            applied(config.detectors, project.detectors, prefix=f"projects.{project_id}.detectors")


def _anomaly_types(config: Config) -> set[str]:
    """All that is reported in any project."""
    rules = [config.detectors, *(applied(config.detectors, one.detectors) for one in config.projects.values())]
    sequences = (pattern.name for one in rules for pattern in one.sequences.patterns)
    return {*KINDS, *sequences} - {"sequences"}


@contextmanager
def _given_by(origin: str) -> Iterator[None]:
    """What is wrong is said with where it came from."""
    try:
        yield
    except (ClientError, ConfigError) as error:
        message = f"{error.message.rstrip('.')} ({origin})."
        raise ConfigError(message) from error


def _nested(values: Mapping[str, object]) -> dict[str, object]:
    document: dict[str, Any] = {}
    for name, value in values.items():
        *sections, field = name.split(".")
        target = document
        for section in sections:
            target = target.setdefault(section, {})
        target[field] = value
    return document
