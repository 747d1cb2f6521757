"""The app around the handlers: routing, and errors that have no handler."""

import httpx
import pytest
from starlette.types import ASGIApp, Message

from engine.config import Config
from engine.errors import JournalDamaged
from gateway.agent import AgentReader
from gateway.app import create_app
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine


@pytest.fixture
def app(config: Config, engine: FakeEngine, agents: AgentReader) -> ASGIApp:
    return create_app(config, engine, lambda: NOW_MS, agents=agents)


@pytest.mark.parametrize("path", ["/", "/no", "/api/v1/events/", "/api/v2/events"])
async def test_an_unknown_path_is_a_404_problem(client: httpx.AsyncClient, path: str) -> None:
    is_problem(await client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/v1/events", {"POST"}),
        ("DELETE", "/session/create", {"POST"}),
        ("POST", "/session/analysis", {"GET", "HEAD"}),
        ("PUT", "/api/v1/sessions/s", {"GET", "HEAD"}),
    ],
)
async def test_a_wrong_method_is_a_405_problem(
    client: httpx.AsyncClient, method: str, path: str, allow: set[str]
) -> None:
    response = await client.request(method, path)
    is_problem(response, 405, "method_not_allowed")
    assert set(response.headers["allow"].split(", ")) == allow


async def test_head_is_answered_where_get_is(client: httpx.AsyncClient) -> None:
    assert (await client.head("/health")).status_code == 200


async def test_an_operators_error_is_logged_and_not_told(
    client: httpx.AsyncClient, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.error = JournalDamaged("Frame 7 of /secret is damaged.")
    body = is_problem(await client.get("/session/analysis?session_id=s"), 500, "internal_error")
    assert "secret" not in str(body)
    assert "Frame 7" in "".join(capsys.readouterr())


async def test_a_client_that_goes_away_is_not_answered(app: ASGIApp) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/events", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert sent == []


async def test_the_app_starts_and_stops_with_its_server(app: ASGIApp) -> None:
    asked: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Message:
        return asked.pop(0)

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan", "state": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
