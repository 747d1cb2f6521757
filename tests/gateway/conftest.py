"""A gateway over the fake engine, with a clock that stands still."""

from collections.abc import AsyncIterator
from typing import Final

import httpx
import pytest

from engine.config import Config
from gateway.agent import AgentReader
from gateway.app import create_app
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from tests.gateway.fake_engine import FakeEngine

NOW_MS: Final = 1_767_322_805_678  # 2026-01-02T03:00:05.678Z
CLIENT: Final = ("203.0.113.7", 40_000)


@pytest.fixture(scope="session")
def agents() -> AgentReader:
    return AgentReader()


@pytest.fixture
def config() -> Config:
    return Config()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def client(config: Config, engine: FakeEngine, agents: AgentReader) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(config, engine, lambda: NOW_MS, agents=agents)
    transport = httpx.ASGITransport(app=app, client=CLIENT, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://sessiond") as found:
        yield found


@pytest.fixture
def decoder(config: Config, agents: AgentReader) -> Decoder:
    return Decoder(config, Normaliser(config, agents))


@pytest.fixture
def arrival(config: Config) -> Arrival:
    return Arrival(NOW_MS, NOW_MS + config.server.max_future_ms, 0, CLIENT[0])
