"""Configuration -> real objects: every choice of what is plugged into what is made here, or in `store_wiring.py`."""

import json
import time
from pathlib import Path
from typing import Final

from actors.shard import Shard
from engine.config import Config, default_shards
from engine.errors import ConfigError
from persistence.disk import Disk
from persistence.inspection import check_start
from persistence.journal import Journal
from persistence.lock import take_lock

_LAYOUT: Final = "layout.json"
_LOOK_AGAIN_S: Final = 1.0  # at a disk that was full


def system_now_ms() -> int:
    """Unix milliseconds. The one wall clock: everything else gets the time as an argument."""
    return time.time_ns() // 1_000_000


def settle_shards(config: Config) -> int:
    """The number of shards of the data folder, which is made if need be. It is fixed when the folder is made, because
    it decides which journal holds a session; ConfigError if the configuration asks for another."""
    folder = Path(config.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    layout = folder / _LAYOUT
    wanted = config.engine.shards
    if not layout.exists():
        shards = wanted or default_shards()
        layout.write_text(json.dumps({"format": 1, "shards": shards}) + "\n")
        return shards
    shards = int(json.loads(layout.read_text())["shards"])
    if wanted not in (0, shards):
        message = (
            f"`engine.shards` is {wanted}, but {folder} was made with {shards}; leave it out, or use a new folder."
        )
        raise ConfigError(message)
    return shards


def claim(config: Config) -> int:
    """Make this process the only server on the data folder. Raises JournalLocked."""
    folder = Path(config.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return take_lock(folder, config.journal.lock_wait_ms)


def shard_folder(config: Config, number: int) -> Path:
    return Path(config.data_dir) / f"shard-{number}"


def check_journals(config: Config, shards: int) -> None:
    """Raises JournalDamaged for what can be seen without a shard. Cheap enough for every start: a shard that finds it
    is a process that Ray starts again and again."""
    for number in range(shards):
        check_start(shard_folder(config, number))


def open_shard(config: Config, number: int) -> Shard:
    """Waits while the disk is too full to open it."""
    folder = shard_folder(config, number)
    folder.mkdir(parents=True, exist_ok=True)
    wait_for_room(config)
    disk = disk_of(config)
    return Shard(
        number=number,
        journal=Journal(folder, lock_wait_ms=config.journal.lock_wait_ms),
        config=config,
        now_ms=system_now_ms(),
        free_disk_percent=disk.free_percent,
        min_free_disk_percent=disk.floor_percent(),
    )


def disk_of(config: Config) -> Disk:
    """Where the data lies; the folder must exist."""
    return Disk(Path(config.data_dir), config.journal)


def wait_for_room(config: Config) -> None:
    """Returns when the disk has room for a process to start. A process that did not wait would die and be started
    again, for as long as the disk is full."""
    disk_of(config).wait_for_room(pause=lambda: time.sleep(_LOOK_AGAIN_S))
