import random

import pytest

from tests.simulation.disk import Crashed, DiskFailed, FakeDisk, Fault, Handle, Process
from tests.simulation.file import SECTOR_BYTES

PATH = "/data/file"


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
def process(disk: FakeDisk) -> Process:
    return disk.process("one")


@pytest.fixture
def handle(process: Process) -> Handle:
    return process.open(PATH)


def content(disk: FakeDisk) -> bytes:
    return disk.process("reader").open(PATH).read(1_000_000, 0)


def test_a_write_is_read_at_once_by_everybody(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"abc", 2)
    assert content(disk) == b"\0\0abc"
    handle.truncate(3)
    assert content(disk) == b"\0\0a"
    assert handle.size_bytes() == 3


def test_what_was_synced_survives_a_power_cut_and_the_rest_may_not(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"synced", 0)
    handle.sync()
    handle.write(b"unsync", 0)
    handle.write(b"tail", 6)
    disk.cut_power(None)
    assert content(disk) == b"synced"


def test_every_fate_of_an_unsynced_write_comes_true_for_some_seed() -> None:
    old, new = b"o" * 3 * SECTOR_BYTES, b"n" * 3 * SECTOR_BYTES
    found = set()
    for seed in range(100):
        disk = FakeDisk()
        handle = disk.process("one").open(PATH)
        handle.write(old, 0)
        handle.sync()
        handle.write(new, 0)
        disk.cut_power(seed)
        found.add(content(disk))
    assert found == {new[: sectors * SECTOR_BYTES] + old[sectors * SECTOR_BYTES :] for sectors in range(4)}


def test_a_later_write_may_survive_an_earlier_one() -> None:
    found = set()
    for seed in range(100):
        disk = FakeDisk()
        handle = disk.process("one").open(PATH)
        handle.write(b"1", 0)
        handle.write(b"2", 1)
        disk.cut_power(seed)
        found.add(content(disk))
    assert b"\0" + b"2" in found


def test_a_killed_process_leaves_what_it_wrote_and_does_no_more(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"abc", 0)
    disk.arm(Fault("kill", 1))
    handle.write(b"d", 3)
    with pytest.raises(Crashed):
        handle.sync()
    for work in (handle.sync, handle.size_bytes, lambda: handle.write(b"x", 0), lambda: handle.read(1, 0)):
        with pytest.raises(Crashed):
            work()
    assert content(disk) == b"abcd"
    disk.cut_power(None)
    assert content(disk) == b""


def test_a_power_cut_ends_every_process(disk: FakeDisk, process: Process, handle: Handle) -> None:
    other = disk.process("other")
    disk.arm(Fault("power"))
    with pytest.raises(Crashed):
        handle.write(b"abc", 0)
    assert (process.is_dead, other.is_dead) == (True, True)


def test_a_full_disk_takes_nothing_until_it_is_healed(disk: FakeDisk, handle: Handle) -> None:
    disk.arm(Fault("full", 1))
    handle.write(b"a", 0)
    for _ in range(2):
        with pytest.raises(DiskFailed) as raised:
            handle.write(b"b", 1)
        assert raised.value.is_full
    handle.sync()
    disk.heal()
    handle.write(b"c", 1)
    assert content(disk) == b"ac"
    assert [strike.kind for strike in disk.strikes] == ["full", "full"]


def test_a_write_that_fails_may_have_begun(disk: FakeDisk, handle: Handle) -> None:
    data = b"x" * 2 * SECTOR_BYTES
    sizes = set()
    for seed in range(50):
        disk.arm(Fault("write", 0, seed))
        handle.truncate(0)
        with pytest.raises(DiskFailed):
            handle.write(data, 0)
        sizes.add(len(content(disk)))
    assert sizes == {0, SECTOR_BYTES}


def test_after_a_failed_sync_the_writes_wait_for_the_next_one(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"abc", 0)
    disk.arm(Fault("sync"))
    with pytest.raises(DiskFailed):
        handle.sync()
    handle.sync()
    disk.cut_power(None)
    assert content(disk) == b"abc"


def test_a_sync_may_forget_and_what_it_forgot_is_read_until_the_cache_is_short(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"abc", 0)
    disk.arm(Fault("sync-forgets"))
    with pytest.raises(DiskFailed):
        handle.sync()
    handle.sync()
    assert content(disk) == b"abc"
    handle.write(b"d", 3)
    disk.evict()
    assert content(disk) == b"\0\0\0d"


def test_a_read_fails_once(disk: FakeDisk, handle: Handle) -> None:
    handle.write(b"abc", 0)
    disk.arm(Fault("read"))
    with pytest.raises(DiskFailed):
        handle.read(3, 0)
    assert handle.read(3, 0) == b"abc"


def test_a_deleted_file_is_gone(disk: FakeDisk, process: Process, handle: Handle) -> None:
    assert process.exists(PATH)
    process.delete(PATH)
    assert not process.exists(PATH)


def test_whoever_looks_on_meets_no_fault(disk: FakeDisk, handle: Handle) -> None:
    disk.arm(Fault("read"))
    with disk.calm():
        assert handle.read(1, 0) == b""
    with pytest.raises(DiskFailed):
        handle.read(1, 0)


def test_a_torn_write_ends_where_a_sector_of_the_disk_begins() -> None:
    disk = FakeDisk()
    handle = disk.process("one").open(PATH)
    handle.write(b"x" * 1200, 100)
    sizes = {len(disk.files[PATH].pending[0].torn(random.Random(seed)).data) for seed in range(50)}  # type: ignore[union-attr]
    assert sizes == {0, SECTOR_BYTES - 100, 2 * SECTOR_BYTES - 100}
