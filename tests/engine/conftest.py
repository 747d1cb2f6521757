"""Property tests have no deadline each: the machine may be busy. `timeout` in pyproject.toml bounds every test."""

import pytest
from hypothesis import settings

from engine.memory_archive import MemoryArchive

settings.register_profile("suite", deadline=None, max_examples=40)
settings.load_profile("suite")


@pytest.fixture(params=["in memory", "archived"])
def archive(request: pytest.FixtureRequest) -> MemoryArchive | None:
    return MemoryArchive() if request.param == "archived" else None
