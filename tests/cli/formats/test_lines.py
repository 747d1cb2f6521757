import gzip
import io
from pathlib import Path

import pytest

from cli.formats import FORMATS, guess
from cli.formats.lines import MAX_LINE_BYTES, first_line, opened, read_lines
from cli.formats.row import BadLine, Line


def test_blank_lines_are_left_out_but_counted() -> None:
    assert list(read_lines(io.BytesIO(b"a\r\n\n  \nb"))) == [Line(1, b"a"), Line(4, b"b")]


def test_a_byte_order_mark_is_no_text() -> None:
    assert list(read_lines(io.BytesIO(b"\xef\xbb\xbfa\n"))) == [Line(1, b"a")]


def test_a_line_at_the_limit_is_taken_and_a_longer_one_reported() -> None:
    fits, too_long = b"x" * (MAX_LINE_BYTES - 1) + b"\n", b"x" * (3 * MAX_LINE_BYTES) + b"\n"
    found = list(read_lines(io.BytesIO(fits + too_long + b"next\n")))
    assert found == [
        Line(1, fits.rstrip()),
        BadLine(2, f"longer than {MAX_LINE_BYTES} bytes"),
        Line(3, b"next"),
    ]


def test_a_last_line_that_is_too_long_ends_the_file() -> None:
    (found,) = read_lines(io.BytesIO(b"x" * (2 * MAX_LINE_BYTES)))
    assert isinstance(found, BadLine)


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "named.log"
    path.write_bytes(gzip.compress(b"\nfirst\nsecond\n"))
    with opened(path) as file:
        assert list(read_lines(file)) == [Line(2, b"first"), Line(3, b"second")]
    assert first_line(path) == b"first"


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        ("a.jsonl", b"", "jsonl"),
        ("a.NDJSON.gz", b"", "jsonl"),
        ("a.csv", b"{}", "csv"),
        ("a.tsv.gz", b"", "csv"),
        ("access.log", b"1.2.3.4 - -", "access-log"),
        ("events", b' {"type":"a"}', "jsonl"),
        ("access.log.3.gz", b"1.2.3.4", "access-log"),
    ],
)
def test_the_format_is_guessed_by_name_then_by_content(name: str, first: bytes, expected: str) -> None:
    assert guess(name, first) == expected
    assert expected in FORMATS
