"""CSV with a header row. A column goes to the field that `--map` names, or that has its name, else into `custom`."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from cli.formats.row import BadLine, Line, ReadOptions, Row, digest_of, readable, time_ms
from engine.errors import ClientError

_FIELDS: Final = frozenset(
    {"event_id", "session_id", "user_id", "event_type", "type", "timestamp", "url", "path", "title", "referrer"}
    | {"screen_name", "payload", "metadata", "event_data", "properties", "client_ip", "country", "city"}
)
_PARENTS: Final = frozenset({"payload", "device", "custom"})
_SEPARATORS: Final = ",;\t|"
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,15})?")  # not 007, which is a code


class Column(msgspec.Struct, frozen=True):
    """Where a column goes: `field`, or `parent.field`."""

    parent: str
    field: str

    @property
    def is_typed(self) -> bool:
        """Below `payload` and `custom` a number is a number, since click places are read as such; of a device only
        the sizes are: a browser version is a text."""
        return self.parent != "device" or self.field.endswith(("_width", "_height"))


def read(lines: Iterable[Line], options: ReadOptions) -> Iterator[Row | BadLine]:
    """Raises ClientError when `--map` names a column or a field that there is not."""
    source = _Texts(lines)
    header_text = next(source, "")
    separator = max(_SEPARATORS, key=header_text.count)
    header = next(csv.reader([header_text], delimiter=separator), [])
    columns = _columns([name.strip() for name in header], options.columns)
    cells = csv.reader(source, delimiter=separator)
    while True:
        source.open_row()
        try:
            values = next(cells)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(source.row_line, f"not CSV: {error}")
            continue
        yield _row(source.row_line, columns, values)


class _Texts(Iterator[str]):
    """Lines as text for `csv`; a quoted cell may span lines, so it notes where the current row began."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._is_new_row = True
        self.row_line = 0

    def open_row(self) -> None:
        self._is_new_row = True

    def __next__(self) -> str:
        line = next(self._lines)
        if self._is_new_row:
            self.row_line, self._is_new_row = line.number, False
        return readable(line.text) + "\n"


def _columns(header: list[str], mapped: Mapping[str, str]) -> list[Column]:
    missing = sorted(set(mapped.values()) - set(header))
    if missing:
        message = f"`--map` names the column {missing[0]!r}; the file has {', '.join(header)}."
        raise ClientError(message)
    fields = {column: field for field, column in mapped.items()}
    columns = [_column(name, fields.get(name)) for name in header]
    _refuse_clashes(columns)
    return columns


def _refuse_clashes(columns: list[Column]) -> None:
    whole = {column.field for column in columns if not column.parent}
    places = [".".join(filter(None, (column.parent, column.field))) for column in columns]
    twice = [place for place in places if places.count(place) > 1]
    torn = [column.parent for column in columns if column.parent in whole]
    if twice or torn:
        message = f"Two columns fill the field `{(twice + torn)[0]}`; give one of them another place with --map."
        raise ClientError(message)


def _column(name: str, wanted: str | None) -> Column:
    parent, _, field = (wanted or name).partition(".")
    if field and parent in _PARENTS:
        return Column(parent, field)
    if not field and parent in _FIELDS:
        return Column("", parent)
    if wanted is not None:
        message = f"`--map` names the field {wanted!r}; an event has no such field."
        raise ClientError(message)
    return Column("custom", name)


def _row(line: int, columns: list[Column], values: list[str]) -> Row | BadLine:
    if len(values) != len(columns):
        return BadLine(line, f"has {len(values)} columns, the header has {len(columns)}")
    event: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        if value:
            _put(event, column, value)
    digest = b"" if "event_id" in event else digest_of("\0".join(values).encode())
    return Row(line, time_ms(event.get("timestamp")), digest, event)


def _put(event: dict[str, Any], column: Column, value: str) -> None:
    if column.parent:
        event.setdefault(column.parent, {})[column.field] = _scalar(value) if column.is_typed else value
    elif column.field == "timestamp" and value.isdecimal():
        event["timestamp"] = int(value)
    else:
        event[column.field] = value


def _scalar(text: str) -> str | float | bool:
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
