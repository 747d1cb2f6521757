"""Some values in the place of some values of the rules: what a project, or a person who asks "what if", has otherwise.

An overlay is plain data: {detector: {field: value}}.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.inspect import type_info

from engine.allowed import allowed, wrong_at
from engine.errors import ClientError
from engine.rules import Rule, Rules

Plain = Mapping[str, Any]
Overlay = Mapping[str, Plain]

KINDS: Final = Rules.__struct_fields__
_SHOWN_CHARACTERS: Final = 100


def applied(rules: Rules, overlay: object, *, prefix: str = "detectors") -> Rules:
    """Raises ClientError (400) that names the field under `prefix`, what came and what is allowed."""
    found: dict[str, Rule] = {}
    for kind, values in table(prefix, overlay).items():
        if kind not in KINDS:
            raise unknown(prefix + ".", kind, "detector", KINDS)
        found[kind] = changed(getattr(rules, kind), values, prefix=f"{prefix}.{kind}")
    return msgspec.structs.replace(rules, **found)


def changed(rule: Rule, values: object, *, prefix: str) -> Rule:
    """One rule with other values; errors as `applied`."""
    fields = {field.name: field for field in msgspec.structs.fields(type(rule))}
    found: dict[str, Any] = {}
    for name, value in table(prefix, values).items():
        if name not in fields:
            raise unknown(prefix + ".", name, "field", tuple(fields))
        found[name] = _converted(f"{prefix}.{name}", value, fields[name].type)
    return msgspec.structs.replace(rule, **found)


def _converted(name: str, value: object, kind: Any) -> object:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise refused(name, value, allowed(type_info(kind)) + wrong_at(name, error)) from None


def table(name: str, value: object) -> Plain:
    if not isinstance(value, Mapping):
        raise refused(name, value, "a table")
    return value


def unknown(prefix: str, name: str, what: str, known: tuple[str, ...]) -> ClientError:
    return ClientError(f"`{prefix}{name}` is no {what}; there are {', '.join(known)}.", "invalid_parameter")


def refused(name: str, value: object, what: str) -> ClientError:
    shown = repr(value)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[:_SHOWN_CHARACTERS] + "…"
    return ClientError(f"`{name}` is {shown}; {what} is allowed.", "invalid_parameter")


def difference(rules: Rules, base: Rules) -> dict[str, dict[str, Any]]:
    """The overlay that makes `rules` of `base`, as plain data, in a fixed order."""
    found: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        rule, other = getattr(rules, kind), getattr(base, kind)
        fields = {name: plain(getattr(rule, name)) for name in rule.__struct_fields__ if _differs(rule, other, name)}
        if fields:
            found[kind] = fields
    return found


def changed_kinds(rules: Rules, before: Rules) -> list[str]:
    return [kind for kind in KINDS if getattr(rules, kind) != getattr(before, kind)]


def _differs(rule: Rule, other: Rule, name: str) -> bool:
    return bool(getattr(rule, name) != getattr(other, name))


def plain(value: object) -> Any:
    """As JSON has it; sets in order, so that equal rules are equal bytes."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, msgspec.Struct) and value.__struct_config__.omit_defaults:
        return msgspec.to_builtins(value)
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    return value
