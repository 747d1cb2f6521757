from cli.formats.row import Row
from cli.spool import Spool


def row(line: int, at_ms: int | None, digest: bytes = b"") -> Row:
    return Row(line, at_ms, digest, {"line": line})


def ordered(*rows: Row) -> list[Row]:
    with Spool() as spool:
        for item in rows:
            spool.add(item)
        return list(spool.in_order())


def test_rows_come_out_in_the_order_of_time() -> None:
    found = ordered(row(1, 30), row(2, 10), row(3, 20), row(4, -5))
    assert [item.line for item in found] == [4, 2, 3, 1]


def test_rows_of_one_time_keep_the_order_of_the_file() -> None:
    assert [item.line for item in ordered(row(1, 5), row(2, 5), row(3, 4), row(4, 5))] == [3, 1, 2, 4]


def test_rows_without_a_time_come_last() -> None:
    assert [item.line for item in ordered(row(1, None), row(2, 10**15), row(3, None))] == [2, 1, 3]


def test_a_time_beyond_64_bits_is_no_accident() -> None:
    assert [item.line for item in ordered(row(1, 10**30), row(2, 0), row(3, -(10**30)))] == [3, 2, 1]


def test_equal_lines_get_different_ids_and_the_same_ones_again() -> None:
    rows = [row(1, 5, b"\x01"), row(2, 5, b"\x02"), row(3, 5, b"\x01"), row(4, 5, b"\x01")]
    ids = [item.event["event_id"] for item in ordered(*rows)]
    assert ids == ["01", "02", "01-2", "01-3"]
    assert [item.event["event_id"] for item in ordered(*[row(r.line, r.at_ms, r.digest) for r in rows])] == ids


def test_equal_lines_are_counted_wherever_they_stand() -> None:
    rows = [row(1, 5, b"\x01"), row(2, 6, b"\x02"), row(3, 5, b"\x01")]
    assert [item.event["event_id"] for item in ordered(*rows)] == ["01", "01-2", "02"]


def test_an_own_id_is_left_alone() -> None:
    (found,) = ordered(Row(1, 1, b"", {"event_id": "mine"}))
    assert found.event == {"event_id": "mine"}
