"""The rules of a project, shown and set."""

from typing import Any

import httpx
import msgspec
import pytest

from engine.config import Config, Project
from engine.detectors import DETECTORS
from engine.errors import Wait
from engine.overlay import KINDS
from engine.rules import RageClick, Rules
from gateway.agent import AgentReader
from gateway.app import create_app
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine

RULES = "/api/v1/detectors"
KINDS_THERE = {detector.kind for detector in DETECTORS}
FOUR = {"rage_click": {"min_clicks": 4}}


async def test_every_detector_is_shown_with_its_thresholds_and_where_they_come_from(client: httpx.AsyncClient) -> None:
    body = (await client.get(RULES)).json()
    assert (body["version"], body["project_id"], set(body["detectors"])) == (1, "default", KINDS_THERE)
    defaults = {
        "enabled": True,
        "ignore_selectors": [],
        "ignore_texts": [],
        "preset": "",
        "min_clicks": 6,
        "window_ms": 2_000,
        "radius_px": 50,
        "answer_ms": 100,
    }
    assert body["detectors"]["rage_click"] == {
        "version": 1,
        "severity": "high",
        "source": "default",
        **defaults,
        "defaults": defaults,
    }


async def test_what_is_set_is_answered_as_it_is_shown(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    answer = await client.put(RULES, json={"version": 1, "detectors": FOUR})
    assert answer.status_code == 200
    body = answer.json()
    assert body == (await client.get(RULES)).json()
    assert engine.configured_with == [("default", FOUR, 1)]
    rage, other = body["detectors"]["rage_click"], body["detectors"]["u_turn"]
    assert (rage["version"], rage["source"], rage["min_clicks"], rage["defaults"]["min_clicks"]) == (2, "api", 4, 6)
    assert (body["version"], other["version"], other["source"]) == (2, 1, "default")


async def test_nothing_set_goes_back_to_the_configuration(client: httpx.AsyncClient) -> None:
    await client.put(RULES, json={"detectors": FOUR})
    body = (await client.put(RULES, json={"detectors": {}})).json()
    rage = body["detectors"]["rage_click"]
    assert (body["version"], rage["version"], rage["source"], rage["min_clicks"]) == (3, 3, "default", 6)


@pytest.mark.parametrize(
    ("projects", "source"),
    [({}, "config"), ({"default": Project(FOUR)}, "project"), ({"other": Project(FOUR)}, "config")],
)
async def test_the_source_is_the_last_that_said_anything(
    engine: FakeEngine, agents: AgentReader, projects: dict[str, Project], source: str
) -> None:
    config = Config(detectors=Rules(rage_click=RageClick(radius_px=20)), projects=projects)
    app = create_app(config, engine, lambda: NOW_MS, agents=agents)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sessiond") as client:
        body = (await client.get(RULES)).json()
    assert body["detectors"]["rage_click"]["source"] == source
    assert body["detectors"]["u_turn"]["source"] == "default"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"detectors": {"rage_click": {"min_clicks": 1}}},
            "invalid_parameter",
            "`detectors.rage_click.min_clicks` is 1; a whole number from 2 to 50 is allowed.",
        ),
        (
            {"detectors": {"rage": {}}},
            "invalid_parameter",
            f"`detectors.rage` is no detector; there are {', '.join(KINDS)}.",
        ),
        ({"detectors": 5}, "invalid_parameter", "`detectors` is 5; a table"),
        ({}, "missing_parameter", "`detectors` is missing"),
        ({"detectors": {}, "version": 0}, "invalid_parameter", "`version` is 0; a whole number of at least 1 is"),
        ({"detectors": {}, "Version": 1}, "invalid_parameter", "`Version` is no field here; there are version,"),
        ([], "invalid_json", "The body is []; a JSON object is allowed."),
    ],
)
async def test_a_wrong_body_is_refused_by_name(client: httpx.AsyncClient, body: Any, code: str, message: str) -> None:
    problem = is_problem(await client.put(RULES, json=body), 400, code)
    assert message in problem["message"]


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    is_problem(await client.put(RULES, content=b"{"), 400, "invalid_json")
    is_problem(await client.put(RULES, content=b'{"detectors": "' + b"x" * 300_000 + b'"}'), 413, "body_too_large")


async def test_while_a_shard_is_away_nothing_is_said(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.error = Wait("The part that holds this answer restarts.", "unavailable")
    is_problem(await client.get(RULES), 503, "unavailable")
    is_problem(await client.put(RULES, json={"detectors": FOUR}), 503, "unavailable")


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    is_problem(await client.delete(RULES), 405, "method_not_allowed")
    assert msgspec.json.decode((await client.get("/openapi.json")).content)["paths"][RULES].keys() == {"get", "put"}
