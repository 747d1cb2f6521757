"""/openapi.json against the routes, in both directions."""

import re
from typing import Any

import httpx
import pytest

from engine.analysis import Summary
from gateway.app import Gateway, create_app
from gateway.raw_event import RawEvent
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine


@pytest.fixture
async def description(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


@pytest.fixture
def served(config: Any, engine: FakeEngine, agents: Any) -> set[tuple[str, str]]:
    app = create_app(config, engine, lambda: NOW_MS, agents=agents)
    assert isinstance(app, Gateway)
    return {(method.lower(), re.sub(r":\w+}", "}", path)) for method, path in app.served()}


def operations(description: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in description["paths"].items() for method in methods}


def test_every_route_is_described_and_every_description_is_served(
    description: dict[str, Any], served: set[tuple[str, str]]
) -> None:
    assert operations(description) == served


def test_every_operation_says_what_it_does_and_how_it_fails(description: dict[str, Any]) -> None:
    for methods in description["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith(".")
            assert operation["responses"].keys() >= {"200", "408", "431", "500", "503"}


def test_every_path_parameter_is_described(description: dict[str, Any]) -> None:
    for path, methods in description["paths"].items():
        for operation in methods.values():
            described = {param["name"] for param in operation["parameters"] if param["in"] == "path"}
            assert described == set(re.findall(r"{(\w+)}", path))


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    names = set(re.findall(r"'#/components/schemas/(\w+)'", str(description)))
    assert names
    assert names <= description["components"]["schemas"].keys()


def test_an_event_is_described_field_by_field(description: dict[str, Any]) -> None:
    assert set(description["components"]["schemas"]["Event"]["properties"]) == set(RawEvent.__struct_encode_fields__)


async def test_a_session_answers_what_is_described(
    client: httpx.AsyncClient, engine: FakeEngine, description: dict[str, Any]
) -> None:
    engine.summaries = [Summary("default", "s", "u", 1, "live", 1, NOW_MS, NOW_MS)]
    answer = (await client.get("/api/v1/sessions/s")).json()
    assert set(description["components"]["schemas"]["SessionView"]["properties"]) == set(answer)
