"""The ASGI app: finds the route, calls its handler, and turns whatever happens into an answer."""

from collections.abc import Callable
from time import perf_counter

import structlog
from starlette.exceptions import HTTPException
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.ports import EngineClient
from engine.config import Config
from engine.errors import SessiondError
from gateway.agent import AgentReader
from gateway.call import Answer, Call, Disconnected
from gateway.collector import EngineCollector
from gateway.decode import Decoder
from gateway.health import Health
from gateway.ingest import Arrivals, Ingest, Intake
from gateway.ledger import Ledger
from gateway.lookup import Lookup
from gateway.metrics import Metrics, RouteMetrics
from gateway.normalise import Normaliser
from gateway.openapi import described
from gateway.problems import error_answer, internal_error, problem
from gateway.query import Queries
from gateway.routes import Handler, Parts, Route, routes
from gateway.session import SessionWriter


class Endpoint:
    """One route as an ASGI app. Every failure of a handler ends here, before anything was sent."""

    def __init__(self, handler: Handler, metrics: RouteMetrics, log: structlog.typing.FilteringBoundLogger) -> None:
        self._handler = handler
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_s = perf_counter()
        try:
            answer = await self._answer(Call(scope, receive))
        except Disconnected:
            return
        await answer.send(send)
        self._metrics.observe(answer.status, perf_counter() - started_s)

    async def _answer(self, call: Call) -> Answer:
        try:
            return await self._handler(call)
        except Disconnected:
            raise
        except SessiondError as error:
            if error.status >= 500 and error.status != 503:
                self._log.exception("request failed", path=call.path)
            return error_answer(error)
        except Exception:
            # The edge: one request must not take the server with it, and its client must get an answer.
            self._log.exception("request failed", path=call.path)
            return internal_error()


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
) -> ASGIApp:
    """Wire the gateway. `now_ms` is the wall clock; `agents` may be shared, since it takes 0.3 s to make."""
    metrics = metrics or Metrics()
    metrics.registry.register(EngineCollector(engine))
    agents = agents or AgentReader()
    normaliser = Normaliser(config, agents)
    intake = Intake(engine, metrics)
    arrivals = Arrivals(config, agents, now_ms)
    parts = Parts(
        ingest=Ingest(config, intake, Decoder(config, normaliser), arrivals),
        sessions=SessionWriter(config, engine, intake, normaliser, arrivals),
        lookup=Lookup(engine),
        queries=Queries(engine, now_ms),
        health=Health(config, engine, metrics, now_ms),
        ledger=Ledger(engine),
    )
    log = structlog.get_logger("gateway")
    endpoints = {route: Endpoint(route.handler, metrics.route(route.path), log) for route in described(routes(parts))}
    return Gateway(endpoints, metrics.route("unknown"))
