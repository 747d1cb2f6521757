"""The rows of one file in the order of time, for files that are larger than memory should be.

Rows are kept encoded in a temporary file; only 16 bytes each (time, place) stay in memory, so five million lines take
80 MB and as much disk as the events have. Used once: `add` every row, then `in_order`.
"""

import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import msgspec

from cli.formats.row import Row

_IN_MEMORY_BYTES: Final = 64_000_000  # a smaller file never touches the disk
_NO_TIME: Final = 2**63 - 1  # events without a time are stamped on arrival, so they come last
_LENGTH_BYTES: Final = 4
_encode: Final = msgspec.json.Encoder().encode  # not MessagePack, which has no integers above 64 bits
_decode: Final = msgspec.json.Decoder(Row).decode


class Spool:
    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by __exit__
        self._times = array("q")
        self._places = array("q")
        self._end = 0

    def __len__(self) -> int:
        return len(self._times)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        body = _encode(row)
        self._times.append(_NO_TIME if row.at_ms is None else max(-_NO_TIME, min(row.at_ms, _NO_TIME)))
        self._places.append(self._end)
        self._end += self._file.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)

    def in_order(self) -> Iterator[Row]:
        """By time; rows of one time in the order of the file. Each gets its event id."""
        occurrences: dict[bytes, int] = {}
        time_ms: int | None = None
        for index in sorted(range(len(self)), key=self._times.__getitem__):
            row = self._read(self._places[index])
            if row.at_ms != time_ms:  # equal lines have equal times, so earlier ones need not be remembered
                time_ms = row.at_ms
                occurrences.clear()
            _identify(row, occurrences)
            yield row

    def _read(self, place: int) -> Row:
        self._file.seek(place)
        length = int.from_bytes(self._file.read(_LENGTH_BYTES), "big")
        return _decode(self._file.read(length))


def _identify(row: Row, occurrences: dict[bytes, int]) -> None:
    """The id is made of the line and its number among equal lines: a second import sends the same ids."""
    if not row.digest:
        return
    number = occurrences[row.digest] = occurrences.get(row.digest, 0) + 1
    row.event["event_id"] = row.digest.hex() if number == 1 else f"{row.digest.hex()}-{number}"
