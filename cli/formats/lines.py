"""The lines of a file, plain or gzip, in bounded memory."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

from cli.formats.row import BadLine, Line

MAX_LINE_BYTES: Final = 4_000_000  # the API takes events up to 1 MB; escapes and spaces may be three times that
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def opened(path: Path) -> IO[bytes]:
    """Gzip is known by its first bytes, whatever the name says."""
    with path.open("rb") as file:
        packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def first_line(path: Path) -> bytes:
    """The first line that is not blank; b"" = there is none."""
    with opened(path) as file:
        return next((line.text for line in read_lines(file) if isinstance(line, Line)), b"")


def read_lines(file: IO[bytes]) -> Iterator[Line | BadLine]:
    """Blank lines are left out, and counted. A line longer than the limit is skipped and reported."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            _skip_rest(file)
            yield BadLine(number, f"longer than {MAX_LINE_BYTES} bytes")
            continue
        text = raw.rstrip(b"\r\n")
        if number == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if text.strip():
            yield Line(number, text)


def _skip_rest(file: IO[bytes]) -> None:
    while (raw := file.readline(MAX_LINE_BYTES)) and not raw.endswith(b"\n"):
        pass
