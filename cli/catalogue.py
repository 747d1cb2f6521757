"""Every setting there is, read off `engine/config.py`: name, type, default, what is allowed."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from engine.config import Config


class Setting(msgspec.Struct, frozen=True):
    """`section` is "" for the settings that stand at the top of the file."""

    section: str
    field: str
    type: Any
    default: object
    allowed: str
    is_list: bool

    @property
    def name(self) -> str:
        return f"{self.section}.{self.field}" if self.section else self.field


def _settings() -> Iterator[Setting]:
    for field in msgspec.structs.fields(Config):
        if isinstance(field.default, msgspec.Struct):
            yield from (_setting(field.name, inner) for inner in msgspec.structs.fields(field.default))
        else:
            yield _setting("", field)


def _setting(section: str, field: msgspec.structs.FieldInfo) -> Setting:
    info = inspect.type_info(field.type)
    is_list = isinstance(info, inspect.CollectionType)
    return Setting(section, field.name, field.type, field.default, allowed(info), is_list)


def allowed(info: inspect.Type) -> str:
    """Half a sentence for error messages and the documentation: "a whole number from 0 to 65535"."""
    match info:
        case inspect.IntType():
            return f"a whole number{_range(info)}"
        case inspect.FloatType():
            return f"a number{_range(info)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType():
            return "one of " + ", ".join(f'"{value}"' for value in info.values)
        case inspect.CollectionType():
            return f"a list, each item {allowed(info.item_type)}"
        case _:
            return "a text"


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    return f" of at least {info.ge}" if info.ge is not None else ""


SETTINGS: Final = {setting.name: setting for setting in _settings()}
SECTIONS: Final = frozenset(setting.section for setting in SETTINGS.values() if setting.section)
