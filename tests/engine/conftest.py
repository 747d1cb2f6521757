"""What tests of the engine share."""

import pytest

from engine.memory_archive import MemoryArchive


@pytest.fixture(params=["in memory", "archived"])
def archive(request: pytest.FixtureRequest) -> MemoryArchive | None:
    return MemoryArchive() if request.param == "archived" else None
