"""JSON lines: each line one event in the API's form, handed on as it is."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from cli.formats.row import BadLine, Line, ReadOptions, Row, digest_of, time_ms

_MAX_DEPTH: Final = 200  # far from the depth at which encoding fails, which would end the import


def read(lines: Iterable[Line], _: ReadOptions) -> Iterator[Row | BadLine]:
    for line in lines:
        yield _row(line)


def _row(line: Line) -> Row | BadLine:
    try:
        event = msgspec.json.decode(line.text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return BadLine(line.number, f"not JSON: {error}")
    if not isinstance(event, dict):
        return BadLine(line.number, f"a JSON {type(event).__name__}, not an object")
    if _may_be_deep(line.text) and _is_deeper(event, _MAX_DEPTH):
        return BadLine(line.number, f"nested deeper than {_MAX_DEPTH} levels")
    digest = b"" if event.get("event_id") else digest_of(line.text)
    return Row(line.number, time_ms(event.get("timestamp")), digest, event)


def _may_be_deep(text: bytes) -> bool:
    return text.count(b"[") + text.count(b"{") > _MAX_DEPTH


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)
