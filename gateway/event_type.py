"""The name of an event, folded to lower snake case so that every client's spelling counts as one."""

import re
from functools import lru_cache
from typing import Final

from gateway.rejection import Rejected, shown, wrong_value

MAX_CHARACTERS: Final = 200

_PREFIX: Final = "EVENT_TYPE_"
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS: Final = re.compile(r"[\W_]+")


@lru_cache(maxsize=10_000)
def fold(name: str) -> str:
    """EVENT_TYPE_CLICK -> click, "Page View" -> page_view, pageView -> page_view. "" when nothing is left."""
    words = _HUMP.sub("_", name.removeprefix(_PREFIX))
    return _SEPARATORS.sub("_", words).strip("_").lower()


def event_type_of(event_type: str | None, alias: str | None) -> str:
    """The folded type from `event_type` and its alias `type`."""
    if event_type is None:
        if alias is None:
            msg = "`event_type` is missing."
            raise Rejected(msg)
        return _folded("type", alias)
    folded = _folded("event_type", event_type)
    if alias is not None and folded != _folded("type", alias):
        what = f"`event_type` is {shown(event_type)} and `type` is {shown(alias)}"
        msg = f"{what}; one of them, or both the same, is allowed."
        raise Rejected(msg)
    return folded


def _folded(field: str, name: str) -> str:
    if len(name) > MAX_CHARACTERS:
        msg = f"`{field}` is {len(name)} characters long; at most {MAX_CHARACTERS} are allowed."
        raise Rejected(msg)
    folded = fold(name)
    if not folded:
        raise wrong_value(field, name, "a name with a letter or a digit")
    return folded
