"""When the server gives up on a shard that stays away."""

from pathlib import Path

from engine.config import Journal
from gateway.server import is_gone
from persistence.disk import Disk


class Full(Disk):
    def free_bytes(self) -> int:
        return 0


def test_a_shard_that_stays_away_ends_the_server(tmp_path: Path) -> None:
    disk = Disk(tmp_path, Journal())
    assert [is_gone(absent_ms, disk) for absent_ms in (29_999, 30_000)] == [False, True]


def test_on_a_full_disk_it_is_waited_for(tmp_path: Path) -> None:
    assert not is_gone(3_600_000, Full(tmp_path, Journal()))
