import pytest

from cli.formats.csv import read
from cli.formats.row import BadLine, Line, ReadOptions, Row
from engine.errors import ClientError


def rows(*texts: str, **columns: str) -> list[Row | BadLine]:
    lines = [Line(number, text.encode()) for number, text in enumerate(texts, 1)]
    return list(read(lines, ReadOptions({field.replace("__", "."): name for field, name in columns.items()})))


def event(header: str, values: str, **columns: str) -> dict[str, object]:
    (found,) = rows(header, values, **columns)
    assert isinstance(found, Row), found
    return found.event


def test_columns_with_the_name_of_a_field_fill_it() -> None:
    assert event("event_type,user_id,timestamp,url", "click,7,2026-01-02T03:04:05Z,/a") == {
        "event_type": "click",
        "user_id": "7",
        "timestamp": "2026-01-02T03:04:05Z",
        "url": "/a",
    }


def test_map_says_which_column_fills_a_field() -> None:
    found = event("wer,was,x", "u1,click,3", user_id="wer", event_type="was", payload__x="x")
    assert found == {"user_id": "u1", "event_type": "click", "payload": {"x": 3}}


def test_an_unknown_column_goes_to_custom() -> None:
    assert event("event_type,colour,size", "a,red,2.5") == {"event_type": "a", "custom": {"colour": "red", "size": 2.5}}


def test_an_empty_cell_is_no_value() -> None:
    assert event("event_type,user_id,note", "a,,") == {"event_type": "a"}


def test_numbers_below_payload_are_numbers_and_codes_stay_texts() -> None:
    found = event("payload.x,payload.code,payload.ok,payload.y", "-10,007,true,1.50")
    assert found["payload"] == {"x": -10, "code": "007", "ok": True, "y": 1.5}


def test_of_a_device_only_the_sizes_are_numbers() -> None:
    found = event("device.browser_version,device.screen_width", "12,800")
    assert found["device"] == {"browser_version": "12", "screen_width": 800}


def test_unix_milliseconds_are_a_number() -> None:
    (found,) = rows("event_type,timestamp", "a,1767323045000")
    assert isinstance(found, Row)
    assert (found.at_ms, found.event["timestamp"]) == (1_767_323_045_000, 1_767_323_045_000)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_what_the_header_has_most_of(separator: str) -> None:
    assert event(separator.join(("event_type", "user_id")), separator.join("ab")) == {"event_type": "a", "user_id": "b"}


def test_a_quoted_cell_may_span_lines_and_the_next_row_keeps_its_number() -> None:
    found = rows("event_type,title", 'a,"one', 'two"', "b,three", "c")
    assert [(row.line, row.event["title"]) for row in found if isinstance(row, Row)] == [(2, "one\ntwo"), (4, "three")]
    assert found[-1] == BadLine(5, "has 1 columns, the header has 2")


def test_equal_rows_have_equal_digests_and_own_ids_need_none() -> None:
    first, second = rows("event_type,user_id", "a,b", '"a","b"')
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.digest == second.digest != b""
    (own,) = rows("event_id", "e1")
    assert isinstance(own, Row)
    assert own.digest == b""


@pytest.mark.parametrize(
    ("header", "columns", "part"),
    [
        ("a,b", {"user_id": "c"}, "column 'c'"),
        ("a,b", {"nonsense": "a"}, "field 'nonsense'"),
        ("payload,b", {"payload__x": "b"}, "`payload`"),
        ("user_id,b", {"user_id": "b"}, "`user_id`"),
    ],
)
def test_a_wrong_map_is_refused(header: str, columns: dict[str, str], part: str) -> None:
    with pytest.raises(ClientError) as refused:
        rows(header, "1,2", **columns)
    assert part in refused.value.message


def test_an_empty_file_has_no_rows() -> None:
    assert rows() == []
