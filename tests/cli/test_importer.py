import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.delivery import Delivery
from cli.formats import FORMATS
from cli.formats.row import ReadOptions
from cli.importer import NOTED_LINES, Importer, Refused, Report
from cli.progress import PlainProgress
from cli.spool import Spool
from tests.cli.tiny_server import TinyServer


def imported(delivery: Delivery, file: Path, *, batch_size: int = 500, out: io.StringIO | None = None) -> Report:
    importer = Importer(delivery, PlainProgress(out or io.StringIO()), batch_size)
    with Spool() as spool:
        importer.read(file, FORMATS["jsonl"], ReadOptions(), spool)
        importer.send(spool)
        importer.sweep()
    return importer.report


def jsonl(folder: Path, *events: dict[str, Any] | str) -> Path:
    file = folder / "events.jsonl"
    file.write_text("".join((e if isinstance(e, str) else json.dumps(e)) + "\n" for e in events))
    return file


def clicks(*times_ms: int) -> list[dict[str, Any]]:
    return [{"type": "click", "timestamp": at_ms} for at_ms in times_ms]


def test_events_are_sent_in_the_order_of_time_then_swept(
    server: TinyServer, delivery: Delivery, tmp_path: Path
) -> None:
    report = imported(delivery, jsonl(tmp_path, *clicks(30, 10, 20)), batch_size=2)
    sent = [event["timestamp"] for batch in server.batches for event in batch]
    assert sent == [10, 20, 30]
    assert server.requests == ["/api/v1/events?historic=true"] * 2 + ["/api/v1/sessions/sweep"]
    assert (report.sent, report.accepted, report.ended) == (3, 3, 3)


def test_a_second_run_changes_nothing(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    file = jsonl(tmp_path, *clicks(1, 2, 2, 3))
    first, second = imported(delivery, file), imported(delivery, file)
    assert (first.accepted, first.duplicates) == (4, 0)
    assert (second.accepted, second.duplicates) == (0, 4)


def test_bad_lines_are_told_with_their_number_and_counted(
    server: TinyServer, delivery: Delivery, tmp_path: Path
) -> None:
    out = io.StringIO()
    report = imported(delivery, jsonl(tmp_path, *clicks(1), "{broken", *clicks(2)), out=out)
    assert (report.sent, report.bad_lines) == (2, 1)
    assert "line 2: not JSON" in out.getvalue()


def test_rejected_events_are_told_by_their_line(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    server.reject = lambda event: event["timestamp"] == 10
    out = io.StringIO()
    report = imported(delivery, jsonl(tmp_path, *clicks(30, 10, 20)), out=out)
    assert (report.accepted, report.rejected) == (2, {"invalid_event": 1})
    assert "line 2: rejected, It is odd." in out.getvalue()


def test_a_batch_of_which_nothing_was_taken_is_no_failure(
    server: TinyServer, delivery: Delivery, tmp_path: Path
) -> None:
    server.reject = lambda event: True
    report = imported(delivery, jsonl(tmp_path, *clicks(1, 2)))
    assert report.rejected_count == report.sent == 2


def test_a_batch_that_is_too_large_is_halved_in_order(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    server.max_events = 2
    report = imported(delivery, jsonl(tmp_path, *clicks(1, 2, 3, 4, 5)))
    assert [event["timestamp"] for batch in server.batches for event in batch] == [1, 2, 3, 4, 5]
    assert report.accepted == 5


def test_one_event_that_is_too_large_is_rejected_alone(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    server.max_events = 0
    report = imported(delivery, jsonl(tmp_path, *clicks(1, 2)))
    assert report.rejected == {"too_large": 2}


def test_another_refusal_ends_the_import(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    server.trouble = [(403, {"message": "This key may only read."}, {})]
    with pytest.raises(Refused, match=r"403: This key may only read\."):
        imported(delivery, jsonl(tmp_path, *clicks(1)))


def test_trouble_on_the_way_neither_loses_nor_doubles(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    server.trouble = [(503, {}, {"Retry-After": "1"}), (0, {}, {}), (429, {}, {})]
    server.loses_answer_once = True
    report = imported(delivery, jsonl(tmp_path, *clicks(1, 2, 3)), batch_size=1)
    assert len(server.seen) == 3
    assert (report.accepted, report.duplicates) == (2, 1)


def test_only_the_first_bad_lines_are_told(server: TinyServer, delivery: Delivery, tmp_path: Path) -> None:
    out = io.StringIO()
    report = imported(delivery, jsonl(tmp_path, *["x"] * (NOTED_LINES + 50), *clicks(1)), out=out)
    assert report.bad_lines == NOTED_LINES + 50
    assert out.getvalue().count("not JSON") == NOTED_LINES
    assert out.getvalue().count("only counted") == 1
