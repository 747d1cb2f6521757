"""One request as the handlers see it, and the answer they give. Plain ASGI: no object is built that is not needed."""

from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from engine.errors import ClientError

Headers = list[tuple[bytes, bytes]]

MAX_QUERY_FIELDS: Final = 100  # the longest route has eight

PIECE_BYTES: Final = 65_536  # larger answers are handed over so much at a time, as their client takes it

_JSON_TYPE: Final = (b"content-type", b"application/json")


class Answer(msgspec.Struct):
    """A whole response; every body of this server fits in memory."""

    status: int
    body: bytes
    headers: Headers = []

    async def send(self, send: Send) -> None:
        headers = [*self.headers, (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if len(self.body) <= PIECE_BYTES:
            await send({"type": "http.response.body", "body": self.body})
        else:
            await self._send_pieces(send)

    async def _send_pieces(self, send: Send) -> None:
        last = (len(self.body) - 1) // PIECE_BYTES * PIECE_BYTES
        for start in range(0, last, PIECE_BYTES):
            piece = self.body[start : start + PIECE_BYTES]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": self.body[last:]})


def json_answer(content: object, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(content), [_JSON_TYPE])


def json_bytes_answer(body: bytes) -> Answer:
    return Answer(200, body, [_JSON_TYPE])


class Disconnected(Exception):
    """The client went away: there is nobody to answer."""


class Call:
    """`path_params` are already decoded; `query` holds the first value of every parameter."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.held_bytes = 0  # of the budget for bodies

    @cached_property
    def query(self) -> dict[str, str]:
        return parse_form(self.scope["query_string"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def path_params(self) -> dict[str, Any]:
        params: dict[str, Any] = self.scope.get("path_params", {})
        return params

    @property
    def client_ip(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""


def parse_form(text: bytes) -> dict[str, str]:
    """Query string or form body -> its first value by name."""
    try:
        pairs = parse_qsl(text.decode(), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="strict")
    except UnicodeDecodeError:
        msg = "The parameters hold bytes that are no UTF-8; percent-encoded UTF-8 is allowed."
        raise ClientError(msg, "invalid_parameter") from None
    except ValueError:
        msg = f"The request holds more than {MAX_QUERY_FIELDS} parameters."
        raise ClientError(msg, "invalid_parameter") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields
