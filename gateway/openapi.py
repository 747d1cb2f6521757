"""/openapi.json, made from the route table and from the structs that are really decoded and encoded."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from actors.alert_view import AlertView
from gateway.alerts import Ack, AlertPage
from gateway.call import Answer, Call, json_bytes_answer
from gateway.detectors import DetectorsView
from gateway.health import server_version
from gateway.ledger_views import AuditView, LedgerView
from gateway.live import LiveView
from gateway.problems import Problem
from gateway.raw_event import DEVICE_NAMES, PAYLOAD_NAMES, RawEvent
from gateway.rejection import Rejection
from gateway.routes import Doc, Param, Route
from gateway.views import SessionView, StatsView, UserEventView
from gateway.whatif_view import WhatIfView

Schema = dict[str, Any]

_CONVERTOR: Final = re.compile(r":\w+(?=})")
_IN_PATH: Final = re.compile(r"{(\w+)}")
_REF: Final = "#/components/schemas/{name}"
# Of every route: the connection itself may be refused, before there is a request (gateway/connection.py).
_EVERYWHERE: Final = (408, 431, 500, 503)
_OBJECTS: Final = frozenset({*PAYLOAD_NAMES, *DEVICE_NAMES, "custom"})


class Accepted(msgspec.Struct):
    """The answer to a batch of events."""

    message: str
    accepted: int
    duplicates: int
    rejected: list[Rejection]


class Sessions(msgspec.Struct):
    items: list[SessionView]
    next_cursor: str | None


_STRUCTS: Final = (
    *(Accepted, Ack, AlertPage, AlertView, AuditView, DetectorsView, LedgerView, LiveView, Problem),
    *(Sessions, SessionView, StatsView, UserEventView, WhatIfView),
)
# Fields of the bodies that are small JSON objects, and which of them must be there.
_BODIES: Final[dict[str, tuple[Schema, list[str]]]] = {
    "detectors": ({"version": {"type": "integer"}, "detectors": {"type": "object"}}, ["detectors"]),
    "whatif": (
        {
            "detector": {"type": "string"},
            "set": {"type": "object"},
            "started_at": {"type": ["string", "integer"]},
            "ended_at": {"type": ["string", "integer"]},
            "limit": {"type": "integer"},
            "project_id": {"type": "string"},
        },
        ["detector"],
    ),
}
# Component name -> the schema of an answer that is smaller than a struct.
_SMALL: Final[dict[str, Schema]] = {
    "Created": {"session_id": "string"},
    "Message": {"message": "string"},
    "Tracked": {"message": "string", "event_id": "string"},
    "Swept": {"ended": "integer"},
    "Health": {"status": "string", "version": "string", "uptime_s": "integer", "checks": "object"},
    "Ready": {"status": "string"},
}


def described(table: tuple[Route, ...]) -> tuple[Route, ...]:
    """The routes, and the one that describes them all, itself included."""

    async def describe(call: Call) -> Answer:
        return json_bytes_answer(body)

    own = Route("GET", "/openapi.json", describe, Doc("This description."))
    body = msgspec.json.encode(openapi((*table, own)))
    return (*table, own)


def openapi(table: Sequence[Route]) -> Schema:
    paths: dict[str, Schema] = {}
    for route in table:
        path = _CONVERTOR.sub("", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(path, route.doc)
    info = {"title": "sessiond", "version": server_version()}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": _components()}}


def _operation(path: str, doc: Doc) -> Schema:
    in_path = frozenset(_IN_PATH.findall(path))
    # A path parameter may be named in the shared doc of a route that takes it in the query.
    operation: Schema = {
        "summary": doc.summary,
        "parameters": [_parameter(param, in_path) for param in doc.params],
        "responses": _responses(doc),
    }
    if doc.body:
        operation["requestBody"] = _body(doc)
    return operation


def _parameter(param: Param, in_path: frozenset[str]) -> Schema:
    return {
        "name": param.name,
        "in": "path" if param.name in in_path else "query",
        "required": param.required,
        "description": param.help,
        "schema": {"type": param.type},
    }


def _body(doc: Doc) -> Schema:
    if doc.body == "events":
        event = _ref("Event")
        batch = {"type": "array", "items": event}
        schema = {"oneOf": [event, batch, {"type": "object", "properties": {"events": batch}, "required": ["events"]}]}
        kinds = ("application/json", "application/msgpack", "text/plain")
        return {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    if doc.body in _BODIES:
        known, needed = _BODIES[doc.body]
        small: Schema = {"type": "object", "properties": known, "required": needed, "additionalProperties": False}
        return {"required": True, "content": {"application/json": {"schema": small}}}
    if doc.body != "form":
        return {"required": True, "content": {"application/json": {"schema": _ref(doc.body)}}}
    fields = {param.name: {"type": param.type} for param in doc.params}
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields}}}
    payload = {"application/json": {"schema": {"type": "object"}}}
    return {"required": False, "content": {**form, **payload}}


def _responses(doc: Doc) -> Schema:
    content: Schema = {"application/json": {"schema": _answer(doc.answer)}} if doc.answer else {}
    problem = {"application/problem+json": {"schema": _ref("Problem")}}
    found: Schema = {"200": {"description": "OK", **({"content": content} if content else {})}}
    for status in sorted({*doc.errors, *_EVERYWHERE}):
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return found


def _answer(name: str) -> Schema:
    return {"type": "array", "items": _ref("UserEventView")} if name == "UserEvents" else _ref(name)


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(name=name)}


def _components() -> Schema:
    _, schemas = msgspec.json.schema_components(_STRUCTS, ref_template=_REF)
    small = {
        name: _object({field: {"type": kind} for field, kind in fields.items()}) for name, fields in _SMALL.items()
    }
    events = _object({"items": {"type": "array", "items": _ref("Event")}, "next_cursor": {"type": ["string", "null"]}})
    return {**schemas, **small, "Events": events, "Event": _event()}


def _event() -> Schema:
    """What `RawEvent` decodes. Any other field is kept in `custom`."""
    names = RawEvent.__struct_encode_fields__
    fields: Schema = {name: {"type": "object" if name in _OBJECTS else "string"} for name in names}
    for name in ("timestamp", "sent_at", "sentAt", "sent_at_ms"):
        fields[name] = {"type": ["string", "number"], "description": "ISO-8601 or Unix milliseconds."}
    return {"type": "object", "properties": fields, "additionalProperties": True}


def _object(fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}
