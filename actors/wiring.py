"""Configuration -> real objects: every choice of what is plugged into what is made here."""

import json
import shutil
import time
from pathlib import Path
from typing import Final

import structlog

from actors.shard import Shard
from actors.storekeeper import StoreKeeper
from engine.config import Config, default_shards
from engine.errors import ConfigError, Wait
from persistence.clickhouse import ClickHouseStore
from persistence.journal import take_lock
from persistence.plan import Plan

_LAYOUT: Final = "layout.json"
_log = structlog.get_logger(__name__)


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
        folder=folder,
        config=config,
        now_ms=system_now_ms(),
        free_disk_percent=lambda: _free_percent(folder),
    )


def _free_percent(folder: Path) -> float:
    usage = shutil.disk_usage(folder)
    return 100 * usage.free / usage.total


def open_storekeeper(config: Config, shards: int) -> StoreKeeper:
    """The journals must exist. A store that cannot work now is not waited for: it is filled when it can."""
    folder = Path(config.data_dir)
    store = ClickHouseStore(config.clickhouse, path=str(folder / "clickhouse"))
    try:
        store.migrate()
    except Wait as error:
        _log.warning("the store is not ready", error=error.message)
    return StoreKeeper(
        store=store,
        plan=Plan(folder / "sinks.db"),
        journals=[shard_folder(config, number) for number in range(shards)],
        config=config,
        clock=system_now_ms,
    )
