"""How a shard may stop: what a start finds must be the same."""

import pytest

from tests.actors.shard_rig import ShardRig, Stop


@pytest.fixture(params=[ShardRig.restart, ShardRig.crash], ids=["stopped", "crashed"])
def stop(request: pytest.FixtureRequest) -> Stop:
    found: Stop = request.param
    return found
