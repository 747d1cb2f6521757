"""The examples of a document: what a reader would type, and what the document says comes back.

A fence named `console` holds commands (`$ …`) and what they print, shortened: JSON is compared as a part of the real
answer, other text line by line. `…` matches anything; `"…"` in a list is any number of
items, `"…": "…"` in an object any other fields.
"""

import json
import re
from typing import Any, Final, NamedTuple

ANY: Final = "…"


class Example(NamedTuple):
    command: str
    output: str


def examples(markdown: str) -> list[Example]:
    blocks = re.findall(r"^```console\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL)
    return [example for block in blocks for example in _split(block)]


def matches(shown: str, real: str) -> bool:
    """Is `shown` a part of `real`?"""
    expected = _json(shown)
    if expected is not None:
        return contains(_json(real), expected)
    lines = real.splitlines()
    return all(any(_pattern(line).fullmatch(found) for found in lines) for line in shown.splitlines())


def contains(real: Any, shown: Any) -> bool:
    match shown:
        case dict():
            fields = {name: value for name, value in shown.items() if name != ANY}
            return isinstance(real, dict) and all(n in real and contains(real[n], v) for n, v in fields.items())
        case list():
            return isinstance(real, list) and _contains_items(real, shown)
        case str():
            return shown == ANY or (isinstance(real, str) and _pattern(shown).fullmatch(real) is not None)
        case float():
            return isinstance(real, int | float) and round(real, 2) == round(shown, 2)
    return type(real) is type(shown) and bool(real == shown)


def _contains_items(real: list[Any], shown: list[Any]) -> bool:
    if not shown:
        return not real
    if shown[0] == ANY:
        return any(_contains_items(real[start:], shown[1:]) for start in range(len(real) + 1))
    return bool(real) and contains(real[0], shown[0]) and _contains_items(real[1:], shown[1:])


def _split(block: str) -> list[Example]:
    """A command goes on while a quote or a here-document is open."""
    found: list[Example] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(end for end in range(1, len(lines) + 1) if _is_whole("\n".join(lines[:end])) or end == len(lines))
        found.append(Example("\n".join(lines[:end]), "\n".join(lines[end:])))
    return found


def _is_whole(command: str) -> bool:
    here = re.search(r"<<'(\w+)'\n", command + "\n")
    if here:
        return command.endswith(f"\n{here[1]}")
    return command.count("'") % 2 == 0 and not command.endswith("\\")


def _pattern(shown: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in shown.split(ANY)), re.DOTALL)


def _json(text: str) -> Any:
    """None = it is none. A number alone is text: `200` is what curl printed."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list) else None
