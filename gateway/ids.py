"""Ids: any text of 1 to 200 characters without control characters."""

import unicodedata
from typing import Final

from gateway.rejection import Rejected

MAX_CHARACTERS: Final = 200


def checked_id(name: str, value: str) -> str:
    """`value` itself, or `Rejected` naming the field."""
    # isprintable() is one fast pass over ASCII; it is stricter than the rule, so the slow check has the last word.
    if 0 < len(value) <= MAX_CHARACTERS and (value.isprintable() or not _control_at(value)):
        return value
    msg = f"`{name}` {_fault(value)}; 1 to {MAX_CHARACTERS} characters without control characters are allowed."
    raise Rejected(msg)


def _control_at(value: str) -> int:
    """The place of the first control character, counted from 1; 0 = there is none."""
    return next((at for at, char in enumerate(value, 1) if unicodedata.category(char) == "Cc"), 0)


def _fault(value: str) -> str:
    if not value:
        return "is empty"
    if len(value) > MAX_CHARACTERS:
        return f"is {len(value)} characters long"
    return f"holds a control character at place {_control_at(value)}"
