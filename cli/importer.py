"""A file of history into a running sessiond: read it whole, send it in the order of time, end what is over.

Batches go one after another over one connection, because two at once could overtake each other and cut a session in
two. Nothing here depends on what was imported before: running it again sends the same ids and changes nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from cli.delivery import Answer, Delivery
from cli.formats.lines import opened, read_lines
from cli.formats.row import BadLine, Line, Reader, ReadOptions, Row
from cli.progress import ProgressView
from cli.spool import Spool
from engine.errors import OperatorError

EVENTS: Final = "/api/v1/events?historic=true"
SWEEP: Final = "/api/v1/sessions/sweep"
NOTED_LINES: Final = 100  # a file of another kind has as many bad lines as lines; the rest is only counted
_TOO_LARGE: Final = 413
_PROGRESS_ROWS: Final = 1000


class Report(msgspec.Struct):
    """What became of the file. `rejected` counts by the server's code; `ended` are the sessions that were still open
    at the end of it."""

    bad_lines: int = 0
    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: dict[str, int] = {}
    ended: int = 0
    seconds: float = 0.0

    @property
    def rejected_count(self) -> int:
        return sum(self.rejected.values())


class Refused(OperatorError):
    """The server refused a whole request, and would again."""

    code = "refused"


class Importer:
    """One file, one run: `read`, then `send`, then `sweep`; `report` grows meanwhile."""

    def __init__(self, delivery: Delivery, progress: ProgressView, batch_size: int) -> None:
        self._delivery = delivery
        self._progress = progress
        self._batch_size = batch_size
        self._noted = 0
        self.report = Report()

    def read(self, path: Path, reader: Reader, options: ReadOptions, spool: Spool) -> None:
        """Every event of the file into `spool`; the lines that are none are noted."""
        self._progress.stage("reading", None)
        with opened(path) as file:
            lines = self._whole_lines(read_lines(file))
            for count, row in enumerate(reader(lines, options), 1):
                self._take(row, spool)
                if count % _PROGRESS_ROWS == 0:
                    self._progress.advance(_PROGRESS_ROWS)

    def send(self, spool: Spool) -> None:
        """Raises Unreachable, Refused."""
        self._progress.stage("sending", len(spool))
        rows = spool.in_order()
        while batch := list(islice(rows, self._batch_size)):
            self._send_batch(batch)
            self._progress.advance(len(batch))

    def sweep(self) -> None:
        """End every imported session whose gap has passed. Raises Unreachable, Refused."""
        answer = self._delivery.post(SWEEP, {})
        if answer.status != 200:
            raise _refusal(answer)
        self.report.ended = int(answer.body.get("ended", 0))

    def _whole_lines(self, lines: Iterable[Line | BadLine]) -> Iterator[Line]:
        for line in lines:
            if isinstance(line, Line):
                yield line
            else:
                self._note_bad(line)

    def _take(self, row: Row | BadLine, spool: Spool) -> None:
        if isinstance(row, Row):
            spool.add(row)
        else:
            self._note_bad(row)

    def _send_batch(self, batch: list[Row]) -> None:
        answer = self._delivery.post(EVENTS, [row.event for row in batch])
        if answer.status == _TOO_LARGE and len(batch) > 1:
            half = len(batch) // 2
            self._send_batch(batch[:half])
            self._send_batch(batch[half:])
        else:
            self._count(batch, answer)

    def _count(self, batch: list[Row], answer: Answer) -> None:
        rejected = _rejected(batch, answer)
        self.report.sent += len(batch)
        self.report.accepted += int(answer.body.get("accepted", 0))
        self.report.duplicates += int(answer.body.get("duplicates", 0))
        for item in rejected:
            self._note_rejected(batch[item["index"]].line, item)

    def _note_rejected(self, line: int, item: dict[str, Any]) -> None:
        code = str(item.get("code", "rejected"))
        self.report.rejected[code] = self.report.rejected.get(code, 0) + 1
        self._note(f"line {line}: rejected, {item.get('message', code)}")

    def _note_bad(self, bad: BadLine) -> None:
        self.report.bad_lines += 1
        self._note(f"line {bad.line}: {bad.reason}")

    def _note(self, text: str) -> None:
        self._noted += 1
        if self._noted <= NOTED_LINES:
            self._progress.note(text)
        elif self._noted == NOTED_LINES + 1:
            self._progress.note("further lines like these are only counted")


def _rejected(batch: list[Row], answer: Answer) -> list[dict[str, Any]]:
    """The server says 400 when it rejected every event, and lists them. Raises Refused on any other failure."""
    listed = answer.body.get("rejected")
    if answer.status == 200 or (answer.status == 400 and listed):
        return list(listed or [])
    if answer.status == _TOO_LARGE and len(batch) == 1:
        return [{"index": 0, "code": answer.body.get("code", "too_large"), "message": answer.body.get("message", "")}]
    raise _refusal(answer)


def _refusal(answer: Answer) -> Refused:
    message = f"The server answered {answer.status}: {answer.body.get('message', 'it gave no reason')}"
    return Refused(message)
