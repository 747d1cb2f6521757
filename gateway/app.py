"""The ASGI app: finds the route, calls its handler, and turns whatever happens into an answer."""

import asyncio
from collections.abc import Callable
from time import perf_counter

import structlog
from starlette.exceptions import HTTPException
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.alert_ports import Alerts
from actors.live_sources import LiveSources
from actors.ports import EngineClient
from engine.config import Config, Server
from engine.errors import SessiondError, Wait
from gateway.agent import AgentReader
from gateway.alert_metrics import AlertCollector
from gateway.alerts import AlertDesk
from gateway.body import BodyReader
from gateway.budget import Budget
from gateway.call import PIECE_BYTES, Answer, Call, Disconnected
from gateway.collector import EngineCollector
from gateway.decode import Decoder
from gateway.detectors import Detectors
from gateway.health import Health
from gateway.hub import Hub
from gateway.ingest import Arrivals, Ingest, Intake
from gateway.ledger import Ledger
from gateway.live import LiveDesk
from gateway.live_metrics import LiveCollector
from gateway.lookup import Lookup
from gateway.metrics import Metrics, RouteMetrics
from gateway.normalise import Normaliser
from gateway.openapi import described
from gateway.problems import error_answer, internal_error, problem
from gateway.query import Queries
from gateway.routes import Handler, Parts, Route, routes
from gateway.session import SessionWriter
from gateway.stream import Stream
from gateway.whatif import WhatIf


class Budgets:
    """One for what comes in and one for what goes out, so that slow readers cannot keep events out."""

    def __init__(self, limits: Server) -> None:
        # A body as it came and inflated, or the largest that is allowed could never be read.
        self.bodies = Budget(max(limits.max_inflight_bytes, 2 * limits.max_body_bytes))
        self.answers = Budget(limits.max_inflight_bytes)


class Endpoint:
    """One route as an ASGI app. Every failure of a handler ends here, before anything was sent."""

    def __init__(
        self,
        handler: Handler,
        metrics: RouteMetrics,
        budgets: Budgets,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        self._handler = handler
        self._metrics = metrics
        self._bodies = budgets.bodies
        self._answers = budgets.answers
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_s = perf_counter()
        call = Call(scope, receive)
        try:
            answer = await self._answer(call)
        except Disconnected:
            return
        finally:
            self._bodies.give_back(call.held_bytes)
        if len(answer.body) <= PIECE_BYTES:
            await answer.send(send)
        else:
            answer = await self._send_large(answer, send)
        self._metrics.observe(answer.status, perf_counter() - started_s)

    async def _send_large(self, answer: Answer, send: Send) -> Answer:
        """It is in memory until its client has taken all but the last piece. What was sent."""
        try:
            self._answers.take(len(answer.body))
        except Wait as wait:
            answer = error_answer(wait)
            await answer.send(send)
            return answer
        try:
            await answer.send(send)
        finally:
            self._answers.give_back(len(answer.body))
        return answer

    async def _answer(self, call: Call) -> Answer:
        try:
            return await self._handler(call)
        except Disconnected:
            raise
        except SessiondError as error:
            if error.status >= 500 and error.status != 503:
                self._log.exception("request failed", path=call.path)
            return _unread(call, error_answer(error))
        except asyncio.CancelledError:
            # By uvicorn, when its time for requests under way is over at a stop: nothing that the log must explain.
            return _stopping()
        except Exception:
            # The edge: one request must not take the server with it, and its client must get an answer.
            self._log.exception("request failed", path=call.path)
            return internal_error()


def _stopping() -> Answer:
    answer = error_answer(Wait("The server is stopping.", "stopping"))
    answer.headers.append((b"connection", b"close"))
    return answer


def _unread(call: Call, answer: Answer) -> Answer:
    """A body that nobody read is skipped by the parser. But who waits for a "100 Continue" may send none at all now,
    and its next request would be taken for it."""
    closing = (b"connection", b"close")
    if b"expect" in call.headers and closing not in answer.headers:
        answer.headers.append(closing)
    return answer


class Gateway:
    """Hands the routes that carry the load straight to their endpoint; the others pass Starlette's router."""

    def __init__(self, endpoints: dict[Route, Endpoint], unknown: RouteMetrics) -> None:
        self._direct: dict[str, tuple[str, Endpoint]] = {
            route.path: (route.method, endpoint) for route, endpoint in endpoints.items() if "{" not in route.path
        }
        self._router = Router(
            [StarletteRoute(route.path, endpoint, methods=[route.method]) for route, endpoint in endpoints.items()],
            redirect_slashes=False,
        )
        self._routes = list(endpoints)
        self._unknown = unknown

    def served(self) -> list[tuple[str, str]]:
        """Method and path of every route."""
        return [(route.method, route.path) for route in self._routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        method, endpoint = self._direct.get(scope["path"], ("", None))
        if endpoint is not None and method == scope["method"]:
            await endpoint(scope, receive, send)
            return
        scope["app"] = self  # makes Starlette raise for 404 and 405 instead of answering in plain text
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:
            await self._refuse(scope, send, error)

    async def _refuse(self, scope: Scope, send: Send, error: HTTPException) -> None:
        allow = (error.headers or {}).get("Allow", "")
        headers = [(b"allow", allow.encode())] if allow else []
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        what = f"{scope['method']} is not allowed on" if error.status_code == 405 else "There is nothing at"
        await problem(error.status_code, code, f"{what} {scope['path'][:200]}.", headers).send(send)
        self._unknown.observe(error.status_code, 0.0)


def create_app(
    config: Config,
    engine: EngineClient,
    now_ms: Callable[[], int],
    metrics: Metrics | None = None,
    agents: AgentReader | None = None,
    live: LiveSources | None = None,
    hub: Hub | None = None,
    alerts: Alerts | None = None,
) -> ASGIApp:
    """Wire the gateway. `now_ms` is the wall clock; `agents` may be shared, since it takes 0.3 s to make.
    `live`, `hub`: who is asked about now. `alerts` None: they are switched off."""
    metrics = metrics or Metrics()
    metrics.registry.register(EngineCollector(engine))
    metrics.registry.register(LiveCollector(hub))
    metrics.registry.register(AlertCollector(alerts))
    agents = agents or AgentReader()
    normaliser = Normaliser(config, agents)
    budgets = Budgets(config.server)
    bodies = BodyReader(config.server, budgets.bodies)
    intake = Intake(engine, metrics)
    arrivals = Arrivals(config, agents, now_ms)
    parts = Parts(
        ingest=Ingest(bodies, intake, Decoder(config, normaliser), arrivals),
        sessions=SessionWriter(config.server, engine, bodies, intake, normaliser, arrivals),
        lookup=Lookup(engine),
        queries=Queries(engine, now_ms),
        health=Health(config, engine, metrics, now_ms, alerts),
        ledger=Ledger(engine),
        detectors=Detectors(config, engine, bodies),
        whatif=WhatIf(config, engine, bodies, now_ms),
        live=LiveDesk(live, config.live),
        stream=Stream(hub, config.live),
        alerts=AlertDesk(alerts, bodies),
    )
    log = structlog.get_logger("gateway")
    endpoints = {
        route: Endpoint(route.handler, metrics.route(route.path), budgets, log) for route in described(routes(parts))
    }
    return Gateway(endpoints, metrics.route("unknown"))
