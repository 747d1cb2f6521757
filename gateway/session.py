"""Sessions: create, track, close, look at one, list them."""

from uuid import uuid4

import msgspec

from actors.ports import EngineClient
from engine.config import Server
from engine.errors import ClientError
from engine.wire import Control
from gateway.body import BodyReader
from gateway.call import Answer, Call, json_answer, parse_form
from gateway.content_type import kind_of
from gateway.ingest import Arrivals, Intake
from gateway.normalise import PROJECT_ID, Normaliser
from gateway.packed import json_of_packed
from gateway.params import Params, required
from gateway.raw_event import ABSENT, RawEvent
from gateway.rejection import Rejected, shown
from gateway.split import not_json


class SessionWriter:
    """Seed 000's form: query parameters or form fields."""

    def __init__(
        self,
        limits: Server,
        engine: EngineClient,
        bodies: BodyReader,
        intake: Intake,
        normaliser: Normaliser,
        arrivals: Arrivals,
    ) -> None:
        self._limits = limits
        self._bodies = bodies
        self._engine = engine
        self._intake = intake
        self._normaliser = normaliser
        self._arrivals = arrivals

    async def create(self, call: Call) -> Answer:
        params, _ = await self._read(call)
        control = Control("open", PROJECT_ID, uuid4().hex, required(params, "user_id"))
        await self._engine.ingest([], controls=[control])
        return json_answer({"session_id": control.session_id})

    async def close(self, call: Call) -> Answer:
        params, _ = await self._read(call)
        session_id = required(params, "session_id")
        reply = await self._engine.ingest([], controls=[Control("close", PROJECT_ID, session_id)])
        if reply.controls != b"\1":
            raise unknown_session(session_id)
        return json_answer({"message": "Session closed"})

    async def sweep(self, call: Call) -> Answer:
        """End every imported session whose gap has passed in event time."""
        return json_answer({"ended": await self._engine.sweep(PROJECT_ID)})

    async def track(self, call: Call) -> Answer:
        self._intake.require_room()
        params, payload = await self._read(call)
        raw = RawEvent(
            event_type=params.get("event_type") or None,
            session_id=params.get("session_id") or None,
            user_id=params.get("user_id") or None,
            screen_name=params.get("screen_name"),
            payload=payload,
        )
        try:
            event = self._normaliser.event(raw, self._arrivals.of(call))
        except Rejected as reason:
            self._intake.refuse(reason)
            raise
        await self._intake.take([event])
        return json_answer({"message": "Event tracked", "event_id": event.event_id})

    async def _read(self, call: Call) -> tuple[Params, msgspec.Raw]:
        """Parameters (the query wins over the form) and the JSON object of the body, if there is one."""
        body = await self._bodies.read(call)
        if not body.strip():
            return call.query, ABSENT
        kind = kind_of(call.headers.get(b"content-type"))
        if kind == "form" and body.lstrip()[:1] != b"{":  # curl -d '{…}' says form and sends JSON
            return {**parse_form(body), **call.query}, ABSENT
        return call.query, self._payload(json_of_packed(body) if kind == "msgpack" else body)

    def _payload(self, body: bytes) -> msgspec.Raw:
        if len(body) > self._limits.max_event_bytes:
            msg = f"The body is {len(body)} bytes long; the limit of an event is {self._limits.max_event_bytes}."
            raise ClientError(msg, "event_too_large", 413)
        try:
            msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except msgspec.ValidationError:
            msg = f"The body is {shown(body)}; a JSON object is allowed."
            raise ClientError(msg, "invalid_json") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_json(error, body) from None
        return msgspec.Raw(body.strip())


def unknown_session(session_id: str) -> ClientError:
    return ClientError(f"There is no session {shown(session_id)}.", "unknown_session", 404)
