"""A disk that fills up under load: refused in time, and when it is full all the same, mended by room alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.load import Load, assert_all_stored_once, wait_for_acks
from tests.live.serving import Answer, Serving, wait_until
from tests.live.small_disk import SmallDisk

DISK_MB = 128
FLOOR_MB = 64
BACK_S = 30
SETTINGS = "[journal]\nmin_free_disk_percent = 0\nmin_free_disk_bytes = {floor}\n"


class Witness(Serving):
    """Remembers every refusal."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.refusals: list[Answer] = []

    def post(self, path: str, body: Any = None, *, timeout_s: float = 60) -> Answer:
        answer = super().post(path, body, timeout_s=timeout_s)
        if answer.status != 200:
            self.refusals.append(answer)
        return answer

    def check_of_disk(self) -> str:
        status: str = self.get("/health").json["checks"]["disk"]["status"]
        return status

    def has_said(self, text: str) -> bool:
        return text in self.log.read_text(errors="replace")

    def assert_refusals_are_for_the_disk(self) -> None:
        assert self.refusals
        assert {(answer.status, answer.json["code"]) for answer in self.refusals} <= {
            (503, "disk_full"),
            (503, "shard_unavailable"),  # in the moment in which a shard meets the end of the disk
        }
        assert all(int(answer.headers["retry-after"]) > 0 for answer in self.refusals)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with SmallDisk(tmp_path / "disk", DISK_MB) as disk:
            yield disk
    except PermissionError as error:
        pytest.skip(str(error))


def fill_until_refused(disk: SmallDisk, server: Witness) -> None:
    def is_refused() -> bool:
        if not server.refusals:
            disk.take(2)
        return bool(server.refusals)

    wait_until(is_refused, BACK_S)


@pytest.mark.timeout(180)
def test_a_full_disk_costs_nothing_that_was_acked_and_needs_no_restart(tmp_path: Path, disk: SmallDisk) -> None:
    settings = tmp_path / "sessiond.toml"
    settings.write_text(SETTINGS.format(floor=FLOOR_MB * 1_000_000))
    server = Witness(disk.folder / "data", "--config", str(settings))
    server.log = tmp_path / "log"
    with server, Load(server) as load:
        wait_for_acks(load, 200)
        fill_until_refused(disk, server)
        assert FLOOR_MB - 10 < disk.free_mb() < FLOOR_MB
        wait_until(lambda: server.check_of_disk() == "unavailable", 5)
        disk.give_back()
        wait_for_acks(load, 200)
        server.assert_refusals_are_for_the_disk()
    assert_survives_a_disk_without_a_byte(server, disk, settings, load)


def assert_survives_a_disk_without_a_byte(server: Witness, disk: SmallDisk, settings: Path, before: Load) -> None:
    """Without a floor, so that SQLite and ClickHouse meet the end themselves."""
    settings.write_text(SETTINGS.format(floor=0))
    server.refusals.clear()
    with server:
        with Load(server) as load:
            wait_for_acks(load, 200)
            disk.take_all()
            wait_until(lambda: server.has_said("The disk is full"), BACK_S)
            wait_until(lambda: server.has_said("waiting until there is room"), BACK_S)
            wait_until(lambda: bool(server.refusals), BACK_S)
            assert server.get("/health").status == 503
            disk.give_back()
            wait_for_acks(load, 200)
        server.assert_refusals_are_for_the_disk()
        assert_all_stored_once(server, before)
        assert_all_stored_once(server, load)
