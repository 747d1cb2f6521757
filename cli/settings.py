"""From a TOML file, the environment and flags to one `Config`, with the origin of every value.

The only file that reads `os.environ`. Defaults < file < `SESSIOND_<SECTION>__<FIELD>` < flags.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from cli.catalogue import SECTIONS, SETTINGS, Setting
from engine.config import Config
from engine.errors import ConfigError

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
    return Settings(msgspec.convert(_nested(values), Config), origins)


def value_of(config: Config, setting: Setting) -> object:
    owner: object = getattr(config, setting.section) if setting.section else config
    return getattr(owner, setting.field)


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


def _flattened(document: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        if isinstance(value, dict) and (value or key in SECTIONS):
            yield from ((f"{key}.{field}", inner) for field, inner in value.items())
        else:
            yield key, value


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
        message = f"`{item.name}` ({item.origin}) is not a setting; `sessiond config` lists them all."
        raise ConfigError(message)
    value = _parsed_text(str(item.value), setting) if item.is_text else item.value
    try:
        return msgspec.convert(value, setting.type, strict=not item.is_text)
    except msgspec.ValidationError as error:
        message = f"`{setting.name}` is {item.value!r} ({item.origin}); allowed is {setting.allowed}."
        raise ConfigError(message) from error


def _parsed_text(text: str, setting: Setting) -> object:
    """Lists are written a,b,c; lists of lists as JSON."""
    if not setting.is_list:
        return text
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # the conversion says what is allowed


def _nested(values: Mapping[str, object]) -> dict[str, object]:
    document: dict[str, Any] = {}
    for name, value in values.items():
        section, _, field = name.rpartition(".")
        target = document.setdefault(section, {}) if section else document
        target[field] = value
    return document
