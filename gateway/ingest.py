"""POST events: read, decode, hand over, and answer when the events are on disk."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

import msgspec

from actors.ports import EngineClient
from engine.config import Config
from engine.wire import DUPLICATE, HISTORIC, LATE_FOLDED, LATE_RAW, BadRow, Event
from gateway.agent import AgentReader
from gateway.body import BodyReader
from gateway.call import Answer, Call, json_bytes_answer
from gateway.content_type import kind_of
from gateway.decode import Decoder
from gateway.metrics import Metrics
from gateway.normalise import Arrival
from gateway.params import flag
from gateway.problems import rejected_problem
from gateway.rejection import Rejected, Rejection

_LARGE_BYTES: Final = 65_536
_ANSWER: Final = b'{"message":"Event received successfully","accepted":%d,"duplicates":%d,"rejected":%b}'


class Arrivals:
    """What a request says about its events beside the events themselves."""

    def __init__(self, config: Config, agents: AgentReader, now_ms: Callable[[], int]) -> None:
        self._max_future_ms = config.server.max_future_ms
        self._agents = agents
        self._now_ms = now_ms

    def of(self, call: Call) -> Arrival:
        """Raises `ClientError` when `historic` is neither true nor false."""
        now_ms = self._now_ms()
        latest_ms = now_ms + self._max_future_ms
        if call.scope["query_string"] and flag(call.query, "historic"):
            # The connection is the importer's, not the visitor's: it says nothing about the events.
            return Arrival(now_ms, latest_ms, HISTORIC)
        agent = call.headers.get(b"user-agent")
        device = self._agents.device(agent.decode("latin-1")) if agent else None
        return Arrival(now_ms, latest_ms, 0, call.client_ip, device)


class Intake:
    """Hands events to the engine, waits until they are on disk, and counts them."""

    def __init__(self, engine: EngineClient, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics

    def require_room(self) -> None:
        """Raises Wait when no events can be taken now."""
        self._engine.require_room()

    async def take(self, events: Sequence[Event], bad_rows: Sequence[BadRow] = ()) -> tuple[int, int]:
        """How many were accepted, and how many were duplicates."""
        started_s = perf_counter()
        statuses = (await self._engine.ingest(events, bad_rows=bad_rows)).statuses
        duplicates = statuses.count(DUPLICATE)
        late = statuses.count(LATE_FOLDED) + statuses.count(LATE_RAW)
        accepted = len(events) - duplicates
        if events:
            self._metrics.count_acked(perf_counter() - started_s, accepted, duplicates, late)
        return accepted, duplicates

    def refuse(self, reason: Rejected | Rejection) -> None:
        self._metrics.count_rejected(reason.code)


class Ingest:
    def __init__(self, bodies: BodyReader, intake: Intake, decoder: Decoder, arrivals: Arrivals) -> None:
        self._bodies = bodies
        self._intake = intake
        self._decoder = decoder
        self._arrivals = arrivals

    async def post_events(self, call: Call) -> Answer:
        """200 when at least one event was accepted or was a duplicate, 400 when every one was rejected."""
        # `curl -d` and plain HTML forms say "form" whatever they send; the body itself decides.
        kind = kind_of(call.headers.get(b"content-type"))
        self._intake.require_room()
        body = await self._bodies.read(call)
        if len(body) > _LARGE_BYTES:  # it took its time to come
            self._intake.require_room()
        decoded = self._decoder.decode(body, self._arrivals.of(call), packed=kind == "msgpack")
        for rejection in decoded.rejected:
            self._intake.refuse(rejection)
        accepted, duplicates = await self._intake.take(decoded.events, decoded.bad_rows)
        if not decoded.events:
            return rejected_problem(decoded.rejected)
        return json_bytes_answer(_ANSWER % (accepted, duplicates, _rejected_json(decoded.rejected)))


def _rejected_json(rejected: Sequence[Rejection]) -> bytes:
    return msgspec.json.encode(rejected) if rejected else b"[]"
