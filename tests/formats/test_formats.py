"""What a released version wrote is read by this one, goes on, and is refused where it cannot be read."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.shard import Shard
from engine.config import Config
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, Batch, decode_outcome, decode_reply, encode
from gateway.views import session_view
from persistence.journal import FILE, FORMAT, Journal, JournalReader, connect_to_read
from persistence.journal_format import written_format
from persistence.meta import Meta
from tests.builders import HOUR, MINUTE, T0, event
from tests.formats.unpack import ARCHIVES, said_before, unpack
from tests.formats.write import SHARDS, shard_of

AFTER = 2 * HOUR


class Folder:
    """A data folder and a shard on each of its journals."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shards: list[Shard] = []
        self._gateways = count()

    def start(self) -> None:
        self.shards = [
            Shard(
                number=number,
                journal=Journal(self.folder / f"shard-{number}"),
                config=Config(),
                now_ms=T0 + AFTER,
                free_disk_percent=lambda: 50.0,
            )
            for number in range(SHARDS)
        ]

    def close(self) -> None:
        for shard in self.shards:
            shard.close()
        self.shards = []

    def analysis(self, place: str) -> dict[str, Any]:
        name, _, generation = place.partition("#")
        summary = self.shards[shard_of(event(session=name))].session(
            "default", name, int(generation) if generation else None
        )
        assert summary is not None, place
        found: dict[str, Any] = msgspec.to_builtins(session_view(summary))
        return found

    def send(self, name: str, at: int, *, id: str) -> int:
        one = event(session=name, user=f"u-{name}", at=at, id=id)
        reply = self.shards[shard_of(one)].apply(encode(Batch(f"new{next(self._gateways)}", 1, T0 + AFTER, [one])))
        [status] = decode_reply(reply).statuses
        return status


@pytest.fixture(params=ARCHIVES, ids=lambda archive: archive.name.partition(".")[0])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Folder, dict[str, Any]]]:
    path, analyses = unpack(request.param, tmp_path)
    folder = Folder(path)
    yield folder, analyses
    folder.close()


Written = tuple[Folder, dict[str, Any]]


def test_the_format_before_this_one_is_kept() -> None:
    assert f"format-{FORMAT - 1}.tar.xz" in [archive.name for archive in ARCHIVES]


def test_the_first_start_brings_a_folder_to_this_format(written: Written) -> None:
    folder, _ = written
    folder.start()
    folder.close()
    for number in range(SHARDS):
        path = folder.folder / f"shard-{number}" / FILE
        with closing(connect_to_read(path)) as db:
            assert written_format(db, path) == FORMAT
            assert Meta(db, path).verify() >= 9


def test_sessions_answer_as_they_did_and_still_do_after_another_start(written: Written) -> None:
    folder, analyses = written
    for _ in range(2):
        folder.start()
        # A version may say more of a session than the one before, and nothing else of it.
        assert {place: said_before(folder.analysis(place), analyses[place]) for place in analyses} == analyses
        folder.close()


def test_sessions_go_on(written: Written) -> None:
    folder, analyses = written
    folder.start()
    for name, at, status in (("s20", 96 * MINUTE, ACCEPTED), ("s3", 46_000, LATE_FOLDED)):
        assert [folder.send(name, at, id="new") for _ in range(2)] == [status, DUPLICATE]
        assert folder.analysis(name)["event_count"] == analyses[name]["event_count"] + 1


def test_a_reader_reads_its_frames_before_and_after_the_first_start(written: Written) -> None:
    folder, _ = written

    def statuses() -> list[bytes]:
        found = []
        for number in range(SHARDS):
            reader = JournalReader(folder.folder / f"shard-{number}")
            found += [decode_outcome(frame.outcome).statuses for frame in reader.frames(0)]
            reader.close()
        return [one for one in found if one]

    before = statuses()
    assert before
    folder.start()
    assert statuses() == before


def _as_far_as(known: Any, found: Any) -> Any:
    """`found` without the fields that `known` does not have."""
    if isinstance(known, dict):
        return {name: _as_far_as(value, found[name]) for name, value in known.items()}
    if isinstance(known, list) and len(known) == len(found):
        return [_as_far_as(*pair) for pair in zip(known, found, strict=True)]
    return found
