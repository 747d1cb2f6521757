import pytest

from cli.formats.jsonl import read
from cli.formats.row import BadLine, Line, ReadOptions, Row


def one(text: bytes) -> Row | BadLine:
    (found,) = read([Line(3, text)], ReadOptions())
    return found


def test_an_event_is_handed_on_as_it_is() -> None:
    found = one(b'{"event_id":"e1","type":"click","timestamp":1767323045000,"odd":[1]}')
    assert found == Row(
        3, 1_767_323_045_000, b"", {"event_id": "e1", "type": "click", "timestamp": 1_767_323_045_000, "odd": [1]}
    )


def test_without_an_id_the_line_stands_for_the_event() -> None:
    first, again, other = one(b'{"type":"a"}'), one(b'{"type":"a"}'), one(b'{"type":"b"}')
    assert isinstance(first, Row)
    assert isinstance(other, Row)
    assert first == again
    assert first.digest not in (b"", other.digest)


@pytest.mark.parametrize(
    ("timestamp", "at_ms"),
    [
        (b'"2026-01-02T03:04:05.678Z"', 1_767_323_045_678),
        (b'"2026-01-02T05:04:05+02:00"', 1_767_323_045_000),
        (b'"2026-01-02T03:04:05"', 1_767_323_045_000),
        (b"1767323045000.9", 1_767_323_045_000),
        (b'"yesterday"', None),
        (b"true", None),
        (b"1e300", None),
        (b"null", None),
    ],
)
def test_the_time_is_read_for_sorting_only(timestamp: bytes, at_ms: int | None) -> None:
    found = one(b'{"timestamp":' + timestamp + b"}")
    assert isinstance(found, Row)
    assert found.at_ms == at_ms


@pytest.mark.parametrize("text", [b"{", b"[1]", b'"x"', b"nonsense", b'{"a":"\xff"}', b"[" * 100_000])
def test_what_is_no_json_object_is_bad(text: bytes) -> None:
    found = one(text)
    assert isinstance(found, BadLine)
    assert found.line == 3


@pytest.mark.parametrize(("levels", "kind"), [(200, Row), (201, BadLine), (900, BadLine)])
def test_nesting_has_a_limit(levels: int, kind: type) -> None:
    assert isinstance(one(b'{"a":' * levels + b"1" + b"}" * levels), kind)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert isinstance(one(b'{"a":[' + b",".join([b"[]"] * 500) + b"]}"), Row)
