"""Values as they may be shown: what a command prints ends in tickets and chats."""

import re
from typing import Final

import msgspec

_SECRET: Final = "secret"  # the field of a webhook
_HIDDEN: Final = "***"


def discreet(value: object) -> object:
    """The same without passwords in addresses and without secrets, in whatever it is made of."""
    if isinstance(value, str):
        value = re.sub(r"(://[^:/@]*:)[^@]*@", rf"\1{_HIDDEN}@", value)
        return re.sub(rf'("{_SECRET}"\s*:\s*")[^"]*', rf"\1{_HIDDEN}", value)  # of JSON that was cut off
    if isinstance(value, list | tuple):
        return type(value)(map(discreet, value))
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **{name: _of(name, getattr(value, name)) for name in _names(value)})
    if isinstance(value, dict):
        return {name: _of(name, item) for name, item in value.items()}
    return value


def _names(value: msgspec.Struct) -> tuple[str, ...]:
    return value.__struct_fields__


def _of(name: object, value: object) -> object:
    return _HIDDEN if name == _SECRET and value else discreet(value)
