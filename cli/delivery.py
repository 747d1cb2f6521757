"""HTTP to a running sessiond: one kept connection, one request at a time, sent again until it is answered for good.

Sending again is always safe here: every event has an id, and the answer says which were there already.
"""

import gzip
import http.client
import ssl
from collections.abc import Callable
from email.message import Message
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from engine.errors import ClientError, OperatorError

DEFAULT_MAX_WAIT_S: Final = 120.0
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_DID: Final = {"POST": "take the events", "GET": "answer"}
_GZIP_LEVEL: Final = 1  # the other end of the wire is near: speed before size


class Patience(msgspec.Struct, frozen=True):
    """How long one request may be sent again: waits double from `first_wait_s` to `longest_wait_s`."""

    max_wait_s: float = DEFAULT_MAX_WAIT_S
    first_wait_s: float = 0.25
    longest_wait_s: float = 10.0
    answer_timeout_s: float = 60.0


class Unreachable(OperatorError):
    """The server did not take the request in the time allowed."""

    code = "unreachable"


class Answer(msgspec.Struct, frozen=True):
    """`body`: the decoded JSON, {} when it is none."""

    status: int
    body: dict[str, Any]
    retry_after_s: float = 0.0


class Delivery:
    """`sleep` takes seconds, `clock` gives seconds that only go forward. Close it when done."""

    def __init__(
        self, url: str, patience: Patience, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """Raises ClientError when `url` is not one."""
        self._connection = _connection(url, patience.answer_timeout_s)
        self._prefix = urlsplit(url).path.rstrip("/")
        self._url = url
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def close(self) -> None:
        self._connection.close()

    def post(self, target: str, document: object) -> Answer:
        """The answer, whatever its status, unless it asks to wait. Raises Unreachable after `max_wait_s`."""
        return self._answered("POST", target, gzip.compress(msgspec.json.encode(document), _GZIP_LEVEL))

    def get(self, target: str) -> Answer:
        """As `post`."""
        return self._answered("GET", target, None)

    def _answered(self, method: str, target: str, body: bytes | None) -> Answer:
        deadline_s = self._clock() + self._patience.max_wait_s
        pause_s = self._patience.first_wait_s
        while True:
            answer, reason = self._tried(method, target, body)
            if answer is not None and answer.status not in _AGAIN:
                return answer
            wait_s = max(pause_s, answer.retry_after_s if answer else 0.0)
            if self._clock() + wait_s > deadline_s:
                message = f"{self._url} did not {_DID[method]} within {self._patience.max_wait_s:g} s: {reason}."
                raise Unreachable(message)
            self._sleep(wait_s)
            pause_s = min(pause_s * 2, self._patience.longest_wait_s)

    def _tried(self, method: str, target: str, body: bytes | None) -> tuple[Answer | None, str]:
        try:
            answer = self._asked(method, target, body)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next request opens it again
            return None, str(error) or type(error).__name__
        return answer, f"{answer.status} {answer.body.get('message', '')}".strip()

    def _asked(self, method: str, target: str, body: bytes | None) -> Answer:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"} if body is not None else {}
        self._connection.request(method, self._prefix + target, body, headers)
        response = self._connection.getresponse()
        return Answer(response.status, _document(response.read()), _retry_after_s(response.headers))


def _connection(url: str, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        message = f"`--url` is {url!r}; allowed is http://host:port or https://host:port."
        raise ClientError(message)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, port, timeout=timeout_s)
    return http.client.HTTPSConnection(parts.hostname, port, timeout=timeout_s, context=ssl.create_default_context())


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after_s(headers: Message) -> float:
    """Only seconds: sessiond never sends a date."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
