"""The input file as typed rows. msgspec reads only what is needed and is the fastest parser of JSON that Python has, so
that no peer written in Python is held up by a slower one."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec


class Page(msgspec.Struct, frozen=True):
    page_url: str = ""


class Device(msgspec.Struct, frozen=True):
    type: str = ""
    os: str = ""
    browser: str = ""


class Location(msgspec.Struct, frozen=True):
    country: str = ""


class Line(msgspec.Struct, frozen=True):
    session_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    page_info: Page = Page()
    device_info: Device = Device()
    location: Location = Location()


class Visit(msgspec.Struct, frozen=True):
    """What sessionising alone needs of a line."""

    session_id: str
    user_id: str
    timestamp: datetime


def lines(file: Path) -> Iterator[Line]:
    decode = msgspec.json.Decoder(Line).decode
    with file.open("rb") as text:
        yield from map(decode, text)


def visits(file: Path) -> Iterator[Visit]:
    decode = msgspec.json.Decoder(Visit).decode
    with file.open("rb") as text:
        yield from map(decode, text)
