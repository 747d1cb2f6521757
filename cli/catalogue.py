"""Every setting there is, read off `engine/config.py`: name, type, default, what is allowed."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

from engine.allowed import allowed
from engine.config import Config


class Setting(msgspec.Struct, frozen=True):
    """`section` is "" for the settings that stand at the top of the file, and may be dotted. `owner`: the struct that
    holds it. `is_json`: in a variable it is JSON."""

    section: str
    field: str
    type: Any
    default: Any
    allowed: str
    is_list: bool
    is_json: bool
    owner: type[msgspec.Struct]

    @property
    def name(self) -> str:
        return f"{self.section}.{self.field}" if self.section else self.field


def _settings(section: str, owner: type[msgspec.Struct]) -> Iterator[Setting]:
    """Those of a section before the sections in it, as TOML wants them."""
    fields = msgspec.structs.fields(owner)
    nested = [field for field in fields if isinstance(field.default, msgspec.Struct)]
    for field in fields:
        if field not in nested:
            yield _setting(section, field, owner)
    for field in nested:
        yield from _settings(f"{section}.{field.name}" if section else field.name, type(field.default))


def _setting(section: str, field: msgspec.structs.FieldInfo, owner: type[msgspec.Struct]) -> Setting:
    info = inspect.type_info(field.type)
    is_list = isinstance(info, inspect.CollectionType)
    is_json = isinstance(info, inspect.DictType)
    default = {} if field.default is msgspec.NODEFAULT else field.default
    return Setting(section, field.name, field.type, default, allowed(info), is_list, is_json, owner)


def _ancestors(section: str) -> Iterator[str]:
    while section:
        yield section
        section = section.rpartition(".")[0]


SETTINGS: Final = {setting.name: setting for setting in _settings("", Config)}
SECTIONS: Final = frozenset(name for setting in SETTINGS.values() for name in _ancestors(setting.section))
# Names of earlier versions -> what they are called now.
RENAMED: Final = {
    "detectors.repeated_action_count": "detectors.repeated_action.min_count",
    "detectors.rapid_fire_gaps": "detectors.rapid_fire.min_gaps",
    "detectors.rapid_fire_gap_ms": "detectors.rapid_fire.gap_ms",
    "detectors.stuck_pattern_steps": "detectors.stuck_pattern.steps",
    "detectors.stuck_pattern_cycles": "detectors.stuck_pattern.min_cycles",
    "detectors.rage_click_count": "detectors.rage_click.min_clicks",
    "detectors.rage_click_window_ms": "detectors.rage_click.window_ms",
    "detectors.rage_click_radius_px": "detectors.rage_click.radius_px",
}
