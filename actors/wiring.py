"""Configuration -> real objects: every choice of what is plugged into what is made here, or in `store_wiring.py`."""

import json
import shutil
import time
from pathlib import Path
from typing import Final

from actors.shard import Shard
from engine.config import Config, default_shards
from engine.errors import ConfigError
from persistence.journal import Journal, take_lock

_LAYOUT: Final = "layout.json"


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


def open_shard(config: Config, number: int) -> Shard:
    folder = shard_folder(config, number)
    return Shard(
        number=number,
        journal=Journal(folder, lock_wait_ms=config.journal.lock_wait_ms),
        config=config,
        now_ms=system_now_ms(),
        free_disk_percent=lambda: _free_percent(folder),
    )


def _free_percent(folder: Path) -> float:
    usage = shutil.disk_usage(folder)
    return 100 * usage.free / usage.total
