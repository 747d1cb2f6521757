"""A request that is still under way when the time for stopping is over."""

import asyncio
from typing import Any

import msgspec

from engine.config import Config
from gateway.agent import AgentReader
from gateway.app import create_app
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine


async def test_it_is_told_to_come_again(config: Config, engine: FakeEngine, agents: AgentReader) -> None:
    app = create_app(config, engine, lambda: NOW_MS, agents=agents)
    waits = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> Any:
        waits.set()
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/events", "query_string": b"", "headers": []}
    task = asyncio.ensure_future(app(scope, receive, send))
    await waits.wait()
    task.cancel()
    await task
    head, body = sent
    assert head["status"] == 503
    assert {(b"retry-after", b"1"), (b"connection", b"close")} <= set(head["headers"])
    assert msgspec.json.decode(body["body"])["code"] == "stopping"
