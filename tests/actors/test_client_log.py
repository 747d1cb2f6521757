"""What the client says in the log of a shard that goes and comes."""

from pathlib import Path

from structlog.testing import capture_logs

from actors.link import LinkLost
from actors.local import LocalShardLink
from actors.ports import ShardStats
from tests.actors.test_client import CONFIG, World


class ComingLink(LocalShardLink):
    """Lost until `is_there`."""

    is_there = False

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        if not self.is_there:
            raise LinkLost
        return await super().tick(now_ms, sinks_done_seq)


async def test_a_shard_that_goes_and_comes_is_named_once_each(tmp_path: Path) -> None:
    world = World(tmp_path)
    coming = ComingLink(world.shards[0])
    client = world.client_over([coming, *world.links[1:]])
    with capture_logs() as logs:
        for _ in range(3):
            await client.tick()
        coming.is_there = True
        for _ in range(3):
            await client.tick()
    world.close()
    assert [(line["event"], line["shard"]) for line in logs] == [
        ("a shard does not answer", 0),
        ("a shard answers again", 0),
    ]
    assert logs[-1]["absent_ms"] == 3 * CONFIG.engine.tick_ms
