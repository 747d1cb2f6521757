"""Configuration -> the store and who keeps it. Apart from `wiring.py`, because shards and gateways have no use for
ClickHouse and Arrow: 50 MB and a tenth of a second each, in which a shard that was killed could be back.
"""

from pathlib import Path

from actors.storekeeper import StoreKeeper
from actors.wiring import shard_folder, system_now_ms, wait_for_room
from engine.config import Config
from persistence.clickhouse import ClickHouseStore
from persistence.plan import Plan


def open_storekeeper(config: Config, shards: int) -> StoreKeeper:
    """The journals must exist. The store is not waited for: it is opened and filled as soon as it can be."""
    wait_for_room(config)
    folder = Path(config.data_dir)
    return StoreKeeper(
        store=ClickHouseStore(config.clickhouse, path=str(folder / "clickhouse")),
        plan=Plan(folder / "sinks.db"),
        journals=[shard_folder(config, number) for number in range(shards)],
        config=config,
        clock=system_now_ms,
    )
