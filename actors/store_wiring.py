"""Configuration -> the store and who keeps it. Apart from `wiring.py`, because shards and gateways have no use for
ClickHouse and Arrow: 50 MB and a tenth of a second each, in which a shard that was killed could be back.
"""

from pathlib import Path

import structlog

from actors.storekeeper import StoreKeeper
from actors.wiring import shard_folder, system_now_ms
from engine.config import Config
from engine.errors import Wait
from persistence.clickhouse import ClickHouseStore
from persistence.plan import Plan

_log = structlog.get_logger(__name__)


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
